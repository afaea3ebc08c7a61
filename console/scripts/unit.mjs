// Runs tests/unit/*.test.ts: builds them as the console is built, then hands them to Node's runner.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'tests', 'unit');
const out = await mkdtemp(join(root, 'node_modules', '.unit-'));
try {
  const tests = (await readdir(folder)).filter((name) => name.endsWith('.test.ts'));
  await build({
    root,
    logLevel: 'warn',
    publicDir: false,
    build: {
      ssr: true,
      outDir: out,
      emptyOutDir: true,
      license: false,
      rolldownOptions: { input: tests.map((name) => join(folder, name)), output: { entryFileNames: '[name].mjs' } },
    },
  });
  const built = (await readdir(out)).filter((name) => name.endsWith('.test.mjs')).map((name) => join(out, name));
  process.exitCode =
    spawnSync(process.execPath, ['--test', ...built], { stdio: 'inherit', env: { ...process.env, VIGIE_CONSOLE: root } }).status ?? 1;
} finally {
  await rm(out, { recursive: true, force: true });
}
