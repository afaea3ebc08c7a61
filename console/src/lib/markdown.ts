// The small Markdown of catalogue texts: paragraphs, lists, fenced code, `code`, **strong**, *emphasis*
// and links. Gives a tree, never HTML: what a text says can only ever become text on the page.

export type Inline = { kind: 'text' | 'code' | 'strong' | 'emphasis'; text: string } | { kind: 'link'; text: string; href: string };

export type Block =
  | { kind: 'paragraph'; parts: Inline[] }
  | { kind: 'heading'; parts: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'list'; ordered: boolean; items: Inline[][] };

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\((https?:\/\/[^)\s]+)\)|<(https?:\/\/[^>\s]+)>/g;
const BULLET = /^\s*[-*+]\s+(.*)$/;
const NUMBERED = /^\s*\d+[.)]\s+(.*)$/;
const HEADING = /^#{1,6}\s+(.*)$/;

function inlineOf(match: RegExpMatchArray): Inline {
  const [whole, code, strong, emphasis, label, href, bare] = match;
  if (code !== undefined) return { kind: 'code', text: code };
  if (strong !== undefined) return { kind: 'strong', text: strong };
  if (emphasis !== undefined) return { kind: 'emphasis', text: emphasis };
  if (label !== undefined && href !== undefined) return { kind: 'link', text: label, href };
  if (bare !== undefined) return { kind: 'link', text: bare, href: bare };
  return { kind: 'text', text: whole };
}

/** The parts of one line of prose. */
export function inlines(text: string): Inline[] {
  const parts: Inline[] = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > end) parts.push({ kind: 'text', text: text.slice(end, match.index) });
    parts.push(inlineOf(match));
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push({ kind: 'text', text: text.slice(end) });
  return parts;
}

/** The blocks of a text. */
export function blocks(source: string): Block[] {
  const lines = source.replaceAll('\r\n', '\n').split('\n');
  const found: Block[] = [];
  let prose: string[] = [];
  let items: string[] = [];
  let ordered = false;
  const flush = (): void => {
    if (prose.length > 0) found.push({ kind: 'paragraph', parts: inlines(prose.join(' ')) });
    if (items.length > 0) found.push({ kind: 'list', ordered, items: items.map(inlines) });
    prose = [];
    items = [];
  };
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const fence = /^\s*(```+|~~~+)/.exec(line)?.[1];
    if (fence !== undefined) {
      flush();
      const close = lines.findIndex((later, at) => at > index && later.trim().startsWith(fence));
      const end = close < 0 ? lines.length : close;
      found.push({ kind: 'code', text: lines.slice(index + 1, end).join('\n') });
      index = end;
      continue;
    }
    const bullet = BULLET.exec(line)?.[1];
    const numbered = bullet === undefined ? NUMBERED.exec(line)?.[1] : undefined;
    const item = bullet ?? numbered;
    const heading = HEADING.exec(line)?.[1];
    if (line.trim() === '') {
      flush();
    } else if (heading !== undefined) {
      flush();
      found.push({ kind: 'heading', parts: inlines(heading) });
    } else if (item !== undefined) {
      const sort = numbered !== undefined;
      if (prose.length > 0 || (items.length > 0 && ordered !== sort)) flush();
      ordered = sort;
      items.push(item);
    } else if (items.length > 0) {
      items[items.length - 1] += ` ${line.trim()}`;
    } else {
      prose.push(line.trim());
    }
  }
  flush();
  return found;
}
