// Rebuilds the console from the sources in another folder, with dependencies installed anew from the
// lock file, and compares the result with the artefact that is checked in: byte by byte.
import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { built, digestOfSources } from './files.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(await readFile(join(root, 'dist.manifest.json'), 'utf8'));
const problems = [];

function compare(what, expected, found) {
  for (const path of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    if (expected[path] === undefined) problems.push(`${what}: ${path} should not be there`);
    else if (found[path] === undefined) problems.push(`${what}: ${path} is missing`);
    else if (expected[path].sha256 !== found[path].sha256) problems.push(`${what}: ${path} differs`);
  }
}

if ((await digestOfSources(root)) !== manifest.sources) problems.push('the sources have changed since the artefact was built');
compare('dist', manifest.files, await built(join(root, 'dist')));

const folder = await mkdtemp(join(tmpdir(), 'vigie-console-'));
try {
  const keep = (path) => !/[\\/](node_modules|dist)([\\/]|$)/.test(path.slice(root.length - 1));
  await cp(root, folder, { recursive: true, filter: keep });
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  execFileSync(process.execPath, ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn'], { cwd: folder, stdio: 'inherit' });
  compare('rebuilt', manifest.files, await built(join(folder, 'dist')));
} finally {
  await rm(folder, { recursive: true, force: true });
}

if (problems.length > 0) {
  console.error(problems.join('\n'));
  console.error('hint: run `npm ci && npm run build` and commit dist/ and dist.manifest.json');
  process.exit(1);
}
console.log(`${Object.keys(manifest.files).length} files are what the sources give`);
