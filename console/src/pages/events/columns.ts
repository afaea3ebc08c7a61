// The columns of the list of events. A column is one of a few words of its own, a label, or the path
// of a field; time always comes first.
import { LABELS, type EventRow, type Label } from '$lib/api/types';
import { addressOf, userOf, valuesOf } from './values';

export const USUAL: readonly string[] = ['host', 'class', 'user', 'address', 'message'];

/** Columns besides labels and fields, in the order in which they are offered. */
export const OWN: readonly string[] = [...USUAL, 'severity', 'activity', 'source', 'format', 'received'];

/** A value of a column, and the name under which a search finds it. */
export interface Cell {
  path: string;
  value: string | number | boolean;
}

const one = (found: [string, string] | null): Cell[] => (found === null ? [] : [{ path: found[0], value: found[1] }]);
const isLabel = (column: string): column is Label => (LABELS as readonly string[]).includes(column);

/** What an event has in a column. */
export function cellsOf(event: EventRow, column: string): Cell[] {
  switch (column) {
    case 'host':
    case 'class':
    case 'severity':
    case 'activity':
    case 'source':
    case 'format':
      return event[column] === '' ? [] : [{ path: column, value: event[column] }];
    case 'user':
      return one(userOf(event));
    case 'address':
      return one(addressOf(event));
    default: {
      const value = isLabel(column) ? event.labels[column] : event.fields[column];
      return valuesOf(value ?? null).map((item) => ({ path: column, value: item }));
    }
  }
}

/** Columns that may be added: those with a word of their own, labels, and every field of the given events. */
export const offered = (fields: readonly string[]): string[] => [...new Set([...OWN, ...LABELS, ...fields])];

/** A list with one of its members a step up or down. */
export function moved(columns: readonly string[], column: string, step: number): string[] {
  const from = columns.indexOf(column);
  const to = from + step;
  if (from < 0 || to < 0 || to >= columns.length) return [...columns];
  const rest = columns.filter((other) => other !== column);
  return [...rest.slice(0, to), column, ...rest.slice(to)];
}

/** A list with a column added before the message, or taken out. */
export function toggled(columns: readonly string[], column: string): string[] {
  if (columns.includes(column)) return columns.filter((other) => other !== column);
  const end = columns.at(-1) === 'message' ? columns.length - 1 : columns.length;
  return [...columns.slice(0, end), column, ...columns.slice(end)];
}

export const isUsual = (columns: readonly string[]): boolean => columns.join() === USUAL.join();
