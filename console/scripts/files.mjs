// The built files and the sources they come from, as hashes.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Every file below a folder, by path with `/`, sorted. */
export async function filesBelow(folder) {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .toSorted();
}

/** What the bytes of the artefact depend on: sources, settings and the locked dependencies. */
const INPUTS = ['index.html', 'package.json', 'package-lock.json', 'svelte.config.js', 'tsconfig.json', 'vite.config.ts'];
const INPUT_FOLDERS = ['public', 'src'];

/** One digest over all inputs: each line is a file's hash and path. */
export async function digestOfSources(root) {
  const nested = await Promise.all(
    INPUT_FOLDERS.map(async (folder) => (await filesBelow(join(root, folder))).map((file) => `${folder}/${file}`)),
  );
  const paths = [...INPUTS, ...nested.flat()].toSorted();
  const lines = await Promise.all(paths.map(async (path) => `${sha256(await readFile(join(root, path)))}  ${path}\n`));
  return sha256(lines.join(''));
}

/** Hash and size of each built file. */
export async function built(folder) {
  const entries = await Promise.all(
    (await filesBelow(folder)).map(async (path) => {
      const bytes = await readFile(join(folder, path));
      return [path, { sha256: sha256(bytes), bytes: bytes.length }];
    }),
  );
  return Object.fromEntries(entries);
}
