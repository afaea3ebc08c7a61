// The event query language, as far as the console writes it. What a query means is the server's
// business; here terms are only quoted and put together.

const BARE = /^[\p{L}\p{N}._@/:+-]+$/u;
const RESERVED = new Set(['AND', 'OR', 'NOT', 'TO']);

/** A value as one term: quoted where it holds anything that the language reads otherwise. */
export function quoted(value: string | number | boolean): string {
  const text = String(value);
  const bare = BARE.test(text) && !RESERVED.has(text.toUpperCase()) && !/[:]/.test(text) && !text.startsWith('-');
  return bare ? text : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** `path:value`. */
export const term = (path: string, value: string | number | boolean): string => `${path}:${quoted(value)}`;

const hasOr = (query: string): boolean => /\bOR\b/.test(query.replace(/"(?:[^"\\]|\\.)*"/g, ''));

/** A query narrowed by one more term. A query with OR is bracketed first. */
export function narrowed(query: string, path: string, value: string | number | boolean, exclude: boolean): string {
  const added = `${exclude ? 'NOT ' : ''}${term(path, value)}`;
  const before = query.trim();
  if (before === '') return added;
  if (before.includes(added)) return before;
  return `${hasOr(before) ? `(${before})` : before} AND ${added}`;
}
