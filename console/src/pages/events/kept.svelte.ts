// What a reader of the events page set, kept in this browser.
import { FACETS, settingsOf, type Settings } from './settings';

const KEY = 'vigie.events';

class Kept {
  #settings = $state.raw<Settings>(settingsOf(localStorage.getItem(KEY)));

  get columns(): string[] | null {
    return this.#settings.columns;
  }

  set columns(columns: string[] | null) {
    this.#change({ columns });
  }

  get added(): string[] {
    return this.#settings.added;
  }

  get facets(): boolean | null {
    return this.#settings.facets;
  }

  set facets(facets: boolean | null) {
    this.#change({ facets });
  }

  isOpen(name: string): boolean {
    return this.#settings.open.includes(name);
  }

  toggle(name: string): void {
    const { open } = this.#settings;
    this.#change({ open: open.includes(name) ? open.filter((other) => other !== name) : [...open, name] });
  }

  /** Adds a name to the breakdown, unfolded. */
  add(name: string): void {
    const { added, open } = this.#settings;
    const known = (FACETS as readonly string[]).includes(name) || added.includes(name);
    this.#change({ added: known ? added : [...added, name], open: open.includes(name) ? open : [...open, name] });
  }

  remove(name: string): void {
    const { added, open } = this.#settings;
    this.#change({ added: added.filter((other) => other !== name), open: open.filter((other) => other !== name) });
  }

  #change(changes: Partial<Settings>): void {
    this.#settings = { ...this.#settings, ...changes };
    localStorage.setItem(KEY, JSON.stringify(this.#settings));
  }
}

export const kept = new Kept();
