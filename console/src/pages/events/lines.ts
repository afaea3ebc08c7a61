// All that an event says, line by line: name, value, and where a search for it leads.
import { LABELS, type EventDetail, type EventRow } from '$lib/api/types';
import { isName, term } from '$lib/query';
import { cellsOf } from './columns';
import { forWindow } from './range';
import { valuesOf } from './values';

export interface Line {
  path: string;
  value: string | number | boolean;
  /** Beyond the fields of the schema. */
  unmapped: boolean;
  /** Whether the query language can ask for it. */
  searchable: boolean;
}

const DAY_MS = 86_400_000;
const FIRST = ['host', 'class', 'activity', 'severity', 'source', 'format', ...LABELS];

const line = (path: string, value: Line['value'], unmapped = false): Line => ({ path, value, unmapped, searchable: isName(path) });

/** What every event has, its labels, its fields by name, and what is beyond them. */
export function linesOf(event: EventRow, unmapped: EventDetail['unmapped'] = {}): Line[] {
  return [
    ...FIRST.flatMap((column) => cellsOf(event, column).map(({ path, value }) => line(path, value))),
    ...Object.entries(event.fields)
      .toSorted(([a], [b]) => a.localeCompare(b))
      .flatMap(([path, value]) => valuesOf(value).map((item) => line(path, item))),
    ...Object.entries(unmapped).map(([name, value]) =>
      line(`unmapped.${name}`, typeof value === 'object' ? JSON.stringify(value) : String(value), true),
    ),
  ];
}

/** The address of a new search for a value: of the last day, or of half a day around an older event. */
export function searchFor(event: EventRow, path: string, value: Line['value'], now: number): string {
  const at = new Date(event.time).getTime();
  const window = now - at < DAY_MS ? {} : forWindow(new Date(at - DAY_MS / 2), new Date(at + DAY_MS / 2));
  const said = Object.entries({ q: term(path, value), ...window }).filter((entry): entry is [string, string] => entry[1] !== null);
  return `/events?${new URLSearchParams(said).toString()}`;
}
