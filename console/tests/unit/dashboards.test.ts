// Tiles on their grid, and as they are kept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SavedSearch, Tile } from '../../src/lib/api/types';
import { bottomOf, fallen, onGrid, put, stepped } from '../../src/pages/dashboards/grid';
import { isSequence } from '../../src/lib/query';
import { keptTile, spelt } from '../../src/pages/dashboards/tiles';

const at = (x: number, y: number, width: number, height: number) => ({ x, y, width, height });
const told = (tiles: readonly { x: number; y: number; width: number; height: number }[]): string =>
  tiles.map(({ x, y, width, height }) => `${x},${y} ${width}x${height}`).join(' | ');

test('tiles fall until they meet another, and none lies on another', () => {
  assert.equal(told(fallen([at(0, 5, 6, 2), at(6, 9, 6, 2), at(0, 12, 12, 1)])), '0,0 6x2 | 6,0 6x2 | 0,2 12x1');
  assert.equal(told(put([at(0, 0, 6, 2), at(6, 0, 6, 2)], 1, at(3, 0, 6, 2))), '0,2 6x2 | 3,0 6x2');
  assert.equal(bottomOf([at(0, 0, 1, 3), at(1, 1, 1, 4)]), 5);
  assert.deepEqual(onGrid(at(11, -2, 20, 0)), at(0, 0, 12, 1));
});

test('a step up or down passes the next tile, and back', () => {
  const two = [at(0, 0, 6, 2), at(0, 2, 6, 3)];
  const down = stepped(two, 0, 0, 1);
  assert.equal(told(down), '0,3 6x2 | 0,0 6x3');
  assert.equal(told(stepped(down, 0, 0, -1)), told(two));
  assert.equal(told(stepped(two, 0, 0, -1)), told(two), 'there is nothing above');
  assert.equal(told(stepped(two, 0, -1, 0)), told(two), 'the grid ends');
});

test('a tile follows its search: what it has from there is not kept', () => {
  const search = { id: 's', name: 'Refused', q: 'a:b', last_s: 60, from: null, to: null, columns: ['host'] } as unknown as SavedSearch;
  const place = at(0, 0, 6, 3);
  const kept = { search: 's', q: null, title: null, show: 'table', by: null, columns: [], limit: 5, ...place } as const;
  const tile: Tile = spelt({ ...kept, columns: [] }, [search], 3600);
  assert.deepEqual([tile.q, tile.title, tile.last_s, tile.columns], ['a:b', 'Refused', 60, ['host']]);
  assert.deepEqual(keptTile(tile, [search]), kept);
  assert.equal(spelt({ ...kept, columns: [] }, [], 3600).q, null);
  assert.ok(isSequence('sequence by user [ a ] [ b ]') && !isSequence('sequences by') && !isSequence('sequence byte'));
});
