// Tiles as they are shown, and as they are sent to be kept.
import type { Dashboard, NewDashboard, NewTile, Query, SavedSearch, Tile } from '$lib/api';
import { isSequence } from '$lib/query';
import { timespanWindow } from '../events/range';

/** How long a tile's question may take before it shows what it has. */
const DEADLINE_MS = 20_000;
export const LIMIT = 10;

/** What a tile asks. */
export const questionOf = (tile: Tile, now: Date): Query => ({ q: tile.q, ...timespanWindow(tile, now), deadline_ms: DEADLINE_MS });

/** A tile to be kept. What it has from its search is not said again, so that it follows the search. */
export function keptTile(tile: Tile, searches: readonly SavedSearch[]): NewTile {
  const { search, q, title, show, by, columns, limit, x, y, width, height } = tile;
  const from = searches.find(({ id }) => id === search);
  return {
    search,
    q: search === null ? q : null,
    title: title === '' || title === from?.name ? null : title,
    show,
    by: show === 'top' ? by : null,
    columns: show !== 'table' || columns.join() === from?.columns.join() ? [] : columns,
    limit,
    x,
    y,
    width,
    height,
  };
}

/** A tile whose search is gone cannot be kept. */
export const isGone = (tile: Tile): boolean => tile.q === null;

/** What a dashboard is, to be sent; under another name it is a copy of one's own. */
export function keptBoard(board: Dashboard, searches: readonly SavedSearch[]): NewDashboard {
  const { name, shared, last_s, tiles } = board;
  return { name, shared, last_s, tiles: tiles.filter((tile) => !isGone(tile)).map((tile) => keptTile(tile, searches)) };
}

/** A tile with what its search, or the dashboard, says of the question. */
export function spelt(tile: NewTile, searches: readonly SavedSearch[], last_s: number): Tile {
  const from = searches.find(({ id }) => id === tile.search);
  const q = tile.search === null ? tile.q : (from?.q ?? null);
  return {
    ...tile,
    q,
    title: tile.title ?? from?.name ?? '',
    sequence: q !== null && isSequence(q),
    last_s: from === undefined ? last_s : from.last_s,
    from: from?.from ?? null,
    to: from?.to ?? null,
    columns: tile.columns.length > 0 ? tile.columns : (from?.columns ?? []),
  };
}
