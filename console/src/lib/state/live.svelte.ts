// The stream of changes (server-sent events): one connection for the whole console. It reconnects
// by itself, also after an error answer, where EventSource would give up. Pages subscribe and decide
// what to do; nothing here changes a page.
import { api, type EventRow } from '$lib/api';
import { session } from './session.svelte';

interface Messages {
  findings: { changed: number };
  events: EventRow[];
  system: unknown;
}
type Kind = keyof Messages;
type Listener<K extends Kind> = (message: Messages[K]) => void;

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

class Live {
  connected = $state(false);
  #source: EventSource | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #wait = FIRST_WAIT_MS;
  #missed = false;
  #listeners: { [K in Kind]: Set<Listener<K>> } = { findings: new Set(), events: new Set(), system: new Set() };

  start(): void {
    if (this.#source !== null) return;
    const source = new EventSource(api.streamAddress());
    this.#source = source;
    source.onopen = () => {
      this.connected = true;
      this.#wait = FIRST_WAIT_MS;
      if (this.#missed) this.#caughtUp();
    };
    source.onerror = () => this.#lost(source);
    source.addEventListener('findings', (message) => this.#tell('findings', parsed(message)));
    source.addEventListener('events', (message) => this.#tell('events', eventsOf(parsed(message))));
    source.addEventListener('system', (message) => this.#tell('system', parsed(message)));
  }

  stop(): void {
    this.#source?.close();
    this.#source = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#missed = false;
    this.connected = false;
  }

  /** Calls back on each message of a kind. Returns the undoing. */
  on<K extends Kind>(kind: K, listener: Listener<K>): () => void {
    this.#listeners[kind].add(listener);
    return () => this.#listeners[kind].delete(listener);
  }

  #tell<K extends Kind>(kind: K, message: Messages[K] | null): void {
    if (message === null) return;
    for (const listener of this.#listeners[kind]) listener(message);
  }

  /** Back after a break: the server may be another version, and anything may have changed. */
  #caughtUp(): void {
    this.#missed = false;
    void session.check();
    this.#tell('findings', { changed: 0 });
    this.#tell('system', {});
  }

  #lost(source: EventSource): void {
    if (this.connected) this.#missed = true;
    this.connected = false;
    if (source.readyState !== EventSource.CLOSED || this.#source !== source) return;
    this.#source = null;
    this.#timer = setTimeout(() => void this.#again(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
  }

  async #again(): Promise<void> {
    this.#timer = null;
    await session.check();
    if (session.state === 'signed_in') this.start();
  }
}

function parsed<T>(message: MessageEvent<string>): T | null {
  try {
    return JSON.parse(message.data === '' ? '{}' : message.data) as T;
  } catch {
    return null;
  }
}

function eventsOf(message: EventRow[] | { events: EventRow[] } | null): EventRow[] | null {
  if (message === null || Array.isArray(message)) return message;
  return message.events ?? null;
}

export const live = new Live();
