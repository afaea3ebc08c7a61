// What the reader is typing in a query: the name or the value around the caret, and what becomes of
// the query when something else takes its place. What a query means is the server's business.
import { quoted } from '$lib/query';

export interface Spot {
  /** The part that a suggestion replaces. */
  from: number;
  to: number;
  /** Whose value it is; null for a name. */
  name: string | null;
  /** What is there before the caret, without quotation marks. */
  prefix: string;
}

const BREAKS = /[\s()[\]]/;
const NAME = /^[\w.@-]*$/;
const WORDS = new Set(['AND', 'OR', 'NOT', 'TO']);

/** The word that holds the caret: where it begins, where its colon is, whether a text is open. */
function wordAt(text: string, caret: number): { from: number; colon: number; open: boolean } {
  const word = { from: 0, colon: -1, open: false };
  for (let index = 0; index < caret; index += 1) {
    const sign = text[index] ?? '';
    if (sign === '\\') index += 1;
    else if (sign === '"') word.open = !word.open;
    else if (word.open) continue;
    else if (BREAKS.test(sign)) Object.assign(word, { from: index + 1, colon: -1 });
    else if (sign === ':' && word.colon < 0) word.colon = index;
  }
  return word;
}

function endOf(text: string, caret: number, open: boolean): number {
  if (open) {
    const mark = text.indexOf('"', caret);
    return mark < 0 ? text.length : mark + 1;
  }
  const rest = text.slice(caret).search(BREAKS);
  return rest < 0 ? text.length : caret + rest;
}

/** What may be completed at the caret; null where nothing can be offered. */
export function spotAt(text: string, caret: number): Spot | null {
  const { from, colon, open } = wordAt(text, caret);
  if (colon < 0) {
    const prefix = text.slice(from, caret);
    if (open || !NAME.test(prefix) || WORDS.has(prefix)) return null;
    // A name goes up to its colon; what stands behind it stays.
    const end = endOf(text, caret, false);
    const sign = text.slice(caret, end).indexOf(':');
    return { from, to: sign < 0 ? end : caret + sign + 1, name: null, prefix };
  }
  const said = text.slice(colon + 1, caret);
  const name = text.slice(from, colon);
  if (!NAME.test(name) || name === '' || /^[<>=]/.test(said) || (said.includes('"') && !open)) return null;
  return { from: colon + 1, to: endOf(text, caret, open), name, prefix: said.replace(/^"/, '').replace(/\\(.)/g, '$1') };
}

/** The query with a suggestion in its place, and where the caret is then. */
export function completed(text: string, spot: Spot, taken: string): { text: string; caret: number } {
  const before = text.slice(0, spot.from);
  const after = text.slice(spot.to);
  const word = spot.name === null ? `${taken}:` : quoted(taken);
  const space = spot.name !== null && after === '' ? ' ' : '';
  return { text: `${before}${word}${space}${after}`, caret: before.length + word.length + space.length };
}
