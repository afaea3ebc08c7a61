// Builds the console into dist/ and writes dist.manifest.json: what it was built with and from, and
// what came out. The artefact is checked in, so that building Vigie needs no Node.
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { built, digestOfSources } from './files.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
/** What a reader loads before the first page: the page's own scripts and one dictionary. */
const FIRST_MAX_GZ_BYTES = 120_000;
/** All scripts: every language, and the pages that come when they are opened; the maker of log formats is 8 kB of it. */
const JS_MAX_GZ_BYTES = 165_000;

const versionOf = async (name) => JSON.parse(await readFile(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;

await build({ root, logLevel: 'warn' });

const toolchain = {
  node: process.versions.node,
  npm: execFileSync('npm', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim(),
};
for (const name of ['svelte', 'vite', '@sveltejs/vite-plugin-svelte', 'typescript']) toolchain[name] = await versionOf(name);

const files = await built(dist);
const manifest = { schema: 'vigie.console-manifest/1', toolchain, sources: await digestOfSources(root), files };
await writeFile(join(root, 'dist.manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);

const sizes = new Map();
for (const [path, { bytes }] of Object.entries(files)) {
  const content = await readFile(join(dist, path));
  const gz = gzipSync(content, { level: 9 }).length;
  if (path.endsWith('.js')) sizes.set(path, { gz, text: content.toString() });
  console.log(`${String(bytes).padStart(8)} ${String(gz).padStart(7)} gz  ${path}`);
}

/** The scripts that a script brings with it, itself among them. */
function broughtBy(path, seen = new Set()) {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const [, name] of sizes.get(path).text.matchAll(/\b(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) broughtBy(`static/${name}`, seen);
  return seen;
}

const sum = (paths) => [...paths].reduce((total, path) => total + sizes.get(path).gz, 0);
const entry = /src="\/(static\/[^"]+\.js)"/.exec(await readFile(join(dist, 'index.html'), 'utf8'))[1];
const dictionaries = [...sizes.keys()].filter((path) => /^static\/(en|fr|de)-/.test(path));
const first = Math.max(...dictionaries.map((path) => sum(broughtBy(path, broughtBy(entry)))));
const all = sum(sizes.keys());
console.log(`${first} bytes of script before the first page, compressed (at most ${FIRST_MAX_GZ_BYTES})`);
console.log(`${all} bytes of script in all, compressed (at most ${JS_MAX_GZ_BYTES})`);
if (first > FIRST_MAX_GZ_BYTES || all > JS_MAX_GZ_BYTES) {
  console.error('The scripts are too large.');
  process.exit(1);
}
