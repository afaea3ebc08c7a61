// The small functions that pages rest on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allGaps, gapsOf, valueOf } from '../../src/lib/api/facts';
import type { FindingRow } from '../../src/lib/api/types';
import { placeName } from '../../src/lib/locator';
import { blocks, inlines } from '../../src/lib/markdown';
import { narrowed, term } from '../../src/lib/query';
import { niceCeiling, spread } from '../../src/lib/ui/scale';
import { browserName } from '../../src/pages/account/agent';
import { labelsOf, labelText } from '../../src/pages/assets/labels';
import { forWindow, rangeOf, widened, windowOf } from '../../src/pages/events/range';
import { columnsIn, valuesOf } from '../../src/pages/events/values';
import { dayAfter, decisionOf, endOfDay, scopesOf, selectorOf } from '../../src/pages/findings/decision';
import { filtersOf, isNarrowed, queryOf, toggled } from '../../src/pages/findings/filters';
import { newestFirst, valueText } from '../../src/pages/findings/history';

const row = (more: Partial<FindingRow>): FindingRow => ({
  id: 'a',
  kind: 'vulnerability',
  subject: 'CVE-2024-1',
  title: 'a title',
  severity: 'high',
  priority: 50,
  state: { state: 'open' },
  asset: { id: 'h1', kind: 'host', name: 'web-1' },
  locator: 'pkg:deb/debian/curl',
  fixed_version: null,
  known_exploited: 'no',
  epss: null,
  first_seen: '',
  last_seen: '',
  ...more,
});

test('an address becomes filters and filters a question; nonsense counts as not said', () => {
  const filters = filtersOf(new URLSearchParams('severity=high,urgent,critical&kind=detection&kev=true&sort=title&state=sideways&after=x'));
  assert.deepEqual(
    { ...filters },
    {
      state: 'active',
      severity: ['critical', 'high'],
      kind: 'detection',
      text: '',
      asset: '',
      subject: '',
      fixable: false,
      kev: true,
      sort: 'title',
      order: 'asc',
    },
  );
  assert.equal(queryOf(filters)['severity'], 'critical,high');
  assert.equal(queryOf(filters)['fixable'], null);
  assert.ok(isNarrowed(filters));
  assert.ok(!isNarrowed(filtersOf(new URLSearchParams('state=fixed'))));
  assert.equal(toggled(['a', 'b', 'c'], ['a', 'c'], 'b'), 'a,b,c');
  assert.equal(toggled(['a', 'b', 'c'], ['a', 'c'], 'a'), 'c');
});

test('a decision can be widened only to what all its findings share', () => {
  assert.deepEqual(scopesOf([row({})]), ['findings', 'subject_asset', 'subject', 'package']);
  assert.deepEqual(scopesOf([row({}), row({ id: 'b', asset: { id: 'h2', kind: 'host', name: 'web-2' } })]), [
    'findings',
    'subject',
    'package',
  ]);
  assert.deepEqual(scopesOf([row({}), row({ id: 'b', subject: 'CVE-2024-2', locator: 'key:x' })]), ['findings']);
  assert.deepEqual(selectorOf('findings', [row({}), row({ id: 'b' })]), { findings: ['a', 'b'] });
  assert.deepEqual(selectorOf('package', [row({})]), { package: 'pkg:deb/debian/curl' });
  assert.deepEqual(selectorOf('subject_asset', [row({})]), { subject: 'CVE-2024-1', asset: 'h1' });
});

test('a decision ends at the end of a day to come', () => {
  const now = new Date(2026, 10, 21, 12);
  assert.equal(endOfDay('2026-11-20', now), null);
  assert.equal(endOfDay('', now), null);
  assert.equal(endOfDay('2026-13-45', now), null);
  assert.equal(endOfDay('2026-11-21', now)?.getHours(), 23);
  assert.equal(dayAfter(now, 30), '2026-12-21');
  const given = { justification: 'component_not_present', reason: ' because ', end: new Date('2027-01-01T00:00:00Z') } as const;
  assert.deepEqual(decisionOf('accept', 'findings', [row({})], given), {
    selector: { findings: ['a'] },
    ruling: { ruling: 'accept', until: '2027-01-01T00:00:00.000Z' },
    reason: 'because',
    expires_at: '2027-01-01T00:00:00.000Z',
  });
  assert.deepEqual(decisionOf('not_affected', 'subject', [row({})], given).ruling, {
    ruling: 'not_affected',
    justification: 'component_not_present',
  });
  assert.deepEqual(decisionOf('false_positive', 'subject', [row({})], given).ruling, { ruling: 'false_positive' });
});

test('a clicked value narrows a query and keeps its meaning', () => {
  assert.equal(term('user.name', 'root'), 'user.name:root');
  assert.equal(term('process.cmd_line', 'cat "x"'), 'process.cmd_line:"cat \\"x\\""');
  assert.equal(term('src_endpoint.ip', 'fe80::1'), 'src_endpoint.ip:"fe80::1"');
  assert.equal(term('user.name', 'OR'), 'user.name:"OR"');
  assert.equal(narrowed('', 'user', 'root', false), 'user:root');
  assert.equal(narrowed('failed', 'user', 'root', true), 'failed AND NOT user:root');
  assert.equal(narrowed('a OR b', 'user', 'root', false), '(a OR b) AND user:root');
  assert.equal(narrowed('"a OR b"', 'user', 'root', false), '"a OR b" AND user:root');
  assert.equal(narrowed('user:root', 'user', 'root', false), 'user:root');
});

