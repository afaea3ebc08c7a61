// Showing the values of an event's fields.
import type { EventRow, FieldValue } from '$lib/api/types';

/** A field's values one by one: a list can be filtered by each of its members. */
export function valuesOf(value: FieldValue): (string | number | boolean)[] {
  if (value === null) return [];
  return Array.isArray(value) ? value : [value];
}

export const textOf = (value: FieldValue): string => valuesOf(value).join(', ');

const USER = ['user.name', 'actor.user.name', 'user.uid'];
const ADDRESS = ['src_endpoint.ip', 'dst_endpoint.ip', 'device.ip'];

function firstOf(fields: EventRow['fields'], paths: readonly string[]): [string, string] | null {
  for (const path of paths) {
    const text = String(valuesOf(fields[path] ?? null)[0] ?? '');
    if (text !== '') return [path, text];
  }
  return null;
}

/** Whom an event is about, as field and value. */
export const userOf = (event: EventRow): [string, string] | null => firstOf(event.fields, USER);

/** From where, as field and value. */
export const addressOf = (event: EventRow): [string, string] | null => firstOf(event.fields, ADDRESS);

/** Columns that the reader may add: every field in the given events, most frequent first. */
export function columnsIn(events: readonly EventRow[]): string[] {
  const counts = new Map<string, number>();
  for (const event of events) for (const path of Object.keys(event.fields)) counts.set(path, (counts.get(path) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([path]) => path);
}
