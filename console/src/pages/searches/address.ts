// Between a saved search and the address of the events page.
import type { NewSearch, SavedSearch, Timespan } from '$lib/api/types';
import { forTimespan, timespanOf, type Range } from '../events/range';

/** What of a search stands in the address of the events page. */
export type Asked = Pick<NewSearch, 'q' | 'columns'> & Timespan;

/** The time is always the first column of the page. */
const besidesTime = (columns: readonly string[]): string => columns.filter((column) => column !== 'time').join();

/** The address that shows what a search asks for; `saved` names it there. */
export function addressOf(search: Asked & { id?: string }): string {
  const said = { q: search.q, ...forTimespan(search), cols: besidesTime(search.columns), saved: search.id ?? '' };
  const given = Object.entries(said).filter((entry): entry is [string, string] => entry[1] !== null && entry[1] !== '');
  return given.length === 0 ? '/events' : `/events?${new URLSearchParams(given).toString()}`;
}

/** What the page asks for now. */
export const askedOf = (q: string, range: Range, columns: readonly string[]): Asked => ({ q, columns: [...columns], ...timespanOf(range) });

const moment = (text: string | null): number | null => (text === null ? null : new Date(text).getTime());

/** Whether two ask for the same in the same way. */
export const isSame = (a: Asked, b: Asked): boolean =>
  a.q === b.q &&
  a.last_s === b.last_s &&
  moment(a.from) === moment(b.from) &&
  moment(a.to) === moment(b.to) &&
  besidesTime(a.columns) === besidesTime(b.columns);

/** What is sent to keep a search as it is, but for some changes. */
export const keptAs = (search: SavedSearch, changes: Partial<NewSearch>): NewSearch => {
  const { name, q, last_s, from, to, columns, shared } = search;
  return { name, q, last_s, from, to, columns, shared, ...changes };
};
