// Reproducible chance: the same seed gives the same world, so a failing test can be looked at again.
import { createHash } from 'node:crypto';

/** Numbers in [0, 1) from a seed (mulberry32). */
export function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    int: (min, max) => min + Math.floor(next() * (max - min + 1)),
    pick: (list) => list[Math.floor(next() * list.length)],
    yes: (share) => next() < share,
  };
}

/** An id of 32 hexadecimal digits, the same for the same parts. */
export const idOf = (...parts) => createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32);
