// Where tiles lie: twelve columns, and rows as many as it takes. Tiles fall upwards until they meet
// another; the one that is moved keeps its place before those that it meets.
import type { Place } from '$lib/api/types';

export const COLUMNS = 12;
export const HEIGHT_MAX = 12;

const beside = (a: Place, b: Place): boolean => a.x < b.x + b.width && b.x < a.x + a.width;

/** Lets all tiles fall; the one at `first` goes before others of its row. */
export function fallen<T extends Place>(tiles: readonly T[], first = -1): T[] {
  const order = tiles
    .map((tile, index) => ({ tile, index }))
    .toSorted((a, b) => a.tile.y - b.tile.y || Number(b.index === first) - Number(a.index === first) || a.tile.x - b.tile.x);
  const placed = new Map<number, T>();
  for (const { tile, index } of order) {
    // Never past those before it: a tile that was moved down stays below.
    const above = [...placed.values()].filter((other) => beside(tile, other));
    placed.set(index, { ...tile, y: bottomOf(above) });
  }
  return tiles.map((tile, index) => placed.get(index) ?? tile);
}

const within = (value: number, least: number, most: number): number => Math.max(least, Math.min(most, Math.round(value)));

/** A place within the grid. */
export function onGrid({ x, y, width, height }: Place): Place {
  const wide = within(width, 1, COLUMNS);
  return { x: within(x, 0, COLUMNS - wide), y: Math.max(0, Math.round(y)), width: wide, height: within(height, 1, HEIGHT_MAX) };
}

/** All tiles, with one of them put somewhere else. */
export function put<T extends Place>(tiles: readonly T[], index: number, place: Place): T[] {
  const changed = tiles.map((tile, at) => (at === index ? { ...tile, ...onGrid(place) } : tile));
  return fallen(changed, index);
}

/** A step to a side; up and down it passes the next tile. */
export function stepped<T extends Place>(tiles: readonly T[], index: number, dx: number, dy: number): T[] {
  const tile = tiles[index];
  if (tile === undefined) return [...tiles];
  if (dy === 0) return put(tiles, index, { ...tile, x: tile.x + dx });
  const others = tiles.filter((other, at) => at !== index && beside(tile, other));
  if (dy < 0) {
    const above = others.filter((other) => other.y < tile.y).toSorted((a, b) => b.y - a.y)[0];
    return above === undefined ? [...tiles] : put(tiles, index, { ...tile, y: above.y });
  }
  const below = others.filter((other) => other.y >= tile.y + tile.height).toSorted((a, b) => a.y - b.y)[0];
  return below === undefined ? [...tiles] : put(tiles, index, { ...tile, y: below.y + below.height });
}

/** A free row for one more. */
export const bottomOf = (tiles: readonly Place[]): number => Math.max(0, ...tiles.map(({ y, height }) => y + height));
