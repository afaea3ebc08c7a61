// The small functions about saved searches and about completing a query.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completed, spotAt } from '../../src/pages/events/complete';
import { forTimespan, rangeOf, timespanOf } from '../../src/pages/events/range';
import { addressOf, askedOf, isSame } from '../../src/pages/searches/address';

/** A query with `|` where the caret is, and what becomes of it when something is taken. */
function taken(marked: string, word: string): string | null {
  const caret = marked.indexOf('|');
  const text = marked.replace('|', '');
  const spot = spotAt(text, caret);
  if (spot === null) return null;
  const next = completed(text, spot, word);
  return `${next.text.slice(0, next.caret)}|${next.text.slice(next.caret)}`;
}

test('a name is completed up to its colon, a value up to its end', () => {
  assert.equal(taken('ho|', 'host'), 'host:|');
  assert.equal(taken('a AND (ho|st:web)', 'host'), 'a AND (host:|web)');
  assert.equal(taken('host:we|b-1 AND b', 'web-2'), 'host:web-2| AND b');
  assert.equal(taken('host:|', 'web-2'), 'host:web-2 |');
  assert.equal(taken('class:Pro|', 'Process Activity'), 'class:"Process Activity" |');
  assert.equal(taken('class:"Process A|', 'Process Activity'), 'class:"Process Activity" |');
  assert.equal(taken('class:"Process A|b" x', 'Process Activity'), 'class:"Process Activity"| x');
  assert.equal(taken('sequence by user [ class:A| ] [ x ]', 'Auth'), 'sequence by user [ class:Auth| ] [ x ]');
  assert.equal(taken('source:file:/v|', 'file:/var/log'), 'source:"file:/var/log" |');
});

test('nothing is offered within a text, for a word of the language, or behind a comparison', () => {
  for (const marked of ['"failed pass|', 'a AND|', 'severity:>=h|', 'class:"A"|', ':x|', 'fail*|'])
    assert.equal(taken(marked, 'x'), null, marked);
  assert.deepEqual(spotAt('cmd:"a \\"b', 10), { from: 4, to: 10, name: 'cmd', prefix: 'a "b' });
});

test('a range goes to a saved search and back', () => {
  for (const address of ['', 'range=7d', 'range=7200s', 'from=2026-11-01T00%3A00%3A00.000Z&to=2026-11-02T00%3A00%3A00.000Z']) {
    const kept = timespanOf(rangeOf(new URLSearchParams(address)));
    const said = Object.entries(forTimespan(kept)).filter((entry): entry is [string, string] => entry[1] !== null);
    assert.equal(new URLSearchParams(said).toString(), address);
  }
  assert.deepEqual(rangeOf(new URLSearchParams('range=3600s')), { span: '1h' });
  assert.deepEqual(rangeOf(new URLSearchParams('range=0s')), { span: '24h' });
});

test('the address of a saved search asks for the same', () => {
  const search = { id: 'x1', q: 'a:b', last_s: 604_800, from: null, to: null, columns: ['time', 'host'] };
  const { searchParams } = new URL(addressOf(search), 'http://localhost');
  assert.equal(searchParams.get('saved'), 'x1');
  assert.ok(isSame(askedOf('a:b', rangeOf(searchParams), (searchParams.get('cols') ?? '').split(',')), search));
  assert.ok(!isSame({ ...search, q: 'c' }, search));
  assert.ok(!isSame({ ...search, last_s: 60 }, search));
});
