// The form of a page, as it is changed and as it is sent.
import type { FormatDraft, FormatTrial } from '$lib/api';

export const PREVIEW_MAX = 200;

/** What is sent: names without the values that only people look at. */
export const asSent = (draft: FormatDraft): FormatDraft => ({
  ...draft,
  lines: draft.lines.filter((line) => line.trim() !== ''),
  recognise: draft.recognise.filter((name) => name !== ''),
  parts: draft.parts.map(({ name, target }) => ({ name, example: '', target: target.trim() })),
});

/** What is tried: a page that nobody has named yet is tried under another name. */
export const asTried = (draft: FormatDraft): FormatDraft => ({
  ...asSent(draft),
  title: draft.title.trim() || '…',
  format: isFormatName(draft.format) ? draft.format : 'new-format',
});

/** The values of a preview with the targets that stand in the form now; null when nothing is different. */
export function partsAfter(now: FormatDraft, seen: FormatDraft): FormatDraft['parts'] | null {
  const target = (name: string): string => now.parts.find((part) => part.name === name)?.target ?? '';
  const next = seen.parts.map((part) => ({ ...part, target: target(part.name) }));
  return JSON.stringify(next) === JSON.stringify(now.parts) ? null : next;
}

/** How many records of a trial the page reads. */
export const readOf = (trial: FormatTrial): number => trial.lines.filter(({ read }) => read).length;

/** Whether a text can name a format. */
export const isFormatName = (text: string): boolean => /^[a-z0-9][a-z0-9-]{0,63}$/.test(text);

/** A name for a format from what people call it. */
export const nameFrom = (title: string): string =>
  title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
