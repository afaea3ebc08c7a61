// How far the searches of a page have come, and the way to end them early: with what they have found.
//
// A quick search is never asked about. What is over answers "not found", and so does what has not begun.
import { api, type Covered } from '$lib/api';

const FIRST_MS = 1000;
const AGAIN_MS = 1000;

/** An id that no other search of this reader has. */
const newId = (): string => `console-${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;

/** How much of a whole, in percent; of nothing, all. Never all while something is left. */
export const percentOf = ({ events, events_total }: Covered): number =>
  events_total === 0 ? 100 : Math.min(events < events_total ? 99 : 100, Math.floor((events / events_total) * 100));

export class Watch {
  /** Of the search that is furthest behind; null while there is nothing to say. */
  covered = $state.raw<Covered | null>(null);
  /** The reader said that it is enough. */
  ending = $state(false);
  #ids: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Begins with new searches, as many as asked for. Gives their ids. */
  begin(many: number): string[] {
    this.end();
    this.#ids = Array.from({ length: many }, newId);
    this.#timer = setTimeout(() => void this.#look(this.#ids), FIRST_MS);
    return this.#ids;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#ids = [];
    this.covered = null;
    this.ending = false;
  }

  /** Has the searches answer with what they have found. */
  async enough(): Promise<void> {
    this.ending = true;
    await Promise.allSettled(this.#ids.map((id) => api.enough(id)));
  }

  async #look(ids: string[]): Promise<void> {
    const answers = await Promise.allSettled(ids.map((id) => api.running(id)));
    if (ids !== this.#ids) return;
    const covered = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    if (covered.length > 0) this.covered = covered.reduce((least, next) => (percentOf(next) < percentOf(least) ? next : least));
    this.#timer = setTimeout(() => void this.#look(ids), AGAIN_MS);
  }
}
