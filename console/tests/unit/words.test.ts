// Promises of the dictionaries that types cannot hold: typography, and that nothing was left in English.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { de } from '../../src/lib/i18n/de';
import { en } from '../../src/lib/i18n/en';
import { fr } from '../../src/lib/i18n/fr';

type Leaf = string | ((...given: never[]) => string);

/** Every text of a dictionary, by path; functions are asked with plain values. */
function texts(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') {
    const asked = value as (...given: unknown[]) => string;
    const numbers = /^(common\.shown|entry\.charactersLeft|triage\.days)/.test(path) ? [1, 2] : [0, 1, 2, 5000];
    return numbers.map((n) => [`${path}(${n})`, asked(...sample(path, n))]);
  }
  return Object.entries(value as Record<string, Leaf>).flatMap(([key, inner]) => texts(inner, path === '' ? key : `${path}.${key}`));
}

const WORDS = ['alpha', 'beta', 'gamma', 'delta'];

/** Whether a function takes numbers is seen from what the English one makes of a word. */
function sample(path: string, n: number): unknown[] {
  if (path === 'overview.trendSummary') return [30, 'alpha', 'beta', 'gamma'];
  if (path === 'assets.updatesText') return [n, Math.min(n, 3)];
  return NUMERIC.has(path) ? [n] : WORDS;
}

const NUMERIC = new Set(
  Object.entries(flat(en)).flatMap(([path, leaf]) => {
    if (typeof leaf !== 'function') return [];
    const said = (leaf as (n: unknown) => string)('alpha');
    return said.includes('alpha') ? [] : [path];
  }),
);

function flat(value: object, path = ''): Record<string, unknown> {
  return Object.assign(
    {},
    ...Object.entries(value).map(([key, inner]) => {
      const at = path === '' ? key : `${path}.${key}`;
      return typeof inner === 'object' && inner !== null ? flat(inner, at) : { [at]: inner };
    }),
  );
}

/** Samples of the query language are the same in every language and follow no typography. */
const isCode = (path: string): boolean => /^events\.help\.rows\.\d+\.0$|^events\.placeholder$|^events\.help\.aliasesText$/.test(path);

const prose = (dictionary: object): [string, string][] => texts(dictionary).filter(([path]) => !isCode(path));

test('French: a no-break space stands before two-part signs, and apostrophes are curly', () => {
  for (const [path, text] of prose(fr)) {
    assert.doesNotMatch(text, /(?<!\u202f)[;!?](?=\s|$)/u, `${path}: ${text}`);
    assert.doesNotMatch(text, /(?<!\u00a0):(?=\s|$)/u, `${path}: ${text}`);
    assert.doesNotMatch(text, /'/, `${path}: ${text}`);
    assert.doesNotMatch(text, /«(?!\u00a0)|(?<!\u00a0)»/u, `${path}: ${text}`);
    assert.doesNotMatch(text, /"/, `${path}: ${text}`);
  }
});

test('German: quotation marks are German, no space stands before two-part signs', () => {
  for (const [path, text] of prose(de)) {
    assert.doesNotMatch(text, /["']/, `${path}: ${text}`);
    assert.doesNotMatch(text, /\s[:;!?]/, `${path}: ${text}`);
  }
});

test('English: apostrophes and quotation marks are curly', () => {
  for (const [path, text] of prose(en)) assert.doesNotMatch(text, /["']/, `${path}: ${text}`);
});

test('no text is empty, no number is left out, nothing doubles a space', () => {
  for (const dictionary of [en, fr, de]) {
    for (const [path, text] of texts(dictionary)) {
      assert.notEqual(text.trim(), '', path);
      assert.doesNotMatch(text, /#|undefined|NaN| {2}/, `${path}: ${text}`);
    }
  }
});

test('whole sentences are translated', () => {
  const english = flat(en);
  for (const [name, dictionary] of Object.entries({ fr, de })) {
    for (const [path, text] of Object.entries(flat(dictionary))) {
      const same = typeof text === 'string' && text === english[path] && text.split(' ').length > 2;
      assert.ok(!same || isCode(path), `${name} ${path}: ${String(text)}`);
    }
  }
});

test('counts read well', () => {
  assert.equal(en.findings.total(1), '1 finding');
  assert.equal(en.findings.total(0), 'No findings');
  assert.equal(fr.findings.total(0), 'Aucun constat');
  assert.equal(fr.findings.total(1), '1\u00a0constat');
  assert.match(fr.findings.total(1234), /^1\u202f234\u00a0constats$/u);
  assert.equal(de.findings.total(1234), '1.234\u00a0Befunde');
});

/** Sections that are looked up by a word off the wire. */
const TABLES =
  /^(severity|severityLetter|eventSeverity|state|kinds?|assetKind|relation|criticality|exposure|exploited|justification|ruling|obstacle|outcome|role|maturity|family|sourceState|history)$/;

test('every word is used', () => {
  const source = join(process.env['VIGIE_CONSOLE'] ?? '.', 'src');
  const files = readdirSync(source, { recursive: true })
    .map(String)
    .filter((name) => /\.(svelte|ts)$/.test(name) && !/i18n[\\/](en|fr|de)\.ts$/.test(name));
  const all = files.map((name) => readFileSync(join(source, name), 'utf8')).join('\n');
  for (const [section, words] of Object.entries(en)) {
    if (TABLES.test(section)) continue;
    for (const word of Object.keys(words)) assert.ok(new RegExp(`(t|words)\\.${section}\\.${word}\\b`).test(all), `${section}.${word}`);
  }
});
