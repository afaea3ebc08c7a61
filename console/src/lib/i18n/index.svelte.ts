// The reader's language: one dictionary at a time, loaded on demand, changed without a reload.
import { configure, type Language } from '$lib/api';
import type { Dictionary } from './en';

export type { Dictionary } from './en';

export const LANGUAGES: readonly { code: Language; name: string }[] = [
  { code: 'en', name: 'English' },
  { code: 'fr', name: 'Français' },
  { code: 'de', name: 'Deutsch' },
];

const KEY = 'vigie.language';

const loaders: Record<Language, () => Promise<Dictionary>> = {
  en: async () => (await import('./en')).en,
  fr: async () => (await import('./fr')).fr,
  de: async () => (await import('./de')).de,
};

function isLanguage(text: string | null | undefined): text is Language {
  return LANGUAGES.some(({ code }) => code === text);
}

/** What the reader chose here before, or what the browser asks for. */
export function preferred(): Language {
  const kept = localStorage.getItem(KEY);
  if (isLanguage(kept)) return kept;
  return navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? 'en';
}

class Speech {
  code = $state<Language>('en');
  #words = $state.raw<Dictionary>();

  /** The dictionary. Only asked for after the first `speak` has ended. */
  get t(): Dictionary {
    if (this.#words === undefined) throw new Error('no language has been loaded');
    return this.#words;
  }

  /** Changes the language of the page; `keep` remembers it in this browser. */
  async speak(code: Language, keep = false): Promise<void> {
    const words = await loaders[code]();
    this.#words = words;
    this.code = code;
    if (keep) localStorage.setItem(KEY, code);
    document.documentElement.lang = code;
    configure({
      language: code,
      unreachable: { said: words.problem.unreachable, hint: words.problem.unreachableHint },
    });
  }

  /** Whether the reader chose a language in this browser. */
  get chosen(): boolean {
    return isLanguage(localStorage.getItem(KEY));
  }
}

export const lang = new Speech();

/** The word of a table, or the bare word where the wire knows one that we do not. */
export function word(table: Record<string, string>, key: string): string {
  return table[key] ?? key.replaceAll('_', ' ');
}
