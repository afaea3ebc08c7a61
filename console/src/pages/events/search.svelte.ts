// A search for events: the newest page, counts over time, older pages, and the live tail.
//
// The tail asks again when events arrive, so that it honours the query as any search does. It rests
// while the reader is further down, and says what waits; when more comes at once than a page holds, it
// says that too.
//
// A search that takes long is ended after a while and answers with what it has found; the reader may
// end it before, or give it more time.
import { api, type Covered, type EventHistogram, type EventPage, type EventRow, type Query } from '$lib/api';
import { throttled } from '$lib/page.svelte';
import { live } from '$lib/state/live.svelte';
import { Load } from '$lib/state/load.svelte';
import { toasts } from '$lib/state/toasts.svelte';
import { windowOf, type Range } from './range';
import { percentOf, Watch } from './watch.svelte';

/** Events of a page. */
export const PAGE = 100;
const TAIL_MS = 1500;
const WAITING_MS = 3000;
const BARS_MS = 10_000;
const FACETS_MS = 30_000;
/** How long a search may take before it shows what it has; each "read on" gives it more. */
export const PATIENCE_MS = 15_000;
const PATIENCE_FACTOR = 8;
const PATIENCE_MS_MAX = 600_000;
const NARROW = matchMedia('(max-width: 48rem)');

export class EventSearch {
  readonly first = new Load<EventPage>();
  readonly bars = new Load<EventHistogram>();
  readonly #waiting = new Load<EventHistogram>();

  older = $state.raw<EventRow[]>([]);
  next = $state<string | null>(null);
  fetchingOlder = $state(false);
  /** Events that were not there a moment ago. */
  fresh = $state.raw<Set<number>>(new Set());
  tailing = $state(false);
  /** The tail rests. */
  resting = $state(false);
  /** More came at once than a page holds. */
  skipped = $state(false);
  /** Grows when the breakdown should count again. */
  version = $state(0);
  readonly watch = new Watch();
  #patience = PATIENCE_MS;

  rows = $derived([...(this.first.value?.events ?? []), ...this.older]);
  problem = $derived(this.first.problem !== null && this.first.problem.status === 400 ? this.first.problem : null);
  busy = $derived(this.first.busy || this.bars.busy);
  /** How far it came, where it did not come to its end. */
  partial = $derived.by((): Covered | null => {
    const covered = [this.first.value, this.bars.value].flatMap((part) => (part?.partial === true ? [part.covered] : []));
    return covered.toSorted((a, b) => percentOf(a) - percentOf(b))[0] ?? null;
  });
  waiting = $derived(this.#waiting.value?.total ?? 0);

  readonly #asked: () => { query: string; range: Range };
  #known: ReadonlySet<number> = new Set();

  constructor(asked: () => { query: string; range: Range }) {
    this.#asked = asked;
  }

  /** The question as it stands. A span has no end: the server's "now" includes what clocks ahead of ours have sent already. */
  question(): Query {
    const { query, range } = this.#asked();
    const { from, to } = windowOf(range, new Date());
    return { q: query, from: from.toISOString(), to: 'from' in range ? to.toISOString() : null };
  }

  async load(): Promise<void> {
    this.#patience = PATIENCE_MS;
    await this.#search();
  }

  /** Asks the same with more time. */
  async goOn(): Promise<void> {
    this.#patience = Math.min(this.#patience * PATIENCE_FACTOR, PATIENCE_MS_MAX);
    await this.#search();
  }

  async #search(): Promise<void> {
    const [ofPage, ofBars] = this.watch.begin(2);
    const what = { ...this.question(), deadline_ms: this.#patience };
    const counting = this.#count({ ...what, running: ofBars });
    const listing = this.first.run((signal) => api.events({ ...what, running: ofPage, limit: PAGE }, signal));
    // The page may be gone by then: what is derived may not be asked any more.
    void Promise.all([counting, listing]).then(() => this.first.busy || this.bars.busy || this.watch.end());
    const page = await listing;
    if (page === null) return;
    this.#take(page, new Set());
    this.skipped = false;
    this.version += 1;
  }

  /** The newest events again; what was not there before is marked for a moment. */
  async again(): Promise<void> {
    const page = await this.first.run((signal) => api.events({ ...this.question(), deadline_ms: PATIENCE_MS, limit: PAGE }, signal));
    if (page === null) return;
    const fresh = page.events.map((event) => event.id).filter((id) => !this.#known.has(id));
    this.skipped = this.#known.size > 0 && page.next !== null && fresh.length === page.events.length;
    this.#take(page, new Set(fresh));
  }

  #take(page: EventPage, fresh: Set<number>): void {
    this.older = [];
    this.next = page.next;
    this.fresh = fresh;
    this.#known = new Set(page.events.map((event) => event.id));
    this.#waiting.forget();
  }

  #count(what: Query): Promise<EventHistogram | null> {
    return this.bars.run((signal) => api.histogram({ ...what, buckets: NARROW.matches ? 24 : 60 }, signal));
  }

  /** How many came while the tail rested. */
  async #countWaiting(): Promise<void> {
    const newest = this.first.value?.events[0];
    const { q, from } = this.question();
    const since = newest === undefined ? from : new Date(new Date(newest.time).getTime() + 1).toISOString();
    await this.#waiting.run((signal) => api.histogram({ q, from: since, buckets: 1 }, signal));
  }

  async loadOlder(): Promise<void> {
    if (this.next === null || this.fetchingOlder) return;
    this.fetchingOlder = true;
    this.tailing = false;
    const before = JSON.stringify(this.#asked());
    try {
      const page = await api.events({ ...this.question(), limit: PAGE, before: this.next });
      if (before !== JSON.stringify(this.#asked())) return;
      this.older = [...this.older, ...page.events];
      this.next = page.next;
    } catch (thrown) {
      toasts.bad(thrown);
    } finally {
      this.fetchingOlder = false;
    }
  }

  /** Rests the tail, or lets it go on. */
  rest(resting: boolean): void {
    if (resting === this.resting) return;
    this.resting = resting;
    if (this.tailing && !resting) void this.again();
  }

  /** Follows what arrives. Returns the undoing. */
  listen(): () => void {
    const following = (): boolean => this.tailing && !this.resting;
    const repeated = [
      throttled(() => following() && void this.again(), TAIL_MS),
      throttled(() => this.tailing && this.resting && void this.#countWaiting(), WAITING_MS),
      throttled(() => this.tailing && void this.#count({ ...this.question(), deadline_ms: PATIENCE_MS }), BARS_MS),
      throttled(() => following() && (this.version += 1), FACETS_MS),
    ];
    const undo = live.on('events', () => this.tailing && repeated.forEach((action) => action.call()));
    return () => {
      undo();
      this.watch.end();
      repeated.forEach((action) => action.stop());
    };
  }
}
