// What a reader sets for this browser: theme and keyboard shortcuts. (Single-key shortcuts must be
// possible to switch off: WCAG 2.1.4.)
export type Theme = 'system' | 'light' | 'dark';
export const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

const THEME_KEY = 'vigie.theme';
const KEYS_KEY = 'vigie.shortcuts';

class Preferences {
  #theme = $state<Theme>('system');
  #shortcuts = $state(true);

  constructor() {
    const kept = localStorage.getItem(THEME_KEY);
    this.#theme = kept === 'light' || kept === 'dark' ? kept : 'system';
    this.#shortcuts = localStorage.getItem(KEYS_KEY) !== 'off';
    this.#show();
  }

  get theme(): Theme {
    return this.#theme;
  }

  set theme(theme: Theme) {
    this.#theme = theme;
    localStorage.setItem(THEME_KEY, theme);
    this.#show();
  }

  get shortcuts(): boolean {
    return this.#shortcuts;
  }

  set shortcuts(on: boolean) {
    this.#shortcuts = on;
    localStorage.setItem(KEYS_KEY, on ? 'on' : 'off');
  }

  #show(): void {
    if (this.#theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = this.#theme;
  }
}

export const preferences = new Preferences();
