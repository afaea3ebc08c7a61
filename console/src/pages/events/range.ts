// The time range of the events page: a span back from now, or two points in time, as the address
// carries it.
export const SPANS = ['15m', '1h', '6h', '24h', '7d', '30d'] as const;
export type Span = (typeof SPANS)[number];

const MINUTES: Record<Span, number> = { '15m': 15, '1h': 60, '6h': 360, '24h': 1440, '7d': 10_080, '30d': 43_200 };

export type Range = { span: Span } | { from: Date; to: Date };

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
  return { span: SPANS.find((span) => span === query.get('range')) ?? DEFAULT };
}

/** The two points in time that a range means now. */
export function windowOf(range: Range, now: Date): { from: Date; to: Date } {
  if ('from' in range) return range;
  return { from: new Date(now.getTime() - MINUTES[range.span] * 60_000), to: now };
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
