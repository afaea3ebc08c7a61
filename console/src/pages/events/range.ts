// The time range of the events page: a span back from now, or two points in time, as the address
// carries it.
import type { Timespan } from '$lib/api/types';

export const SPANS = ['15m', '1h', '6h', '24h', '7d', '30d'] as const;
export type Span = (typeof SPANS)[number];

const MINUTES: Record<Span, number> = { '15m': 15, '1h': 60, '6h': 360, '24h': 1440, '7d': 10_080, '30d': 43_200 };

/** A saved search may have a span that the page does not offer: so many seconds. */
export type Range = { span: Span } | { last_s: number } | { from: Date; to: Date };

const DEFAULT: Span = '24h';

function time(text: string | null): Date | null {
  if (text === null || text === '') return null;
  const found = new Date(text);
  return Number.isNaN(found.getTime()) ? null : found;
}

/** Reads an address. Two points in time win; what makes no sense counts as not said. */
export function rangeOf(query: URLSearchParams): Range {
  const from = time(query.get('from'));
  const to = time(query.get('to'));
  if (from !== null && to !== null && from < to) return { from, to };
  const range = query.get('range') ?? '';
  const seconds = Number(/^(\d{1,9})s$/.exec(range)?.[1] ?? 0);
  return seconds > 0 ? forSeconds(seconds) : { span: SPANS.find((span) => span === range) ?? DEFAULT };
}

function forSeconds(seconds: number): Range {
  const span = SPANS.find((known) => MINUTES[known] * 60 === seconds);
  return span === undefined ? { last_s: seconds } : { span };
}

/** The two points in time that a range means now. */
export function windowOf(range: Range, now: Date): { from: Date; to: Date } {
  if ('from' in range) return range;
  return { from: new Date(now.getTime() - secondsOf(range) * 1000), to: now };
}

const secondsOf = (range: { span: Span } | { last_s: number }): number => ('span' in range ? MINUTES[range.span] * 60 : range.last_s);

/** A range as a saved search keeps it. */
export const timespanOf = (range: Range): Timespan =>
  'from' in range
    ? { last_s: null, from: range.from.toISOString(), to: range.to.toISOString() }
    : { last_s: secondsOf(range), from: null, to: null };

/** The changes to the address for a range as a saved search keeps it. */
export function forTimespan({ last_s, from, to }: Timespan): Record<string, string | null> {
  if (from !== null && to !== null) return { range: null, from, to };
  const range = forSeconds(last_s ?? 86_400);
  return 'span' in range ? forSpan(range.span) : { range: `${last_s}s`, from: null, to: null };
}

/** The changes to the address for a span. */
export const forSpan = (span: Span): Record<string, string | null> => ({ range: span === DEFAULT ? null : span, from: null, to: null });

/** The changes to the address for two points in time. */
export const forWindow = (from: Date, to: Date): Record<string, string | null> => ({
  range: null,
  from: from.toISOString(),
  to: to.toISOString(),
});

/** Twice as wide around the same middle, never beyond now. */
export function widened({ from, to }: { from: Date; to: Date }, now: Date): { from: Date; to: Date } {
  const half = (to.getTime() - from.getTime()) / 2;
  const end = Math.min(to.getTime() + half, now.getTime());
  return { from: new Date(from.getTime() - half), to: new Date(Math.max(end, to.getTime())) };
}

/** A time as a `datetime-local` field wants it, in the reader's zone. */
export function fieldText(at: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** The two points in time of a timespan, as questions say them. A span has no end: see `EventSearch.question`. */
export function timespanWindow({ last_s, from, to }: Timespan, now: Date): { from: string; to: string | null } {
  if (from !== null && to !== null) return { from, to };
  return { from: new Date(now.getTime() - (last_s ?? 86_400) * 1000).toISOString(), to: null };
}
