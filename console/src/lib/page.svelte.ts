// What every page does: names itself in the title bar, loads, and loads again when told to.
import type { Load } from '$lib/state/load.svelte';

/** Keeps the document's title. Call during a component's set-up. */
export function titled(title: () => string): void {
  $effect(() => {
    document.title = `${title()} · Vigie`;
  });
}

/** Loads now and whenever what `fetcher` reads changes. Returns a function that loads again. */
export function loading<T>(load: Load<T>, fetcher: () => (signal: AbortSignal) => Promise<T>): () => Promise<T | null> {
  $effect(() => {
    void load.run(fetcher());
  });
  return () => load.run(fetcher());
}

/** Calls at most once per `wait` milliseconds; a call in between is kept for the end of it. */
export function throttled(action: () => void, wait: number): { call: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let last = 0;
  const run = (): void => {
    timer = null;
    last = Date.now();
    action();
  };
  return {
    call: () => {
      if (timer === null) timer = setTimeout(run, Math.max(0, last + wait - Date.now()));
    },
    stop: () => {
      if (timer !== null) clearTimeout(timer);
    },
  };
}
