// The event query language, as far as the console writes it. What a query means is the server's
// business; here terms are only quoted and put together.

const BARE = /^[\p{L}\p{N}._@/:+-]+$/u;
const RESERVED = new Set(['AND', 'OR', 'NOT', 'TO']);

/** What a search can ask for before a colon. A name of a source's own may hold anything. */
export const isName = (name: string): boolean => /^[\w.-]+$/.test(name);

/** A value as one term: quoted where it holds anything that the language reads otherwise. */
export function quoted(value: string | number | boolean): string {
  const text = String(value);
  const bare = BARE.test(text) && !RESERVED.has(text.toUpperCase()) && !/[:]/.test(text) && !text.startsWith('-');
  return bare ? text : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** `path:value`. */
export const term = (path: string, value: string | number | boolean): string => `${path}:${quoted(value)}`;

/** Events that have no value under a name. */
export const lacking = (path: string): string => `NOT ${path}:*`;

const SIGNS = /"(?:[^"\\]|\\.)*"|\\.|[()]|(?<=\s)(?:AND|OR)(?=\s)/g;

/** The parts that AND joins. A query with OR outside brackets is one part, in brackets. */
function parts(query: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (const { 0: sign, index } of query.matchAll(SIGNS)) {
    if (sign === '(') depth += 1;
    else if (sign === ')') depth -= 1;
    else if (depth > 0) continue;
    else if (sign === 'OR') return [`(${query.trim()})`];
    else if (sign === 'AND') {
      found.push(query.slice(from, index).trim());
      from = index + sign.length;
    }
  }
  return [...found, query.slice(from).trim()].filter(Boolean);
}

/** Whether a query asks for a term by AND. */
export const asks = (query: string, wanted: string): boolean => parts(query).includes(wanted);

/** A query with one more term. What says the contrary goes. */
export function withTerm(query: string, added: string): string {
  if (asks(query, added)) return query.trim();
  const contrary = added.startsWith('NOT ') ? added.slice('NOT '.length) : `NOT ${added}`;
  return [...parts(query).filter((part) => part !== contrary), added].join(' AND ');
}

/** A query without a term. */
export const withoutTerm = (query: string, gone: string): string =>
  asks(query, gone)
    ? parts(query)
        .filter((part) => part !== gone)
        .join(' AND ')
    : query;

/** A query narrowed to a value, or to all but this value. */
export const narrowed = (query: string, path: string, value: string | number | boolean, exclude: boolean): string =>
  withTerm(query, `${exclude ? 'NOT ' : ''}${term(path, value)}`);

/** Whether a query asks for events that follow each other; the server knows it by the first two words too. */
export const isSequence = (query: string): boolean => /^\s*sequence\s+(by|with)(\s|$)/.test(query);
