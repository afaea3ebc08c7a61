// Reading a finding's history off the wire.
import type { HistoryEntry } from '$lib/api/types';

/** Newest first; entries of one moment keep the server's order, reversed. */
export function newestFirst(entries: readonly HistoryEntry[]): HistoryEntry[] {
  return entries
    .map((entry, index) => ({ entry, index, at: new Date(entry.at).getTime() }))
    .toSorted((a, b) => b.at - a.at || b.index - a.index)
    .map(({ entry }) => entry);
}

/** A "from" or "to" as one word: a number, a word, or the word of a state. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'object' && 'state' in value) return String(value.state);
  return String(value);
}
