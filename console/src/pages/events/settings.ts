// Settings of the events page: columns, and what the breakdown shows.
const NAMES_MAX = 40;

/** What the breakdown offers before anybody adds to it; the first are unfolded. */
export const FACETS = ['class', 'severity', 'host', 'source', 'format', 'user', 'src', 'namespace'] as const;
const OPEN = ['class', 'severity', 'host'];

export interface Settings {
  /** Null: the usual ones. */
  columns: string[] | null;
  /** Names that the reader added. */
  added: string[];
  open: string[];
  /** Whether the breakdown is shown; null while nobody said so. */
  facets: boolean | null;
}

const names = (value: unknown): string[] | null =>
  Array.isArray(value) && value.every((name) => typeof name === 'string') ? [...new Set(value)].slice(0, NAMES_MAX) : null;

/** Reads what was kept; whatever does not make sense counts as not said. */
export function settingsOf(text: string | null): Settings {
  let kept: Partial<Record<keyof Settings, unknown>> = {};
  try {
    const read: unknown = JSON.parse(text ?? '{}');
    if (typeof read === 'object' && read !== null) kept = read;
  } catch {
    // Written by another version, or by hand.
  }
  return {
    columns: names(kept.columns),
    added: names(kept.added) ?? [],
    open: names(kept.open) ?? OPEN,
    facets: typeof kept.facets === 'boolean' ? kept.facets : null,
  };
}
