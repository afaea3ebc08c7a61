// One thing that a page loads: its value, why it failed, whether it is under way. A newer load
// silences an older one, so that fast typing never shows a stale answer.
import { ApiError } from '$lib/api';
import { lang } from '$lib/i18n/index.svelte';

/** Whatever was thrown, as something that can be shown. */
export function asProblem(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new ApiError(0, 'unexpected', lang.t.problem.unexpected, `${lang.t.problem.unexpectedHint} ${text}`);
}

export class Load<T> {
  value = $state.raw<T | null>(null);
  problem = $state.raw<ApiError | null>(null);
  busy = $state(false);
  #under: AbortController | null = null;

  /** Loads; keeps the old value on the page until the new one is there. */
  async run(fetcher: (signal: AbortSignal) => Promise<T>): Promise<T | null> {
    this.#under?.abort();
    const mine = new AbortController();
    this.#under = mine;
    this.busy = true;
    try {
      const value = await fetcher(mine.signal);
      if (mine.signal.aborted) return null;
      this.value = value;
      this.problem = null;
      return value;
    } catch (thrown) {
      if (mine.signal.aborted) return null;
      this.problem = asProblem(thrown);
      return null;
    } finally {
      if (this.#under === mine) this.busy = false;
    }
  }

  forget(): void {
    this.#under?.abort();
    this.value = null;
    this.problem = null;
    this.busy = false;
  }
}
