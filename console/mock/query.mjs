// The mock's idea of the query language: words, field:value with *, comparisons, ranges, CIDR, AND OR
// NOT and brackets. Enough to work on the page; the server's own parser is the truth.
import { LABELS } from './events.mjs';

const ALIASES = {
  user: ['user.name', 'actor.user.name'],
  src: ['src_endpoint.ip'],
  dst: ['dst_endpoint.ip'],
  ip: ['src_endpoint.ip', 'dst_endpoint.ip'],
  process: ['process.cmd_line', 'process.file.path', 'service.name'],
  port: ['src_endpoint.port', 'dst_endpoint.port'],
};
const OWN = ['class', 'source', 'format', 'severity', 'host', 'activity'];
const LEVELS = ['unknown', 'informational', 'low', 'medium', 'high', 'critical', 'fatal'];

export class QueryError extends Error {
  constructor(at, said, hint) {
    super(said.en);
    Object.assign(this, { at, said, hint });
  }
}

const TOKEN = /\s+|\(|\)|(?:[\w.@-]+:)?\[[^\]]*\]|(?:[\w.@-]+:)?(?:>=|<=|>|<)?"(?:[^"\\]|\\.)*"|[^\s()"]+/y;

function tokens(text) {
  const found = [];
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) {
      throw new QueryError(
        at,
        {
          en: 'The quotation mark is not closed.',
          fr: 'Le guillemet n’est pas fermé.',
          de: 'Das Anführungszeichen ist nicht geschlossen.',
        },
        null,
      );
    }
    if (match[0].trim() !== '') found.push({ text: match[0], at });
    at += match[0].length;
  }
  return found;
}

const unquoted = (text) => (text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text);
const bits = (ip) => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

/** The names that are known whatever events there are. */
export const NAMES = [...OWN, ...LABELS, ...Object.keys(ALIASES)];

/** Whether a name is known whatever events there are. */
export const isName = (field) => OWN.includes(field) || LABELS.includes(field) || ALIASES[field] !== undefined;

/** The values of an event under a name. */
export function valuesOf(event, field) {
  if (OWN.includes(field)) return [event[field]].filter(Boolean);
  if (LABELS.includes(field)) return [event.labels[field]].filter(Boolean);
  return (ALIASES[field] ?? [field]).flatMap((path) => event.fields[path] ?? []);
}

const numeric = (field, value) => (field === 'severity' ? LEVELS.indexOf(String(value).toLowerCase()) : Number(value));

function fieldTest(field, text) {
  const range = /^\[(.+) TO (.+)\]$/.exec(text);
  if (range !== null) return (value) => Number(value) >= Number(range[1]) && Number(value) <= Number(range[2]);
  const comparison = /^(>=|<=|>|<)(.+)$/.exec(text);
  if (comparison !== null) {
    const [, sign, bound] = comparison;
    const limit = Number.isNaN(Number(bound)) ? numeric(field, bound) : Number(bound);
    return (value) =>
      ({ '>': (a) => a > limit, '<': (a) => a < limit, '>=': (a) => a >= limit, '<=': (a) => a <= limit })[sign](numeric(field, value));
  }
  const cidr = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(text);
  if (cidr !== null) {
    const size = 2 ** (32 - Number(cidr[2]));
    return (value) => /^\d+(\.\d+){3}$/.test(value) && Math.floor(bits(value) / size) === Math.floor(bits(cidr[1]) / size);
  }
  const pattern = new RegExp(
    `^${unquoted(text)
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')}$`,
    'i',
  );
  return (value) => pattern.test(String(value));
}

function termOf({ text, at }) {
  const field = /^([\w.@-]+):(.*)$/s.exec(text);
  if (field === null) {
    const word = unquoted(text).toLowerCase();
    return (event) => event.raw.toLowerCase().includes(word);
  }
  if (field[2] === '') {
    throw new QueryError(
      at + field[1].length,
      {
        en: 'A value is missing after the colon.',
        fr: 'Il manque une valeur après les deux-points.',
        de: 'Nach dem Doppelpunkt fehlt ein Wert.',
      },
      { en: 'Write field:value.', fr: 'Écrivez champ:valeur.', de: 'Schreiben Sie Feld:Wert.' },
    );
  }
  const test = fieldTest(field[1], field[2]);
  return (event) => valuesOf(event, field[1]).some(test);
}

/** A test for events, or a QueryError with the position of what is wrong. */
export function parse(text) {
  const list = tokens(text);
  let index = 0;
  const peek = () => list[index];
  function either() {
    const parts = [both()];
    while (peek()?.text === 'OR') {
      index += 1;
      parts.push(both());
    }
    return (event) => parts.some((part) => part(event));
  }
  function both() {
    const parts = [one()];
    while (peek() !== undefined && peek().text !== ')' && peek().text !== 'OR') {
      if (peek().text === 'AND') index += 1;
      parts.push(one());
    }
    return (event) => parts.every((part) => part(event));
  }
  function one() {
    const token = peek();
    if (token === undefined || token.text === ')' || token.text === 'AND' || token.text === 'OR') {
      throw new QueryError(
        token?.at ?? text.length,
        {
          en: 'Something to search for is missing here.',
          fr: 'Il manque ici quelque chose à chercher.',
          de: 'Hier fehlt etwas, wonach gesucht werden soll.',
        },
        null,
      );
    }
    index += 1;
    if (token.text === 'NOT') {
      const inner = one();
      return (event) => !inner(event);
    }
    if (token.text !== '(') return termOf(token);
    const inner = either();
    if (peek()?.text !== ')')
      throw new QueryError(
        token.at,
        { en: 'This bracket is not closed.', fr: 'Cette parenthèse n’est pas fermée.', de: 'Diese Klammer ist nicht geschlossen.' },
        null,
      );
    index += 1;
    return inner;
  }
  if (list.length === 0) return () => true;
  const whole = either();
  if (peek() !== undefined)
    throw new QueryError(
      peek().at,
      { en: 'This bracket was never opened.', fr: 'Cette parenthèse n’a jamais été ouverte.', de: 'Diese Klammer wurde nie geöffnet.' },
      null,
    );
  return whole;
}
