// The one place that speaks HTTP: language, CSRF token, errors with the server's own sentence.
// Knows nothing of pages; whoever owns the session registers what happens when it has ended.
import type { Language } from './types';

const BASE = '/api/v1';

/** Why a call failed, in words that can be shown as they are. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly said: string,
    readonly hint: string | null = null,
    /** For errors in a query: the position in it, counted in characters. */
    readonly at: number | null = null,
  ) {
    super(said);
    this.name = 'ApiError';
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

interface Options {
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
}

const held = {
  csrf: '',
  language: 'en' as Language,
  unreachable: { said: 'The server does not answer.', hint: null as string | null },
  /** Called on a 401; says whether the session has really ended. */
  ended: async (): Promise<boolean> => false,
};

/** Sets what every call carries. */
export function configure(changes: Partial<typeof held>): void {
  Object.assign(held, changes);
}

/** The address of a call, for links and downloads too. */
export function address(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return `${BASE}${path}${text === '' ? '' : `?${text}`}`;
}

async function send(method: string, path: string, options: Options): Promise<Response> {
  const headers = new Headers({ Accept: 'application/json', 'Accept-Language': held.language });
  const request: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store' };
  if (options.signal !== undefined) request.signal = options.signal;
  if (method !== 'GET') headers.set('X-Vigie-CSRF', held.csrf);
  if (options.body !== undefined) {
    headers.set('Content-Type', 'application/json');
    request.body = JSON.stringify(options.body);
  }
  try {
    return await fetch(address(path, options.query), request);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiError(0, 'unreachable', held.unreachable.said, held.unreachable.hint);
  }
}

interface ErrorBody {
  error?: { code?: string; said?: string; hint?: string | null; at?: number | null };
}

async function failure(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as ErrorBody;
  const { code = 'http', said = `${response.status} ${response.statusText}`.trim(), hint = null, at = null } = body.error ?? {};
  return new ApiError(response.status, code, said, hint, at);
}

async function call<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const response = await send(method, path, options);
  if (response.ok) {
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
  const problem = await failure(response);
  // A wrong passphrase is a 401 too: only the session itself can say that it has ended.
  if (problem.status === 401 && path !== '/session') await held.ended();
  throw problem;
}

export const get = <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
  call<T>('GET', path, { ...(query && { query }), ...(signal && { signal }) });
export const post = <T>(path: string, body: unknown = {}, signal?: AbortSignal): Promise<T> =>
  call<T>('POST', path, { body, ...(signal && { signal }) });
export const put = <T>(path: string, body: unknown): Promise<T> => call<T>('PUT', path, { body });
export const patch = <T>(path: string, body: unknown): Promise<T> => call<T>('PATCH', path, { body });
export const remove = <T = void>(path: string, body?: unknown): Promise<T> => call<T>('DELETE', path, body === undefined ? {} : { body });
