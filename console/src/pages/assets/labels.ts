// Labels as lines of text: `name=value`.

export type Labels = Record<string, string>;

export const labelText = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');

/** The labels of a text, or the first line that is none. */
export function labelsOf(text: string): { labels: Labels } | { wrong: string } {
  const labels: Labels = {};
  for (const line of text
    .split('\n')
    .map((raw) => raw.trim())
    .filter(Boolean)) {
    const at = line.indexOf('=');
    if (at <= 0) return { wrong: line };
    labels[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return { labels };
}
