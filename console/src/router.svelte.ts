// Which page stands at which address. Real paths by the History API; what a page filters by lives in
// the query, so that an address can be sent to a colleague. An unknown path is "not found", never a
// guess.
import type { Permission } from '$lib/api';

export type Page =
  | 'overview'
  | 'findings'
  | 'finding'
  | 'decisions'
  | 'events'
  | 'event'
  | 'dashboards'
  | 'searches'
  | 'formats'
  | 'assets'
  | 'asset'
  | 'catalogue'
  | 'entry'
  | 'system'
  | 'audit'
  | 'account'
  | 'sign-in'
  | 'set-up'
  | 'not-found';

interface Route {
  page: Page;
  pattern: RegExp;
  needs: Permission | null;
}

const ROUTES: readonly Route[] = [
  { page: 'overview', pattern: /^\/$/, needs: 'read_findings' },
  { page: 'findings', pattern: /^\/findings$/, needs: 'read_findings' },
  { page: 'finding', pattern: /^\/findings\/([^/]+)$/, needs: 'read_findings' },
  { page: 'decisions', pattern: /^\/decisions$/, needs: 'read_findings' },
  { page: 'events', pattern: /^\/events$/, needs: 'read_events' },
  { page: 'event', pattern: /^\/events\/([^/]+)$/, needs: 'read_events' },
  { page: 'dashboards', pattern: /^\/dashboards(?:\/([^/]+))?$/, needs: 'read_events' },
  { page: 'searches', pattern: /^\/searches$/, needs: 'read_events' },
  { page: 'formats', pattern: /^\/formats(?:\/([^/]+))?$/, needs: 'read_events' },
  { page: 'assets', pattern: /^\/assets$/, needs: 'read_assets' },
  { page: 'asset', pattern: /^\/assets\/([^/]+)$/, needs: 'read_assets' },
  { page: 'catalogue', pattern: /^\/catalogue$/, needs: 'read_catalogue' },
  { page: 'entry', pattern: /^\/catalogue\/([^/]+)$/, needs: 'read_catalogue' },
  { page: 'system', pattern: /^\/system$/, needs: 'read_system' },
  { page: 'audit', pattern: /^\/audit$/, needs: 'read_audit' },
  { page: 'account', pattern: /^\/account$/, needs: null },
  { page: 'sign-in', pattern: /^\/sign-in$/, needs: null },
  { page: 'set-up', pattern: /^\/set-up$/, needs: null },
];

export interface Place {
  page: Page;
  /** The id in the path, where there is one. */
  id: string;
  needs: Permission | null;
}

/** What stands at a path. */
export function placeOf(path: string): Place {
  const trimmed = path.length > 1 ? path.replace(/\/+$/, '') : path;
  for (const { page, pattern, needs } of ROUTES) {
    const match = pattern.exec(trimmed === '' ? '/' : trimmed);
    if (match !== null) return { page, id: decoded(match[1] ?? ''), needs };
  }
  return { page: 'not-found', id: '', needs: null };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export type Changes = Record<string, string | null>;

/** A query with some values set and others (null or empty) taken out. */
export function changed(query: URLSearchParams, changes: Changes): string {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') next.delete(name);
    else next.set(name, value);
  }
  const text = next.toString();
  return text === '' ? '' : `?${text}`;
}

class Router {
  #href = $state(location.href);
  #url = $derived(new URL(this.#href));
  place = $derived(placeOf(this.#url.pathname));

  get path(): string {
    return this.#url.pathname;
  }

  get query(): URLSearchParams {
    return this.#url.searchParams;
  }

  get hash(): string {
    return this.#url.hash;
  }

  /** A value of the query, or the empty text. */
  param(name: string): string {
    return this.#url.searchParams.get(name) ?? '';
  }

  /** What is asked before the page is left. */
  #stay: (() => string) | null = null;

  /** Asks before this page is left, until the returned undoing is called. */
  hold(question: () => string): () => void {
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    this.#stay = question;
    addEventListener('beforeunload', ask);
    return () => {
      removeEventListener('beforeunload', ask);
      if (this.#stay === question) this.#stay = null;
    };
  }

  #mayGo(next: URL): boolean {
    return this.#stay === null || next.pathname === this.path || confirm(this.#stay());
  }

  /** A page that takes the place of this one is not the reader's wish: nobody is asked. */
  go(to: string, { replace = false }: { replace?: boolean } = {}): void {
    const next = new URL(to, location.href);
    if (next.href === location.href) return;
    if (!replace && !this.#mayGo(next)) return;
    if (replace) history.replaceState(null, '', next);
    else history.pushState(null, '', next);
    this.#href = next.href;
  }

  /** Changes the query of the page one is on. Typing replaces; a choice can be undone by Back. */
  set(changes: Changes, options: { replace?: boolean } = {}): void {
    this.go(`${this.path}${changed(this.query, changes)}`, options);
  }

  /** The address of this page with changes to its query, for links. */
  with(changes: Changes): string {
    return `${this.path}${changed(this.query, changes)}`;
  }

  follow(): void {
    if (!this.#mayGo(new URL(location.href))) {
      history.pushState(null, '', this.#href);
      return;
    }
    this.#href = location.href;
  }
}

export const router = new Router();

/** Lets plain links to our own pages change the page without a reload. Returns the undoing. */
export function listen(): () => void {
  const back = (): void => router.follow();
  const click = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || link.target !== '' || link.hasAttribute('download')) return;
    const to = new URL(link.href, location.href);
    if (to.origin !== location.origin || to.pathname.startsWith('/api/') || link.getAttribute('href')?.startsWith('#')) return;
    event.preventDefault();
    router.go(to.href);
  };
  addEventListener('popstate', back);
  document.addEventListener('click', click);
  return () => {
    removeEventListener('popstate', back);
    document.removeEventListener('click', click);
  };
}