test('a range is a span or two points in time that make sense', () => {
  assert.deepEqual(rangeOf(new URLSearchParams('')), { span: '24h' });
  assert.deepEqual(rangeOf(new URLSearchParams('range=7d')), { span: '7d' });
  assert.deepEqual(rangeOf(new URLSearchParams('range=century')), { span: '24h' });
  assert.deepEqual(rangeOf(new URLSearchParams('from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z')), { span: '24h' });
  const now = new Date('2026-11-21T12:00:00Z');
  assert.equal(windowOf({ span: '1h' }, now).from.toISOString(), '2026-11-21T11:00:00.000Z');
  const window = { from: new Date('2026-11-21T10:00:00Z'), to: new Date('2026-11-21T11:30:00Z') };
  assert.equal(widened(window, now).from.toISOString(), '2026-11-21T09:15:00.000Z');
  assert.equal(widened(window, now).to.toISOString(), '2026-11-21T12:00:00.000Z');
  assert.equal(forWindow(window.from, window.to)['range'], null);
});

test('catalogue texts become a tree and never markup', () => {
  assert.deepEqual(inlines('Set `PermitRootLogin` to **no** or <script>'), [
    { kind: 'text', text: 'Set ' },
    { kind: 'code', text: 'PermitRootLogin' },
    { kind: 'text', text: ' to ' },
    { kind: 'strong', text: 'no' },
    { kind: 'text', text: ' or <script>' },
  ]);
  assert.deepEqual(inlines('[read](https://a.example/b) and [not](javascript:alert(1))').at(0), {
    kind: 'link',
    text: 'read',
    href: 'https://a.example/b',
  });
  assert.ok(inlines('[not](javascript:alert(1))').every((part) => part.kind === 'text'));
  const tree = blocks('One\ntwo.\n\n- a\n  b\n- c\n\n1. x\n\n```\ncode `x`\n```\nafter');
  assert.deepEqual(
    tree.map((block) => block.kind),
    ['paragraph', 'list', 'list', 'code', 'paragraph'],
  );
  assert.deepEqual(tree[1], { kind: 'list', ordered: false, items: [[{ kind: 'text', text: 'a b' }], [{ kind: 'text', text: 'c' }]] });
  assert.deepEqual(tree[3], { kind: 'code', text: 'code `x`' });
  assert.deepEqual(blocks('```\nnever closed'), [{ kind: 'code', text: 'never closed' }]);
});

test('what could not be seen is told apart from what is not there', () => {
  const gap = { what: '/etc/shadow', why: 'not_permitted' };
  assert.equal(valueOf('absent'), undefined);
  assert.deepEqual(valueOf({ partly: { value: [1], missing: [gap] } }), [1]);
  assert.deepEqual(gapsOf({ unseen: gap }), [gap]);
  assert.deepEqual(gapsOf({ seen: [] }), []);
  assert.deepEqual(allGaps({ taken_at: 'now', users: { unseen: gap }, sockets: 'not_looked' }), [{ section: 'users', gap }]);
});

test('places, labels, agents, histories and columns read well', () => {
  assert.equal(placeName('pkg:deb/debian/libstdc%2B%2B6'), 'libstdc++6');
  assert.equal(placeName('pkg:npm/%40babel/core'), '@babel/core');
  assert.equal(placeName('pkg:golang/github.com/a/b'), 'github.com/a/b');
  assert.equal(placeName('file:/etc/sudoers#deploy'), '/etc/sudoers · deploy');
  assert.equal(placeName('key:root'), 'root');
  assert.deepEqual(labelsOf('a=1\n\n b = 2=3 '), { labels: { a: '1', b: '2=3' } });
  assert.deepEqual(labelsOf('a=1\nnonsense'), { wrong: 'nonsense' });
  assert.equal(labelText({ a: '1', b: '2' }), 'a=1\nb=2');
  assert.equal(browserName('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'), 'Firefox 140 · Linux');
  assert.equal(browserName('curl/8.5.0'), 'curl/8.5.0');
  const at = '2026-11-21T10:00:00Z';
  const history = [
    { at, who: 'vigie', what: 'opened' },
    { at, who: 'vigie', what: 'severity_changed' },
  ];
  assert.deepEqual(
    newestFirst(history).map((entry) => entry.what),
    ['severity_changed', 'opened'],
  );
  assert.equal(valueText({ state: 'open' }), 'open');
  assert.equal(valueText(null), '–');
  assert.deepEqual(valuesOf(['a', 'b']), ['a', 'b']);
  const event = {
    id: 1,
    time: at,
    received: at,
    class: '',
    class_uid: 0,
    activity: '',
    severity: '',
    host: '',
    source: '',
    format: '',
    message: '',
    labels: {},
  };
  assert.deepEqual(
    columnsIn([
      { ...event, fields: { b: 1, a: 1 } },
      { ...event, fields: { b: 2 } },
    ]),
    ['b', 'a'],
  );
});

test('axes end on round numbers', () => {
  assert.deepEqual([0, 1, 7, 12, 101, 999].map(niceCeiling), [1, 1, 8, 15, 150, 1000]);
  assert.deepEqual(spread(10, 3), [0, 4, 8]);
  assert.deepEqual(spread(0, 3), []);
});
