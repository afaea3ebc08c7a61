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
const JS_MAX_GZ_BYTES = 120_000;

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

let scripts = 0;
for (const [path, { bytes }] of Object.entries(files)) {
  const gz = gzipSync(await readFile(join(dist, path)), { level: 9 }).length;
  if (path.endsWith('.js')) scripts += gz;
  console.log(`${String(bytes).padStart(8)} ${String(gz).padStart(7)} gz  ${path}`);
}
console.log(`${scripts} bytes of script, compressed (at most ${JS_MAX_GZ_BYTES})`);
if (scripts > JS_MAX_GZ_BYTES) {
  console.error('The scripts are too large.');
  process.exit(1);
}
