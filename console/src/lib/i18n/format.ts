// Numbers, times and sizes in the reader's language and time zone. Reads the language's state, so
// whatever shows a formatted value follows a change of language.
import { lang } from './index.svelte';

type Maker<T> = (code: string) => T;

function perLanguage<T>(make: Maker<T>): () => T {
  const made = new Map<string, T>();
  return () => {
    const code = lang.code;
    const known = made.get(code) ?? make(code);
    made.set(code, known);
    return known;
  };
}

// English dates are written day first, as in the other two languages and most of the world.
const locale = (code: string): string => (code === 'en' ? 'en-GB' : code);

const digits = perLanguage((code) => new Intl.NumberFormat(code));
const decimals = perLanguage((code) => new Intl.NumberFormat(code, { maximumFractionDigits: 1 }));
const compact = perLanguage((code) => new Intl.NumberFormat(code, { notation: 'compact', maximumFractionDigits: 1 }));
const percent = perLanguage((code) => new Intl.NumberFormat(code, { style: 'percent', maximumSignificantDigits: 2 }));
const dateTime = perLanguage((code) => new Intl.DateTimeFormat(locale(code), { dateStyle: 'medium', timeStyle: 'medium' }));
const shortDateTime = perLanguage(
  (code) => new Intl.DateTimeFormat(locale(code), { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }),
);
const date = perLanguage((code) => new Intl.DateTimeFormat(locale(code), { dateStyle: 'medium' }));
const utcDate = perLanguage((code) => new Intl.DateTimeFormat(locale(code), { dateStyle: 'medium', timeZone: 'UTC' }));
const dayMonth = perLanguage((code) => new Intl.DateTimeFormat(locale(code), { day: 'numeric', month: 'short', timeZone: 'UTC' }));
const localDayMonth = perLanguage((code) => new Intl.DateTimeFormat(locale(code), { day: 'numeric', month: 'short' }));
const clock = perLanguage((code) => new Intl.DateTimeFormat(locale(code), { hour: '2-digit', minute: '2-digit' }));
const clockSeconds = perLanguage(
  (code) => new Intl.DateTimeFormat(locale(code), { hour: '2-digit', minute: '2-digit', second: '2-digit' }),
);
const relative = perLanguage((code) => new Intl.RelativeTimeFormat(code, { numeric: 'always', style: 'short' }));
/** For months: their short form is the same as that of minutes in French. */
const relativeLong = perLanguage((code) => new Intl.RelativeTimeFormat(code, { numeric: 'always' }));

export const number = (n: number): string => digits().format(n);
export const decimal = (n: number): string => decimals().format(n);
export const short = (n: number): string => (Math.abs(n) < 10_000 ? digits().format(n) : compact().format(n));

/** A probability. Below a tenth of a percent only the order matters. */
export function chance(p: number): string {
  if (p > 0 && p < 0.001) return `< ${percent().format(0.001)}`;
  return percent().format(p);
}

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

export function bytes(n: number): string {
  let value = n;
  let unit = 0;
  while (value >= 1000 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const style = { style: 'unit', unit: BYTE_UNITS[unit] ?? 'byte', unitDisplay: 'short' } as const;
  return new Intl.NumberFormat(lang.code, { ...style, maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0 }).format(value);
}

const SPANS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** A length of time, by its largest unit: `3 h`, `12 s`, `240 ms`. */
export function duration(seconds: number): string {
  const unitOf = (unit: string, value: number, fraction = 0): string =>
    new Intl.NumberFormat(lang.code, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: fraction }).format(value);
  if (seconds < 1) return unitOf('millisecond', Math.round(seconds * 1000));
  const [unit, length] = SPANS.find(([, span]) => seconds >= span) ?? ['second', 1];
  const value = seconds / length;
  return unitOf(unit, value, value < 10 ? 1 : 0);
}

export const dateAndTime = (at: string | Date): string => dateTime().format(new Date(at));
export const shortTime = (at: string | Date): string => shortDateTime().format(new Date(at));
export const dateOnly = (at: string | Date): string => date().format(new Date(at));
/** A calendar day of the API (`YYYY-MM-DD`): the same day for every reader. */
export const calendarDay = (day: string): string => utcDate().format(new Date(day));
export const calendarDayShort = (day: string): string => dayMonth().format(new Date(day));
export const localDay = (at: Date): string => localDayMonth().format(at);
export const timeOfDay = (at: Date): string => clock().format(at);
export const timeOfDayExact = (at: Date): string => clockSeconds().format(at);

/** The reader's time zone by name, and how far it is from UTC now. */
export function zone(): string {
  const parts = new Intl.DateTimeFormat(locale(lang.code), { timeZoneName: 'shortOffset' });
  const offset = parts.formatToParts(new Date()).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  return `${parts.resolvedOptions().timeZone}, ${offset}`;
}

/** The exact time in UTC, for titles: whoever compares with a log needs it. */
export function utc(at: string | Date): string {
  return `${new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.000Z$/, '')
    .replace('Z', '')} UTC`;
}

/** How long ago or how far ahead, in the largest sensible unit. */
export function ago(at: string | Date, now: number): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  const distance = Math.abs(seconds);
  if (distance < 45) return lang.t.time.justNow;
  if (distance < 2_700) return relative().format(Math.round(seconds / 60), 'minute');
  if (distance < 79_200) return relative().format(Math.round(seconds / 3_600), 'hour');
  if (distance < 2_592_000) return relative().format(Math.round(seconds / 86_400), 'day');
  if (distance < 31_536_000) return relativeLong().format(Math.round(seconds / 2_592_000), 'month');
  return relativeLong().format(Math.round(seconds / 31_536_000), 'year');
}
