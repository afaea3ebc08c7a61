// Short messages that come and go. A refusal stays until it is closed: nobody should have to read fast.
import { asProblem } from './load.svelte';

export interface Toast {
  id: number;
  tone: 'good' | 'bad';
  said: string;
  hint: string | null;
}

const STAYS_MS = 6000;
const MOST = 4;

class Toasts {
  list = $state.raw<Toast[]>([]);
  #next = 1;

  good(said: string): void {
    const id = this.#add('good', said, null);
    setTimeout(() => this.close(id), STAYS_MS);
  }

  bad(thrown: unknown): void {
    const { said, hint } = asProblem(thrown);
    this.#add('bad', said, hint);
  }

  close(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  #add(tone: Toast['tone'], said: string, hint: string | null): number {
    const id = this.#next++;
    this.list = [...this.list, { id, tone, said, hint }].slice(-MOST);
    return id;
  }
}

export const toasts = new Toasts();
