// Promises of the design: the two dark blocks are equal, and every text colour can be read on every
// surface it stands on (WCAG 2.2, 1.4.3: 4.5 to 1).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const css = readFileSync(join(process.env['VIGIE_CONSOLE'] ?? '.', 'src/styles/tokens.css'), 'utf8');

function block(selector: string): Record<string, string> {
  const start = css.indexOf(`${selector} {`);
  assert.ok(start >= 0, selector);
  const body = css.slice(start, css.indexOf('}', start));
  return Object.fromEntries([...body.matchAll(/(--[\w-]+): ([^;]+);/g)].map(([, name, value]) => [name, value]));
}

const light = block(':root');
const dark = { ...light, ...block(":root[data-theme='dark']") };

function luminance(hex: string): number {
  const parts = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
  const [r = 0, g = 0, b = 0] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const SURFACES = ['--bg', '--surface', '--raised', '--sunken', '--hover'];
const TEXTS = [
  '--text',
  '--muted',
  '--faint',
  '--accent',
  '--critical-text',
  '--high-text',
  '--medium-text',
  '--low-text',
  '--info-text',
  '--good',
  '--bad',
  '--warn',
];
const PAIRS: [string, string][] = [
  ...TEXTS.flatMap((text) => SURFACES.map((surface): [string, string] => [text, surface])),
  ...['critical', 'high', 'medium', 'low', 'info'].flatMap((level): [string, string][] => [
    ['--on-severity', `--${level}`],
    [`--${level}-text`, `--${level}-soft`],
  ]),
  ['--on-accent', '--accent'],
  ['--on-accent', '--accent-strong'],
  ['--text', '--accent-soft'],
  ['--muted', '--accent-soft'],
  ['--accent', '--accent-soft'],
  ['--good', '--good-soft'],
  ['--text', '--good-soft'],
  ['--bad', '--bad-soft'],
  ['--text', '--bad-soft'],
  ['--warn', '--warn-soft'],
  ['--text', '--warn-soft'],
  ['--muted', '--warn-soft'],
  ['--nav-text', '--nav-bg'],
  ['--nav-strong', '--nav-active'],
  ['--nav-strong', '--nav-hover'],
];

test('the dark theme is the same, whoever asks for it', () => {
  assert.deepEqual(block(":root:not([data-theme='light'])"), block(":root[data-theme='dark']"));
});

for (const [name, theme] of Object.entries({ light, dark })) {
  test(`texts can be read in the ${name} theme`, () => {
    for (const [text, surface] of PAIRS) {
      const ratio = contrast(theme[text] ?? '', theme[surface] ?? '');
      assert.ok(ratio >= 4.5, `${text} on ${surface}: ${ratio.toFixed(2)}`);
    }
  });

  test(`edges of fields and marks of focus can be seen in the ${name} theme`, () => {
    for (const edge of ['--field-line', '--focus', '--chart-1', '--chart-2', '--chart-3']) {
      for (const surface of ['--bg', '--surface']) {
        const ratio = contrast(theme[edge] ?? '', theme[surface] ?? '');
        assert.ok(ratio >= 3, `${edge} on ${surface}: ${ratio.toFixed(2)}`);
      }
    }
  });
}
