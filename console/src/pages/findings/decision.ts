// What the triage dialog makes of its fields: which scopes make sense for a selection, and the
// decision that goes to the server. No page, no state: tested on its own.
import type { FindingRow, Justification, NewDecision, Ruling, Selector } from '$lib/api/types';

export type Choice = 'start' | 'stop' | 'accept' | 'not_affected' | 'false_positive';
export type Scope = 'findings' | 'subject_asset' | 'package' | 'subject';

/** Progress is said of findings; everything else is a decision with an end. */
export const isRuling = (choice: Choice): boolean => choice !== 'start' && choice !== 'stop';

function shared<T>(rows: readonly FindingRow[], pick: (row: FindingRow) => T): T | null {
  const first = rows[0];
  if (first === undefined) return null;
  return rows.every((row) => pick(row) === pick(first)) ? pick(first) : null;
}

/** The scopes that a selection can be widened to: only what all its findings have in common. */
export function scopesOf(rows: readonly FindingRow[]): Scope[] {
  const subject = shared(rows, (row) => row.subject);
  const asset = shared(rows, (row) => row.asset.id);
  const locator = shared(rows, (row) => row.locator);
  const scopes: Scope[] = ['findings'];
  if (subject !== null && asset !== null) scopes.push('subject_asset');
  if (subject !== null) scopes.push('subject');
  if (locator?.startsWith('pkg:') === true) scopes.push('package');
  return scopes;
}

export function selectorOf(scope: Scope, rows: readonly FindingRow[]): Selector {
  const first = rows[0];
  if (first === undefined) return { findings: [] };
  if (scope === 'subject_asset') return { subject: first.subject, asset: first.asset.id };
  if (scope === 'subject') return { subject: first.subject };
  if (scope === 'package') return { package: first.locator };
  return { findings: rows.map((row) => row.id) };
}

/** The end of a calendar day (`YYYY-MM-DD`) in the reader's zone; null when it is no day to come. */
export function endOfDay(day: string, now: Date): Date | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return null;
  const end = new Date(`${day}T23:59:59`);
  return Number.isNaN(end.getTime()) || end <= now ? null : end;
}

/** A day some days from now, as a date field wants it. */
export function dayAfter(now: Date, days: number): string {
  const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() + days);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

export function decisionOf(
  choice: Choice,
  scope: Scope,
  rows: readonly FindingRow[],
  given: { justification: Justification; reason: string; end: Date },
): NewDecision {
  const expires_at = given.end.toISOString();
  const rulings: Partial<Record<Choice, Ruling>> = {
    accept: { ruling: 'accept', until: expires_at },
    not_affected: { ruling: 'not_affected', justification: given.justification },
  };
  const ruling = rulings[choice] ?? { ruling: 'false_positive' };
  return { selector: selectorOf(scope, rows), ruling, reason: given.reason.trim(), expires_at };
}
