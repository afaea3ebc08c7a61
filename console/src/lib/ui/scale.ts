// Round numbers for axes.

/** The smallest of 1, 2, 5 × 10ⁿ that is at least `value`; at least 1. */
export function niceCeiling(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 1.5, 2, 3, 4, 5, 8, 10]) {
    const candidate = step * power;
    if (candidate >= value && Number.isInteger(candidate)) return candidate;
  }
  return 10 * power;
}

/** Indices of at most `most` labels over `length` places, evenly spread. */
export function spread(length: number, most: number): number[] {
  if (length === 0) return [];
  const step = Math.max(1, Math.ceil(length / Math.max(1, most)));
  return Array.from({ length: Math.ceil(length / step) }, (_, index) => index * step);
}
