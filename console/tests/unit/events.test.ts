// The small functions of the events page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventRow } from '../../src/lib/api/types';
import { asks, isName, lacking, narrowed, withoutTerm, withTerm } from '../../src/lib/query';
import { cellsOf, isUsual, moved, offered, toggled, USUAL } from '../../src/pages/events/columns';
import { atMost } from '../../src/pages/events/limit';
import { linesOf, searchFor } from '../../src/pages/events/lines';
import { settingsOf } from '../../src/pages/events/settings';

const event: EventRow = {
  id: 7,
  time: '2026-11-21T12:00:00Z',
  received: '2026-11-21T12:00:01Z',
  class: 'Authentication',
  class_uid: 3002,
  activity: 'Logon',
  severity: 'low',
  host: 'web-1',
  source: 'file:/var/log/auth.log',
  format: '',
  message: 'Failed password',
  labels: { team: 'shop' },
  fields: { 'user.name': 'eva', 'src_endpoint.ip': '192.0.2.7', tags: ['a', 'b'] },
};

test('a term joins a query once, and takes the place of its contrary', () => {
  assert.equal(narrowed('host:web-1', 'host', 'web', false), 'host:web-1 AND host:web');
  assert.equal(withTerm('a AND NOT user:root', 'user:root'), 'a AND user:root');
  assert.equal(withTerm('user:root', 'NOT user:root'), 'NOT user:root');
  assert.equal(withTerm('(a OR b)', 'c:d'), '(a OR b) AND c:d');
  assert.equal(withTerm('a OR b', 'c:d'), '(a OR b) AND c:d');
  assert.equal(withTerm('x:"a AND b"', 'c:d'), 'x:"a AND b" AND c:d');
  assert.equal(withTerm('a (b AND c)', 'b'), 'a (b AND c) AND b');
  assert.ok(asks('a AND x:"b c"', 'x:"b c"'));
  assert.ok(!asks('a OR x:b', 'x:b'));
  assert.equal(withoutTerm('a AND b AND c', 'b'), 'a AND c');
  assert.equal(withoutTerm('a OR b', 'b'), 'a OR b');
  assert.equal(lacking('format'), 'NOT format:*');
  assert.equal(narrowed('', 'source', 'file:/var/log/a b', true), 'NOT source:"file:/var/log/a b"');
  assert.equal(narrowed('', 'cmd', 'a "b" \\ c*', false), 'cmd:"a \\"b\\" \\\\ c*"');
  assert.ok(isName('src_endpoint.ip') && !isName('a:b') && !isName('a b') && !isName(''));
});

test('a column shows a word of its own, a label, or a field', () => {
  assert.deepEqual(cellsOf(event, 'host'), [{ path: 'host', value: 'web-1' }]);
  assert.deepEqual(cellsOf(event, 'user'), [{ path: 'user.name', value: 'eva' }]);
  assert.deepEqual(cellsOf(event, 'team'), [{ path: 'team', value: 'shop' }]);
  assert.deepEqual(cellsOf(event, 'namespace'), []);
  assert.deepEqual(cellsOf(event, 'format'), []);
  assert.equal(cellsOf(event, 'tags').length, 2);
  assert.ok(isUsual(USUAL));
  assert.deepEqual(toggled(USUAL, 'team').slice(-2), ['team', 'message']);
  assert.deepEqual(toggled(['host', 'team'], 'host'), ['team']);
  assert.deepEqual(moved(['a', 'b', 'c'], 'c', -1), ['a', 'c', 'b']);
  assert.deepEqual(moved(['a', 'b', 'c'], 'c', 1), ['a', 'b', 'c']);
  assert.equal(new Set(offered(['host', 'x.y'])).size, offered(['x.y']).length);
});

test('every value of an event leads to a search at its time', () => {
  const lines = linesOf(event, { 'odd name': 1, seq: { a: 2 } });
  assert.deepEqual(
    lines.filter(({ searchable }) => !searchable).map(({ path }) => path),
    ['unmapped.odd name'],
  );
  assert.deepEqual(
    lines.slice(0, 6).map(({ path }) => path),
    ['host', 'class', 'activity', 'severity', 'source', 'team'],
  );
  const now = new Date('2026-11-21T13:00:00Z').getTime();
  assert.equal(searchFor(event, 'host', 'web-1', now), '/events?q=host%3Aweb-1');
  const later = new URLSearchParams(searchFor(event, 'host', 'web-1', now + 9 * 86_400_000).split('?')[1]);
  assert.equal(later.get('from'), '2026-11-21T00:00:00.000Z');
  assert.equal(later.get('to'), '2026-11-22T00:00:00.000Z');
});

test('what was kept is read with care', () => {
  assert.deepEqual(settingsOf(null).columns, null);
  assert.deepEqual(settingsOf('not JSON').open, ['class', 'severity', 'host']);
  assert.deepEqual(settingsOf('[1]').added, []);
  const read = settingsOf('{"columns":["host","host"],"added":[7],"open":[],"facets":"yes"}');
  assert.deepEqual(read, { columns: ['host'], added: [], open: [], facets: null });
});

test('a few run at once, the others in their order', async () => {
  const inTurn = atMost(2);
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  const work = (n: number): Promise<void> =>
    inTurn(() => {
      begun.push(n);
      return new Promise((resolve) => ends.push(resolve));
    });
  const all = [work(1), work(2), work(3), work(4)];
  await Promise.resolve();
  assert.deepEqual(begun, [1, 2]);
  ends[0]?.();
  await all[0];
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(begun, [1, 2, 3]);
  ends[1]?.();
  ends[2]?.();
  await Promise.all([all[1], all[2]]);
  await new Promise((resolve) => setImmediate(resolve));
  ends[3]?.();
  await Promise.all(all);
  assert.deepEqual(begun, [1, 2, 3, 4]);
});
