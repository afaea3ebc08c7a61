// Keyboard shortcuts: single keys and `g`-sequences. Off inside fields and dialogs, off with a
// modifier, and off altogether when the reader says so.
import { preferences } from './preferences.svelte';

export type Bindings = Record<string, (event: KeyboardEvent) => void>;

const SEQUENCE_MS = 1200;
const stack: Bindings[] = [];
let lead: { key: string; at: number } | null = null;

/** Adds bindings for as long as a component lives; the newest wins. Returns the undoing. */
export function bind(bindings: Bindings): () => void {
  stack.push(bindings);
  return () => {
    const index = stack.indexOf(bindings);
    if (index >= 0) stack.splice(index, 1);
  };
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('dialog[open]') !== null) return true;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

function find(key: string): ((event: KeyboardEvent) => void) | undefined {
  for (let index = stack.length - 1; index >= 0; index -= 1) {
    const action = stack[index]?.[key];
    if (action !== undefined) return action;
  }
  return undefined;
}

export function handleKey(event: KeyboardEvent): void {
  if (!preferences.shortcuts || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (isTyping(event.target)) return;
  const sequence = lead !== null && event.timeStamp - lead.at < SEQUENCE_MS ? `${lead.key} ${event.key}` : null;
  lead = null;
  const action = (sequence !== null ? find(sequence) : undefined) ?? find(event.key);
  if (action !== undefined) {
    event.preventDefault();
    action(event);
  } else if (event.key === 'g') {
    lead = { key: 'g', at: event.timeStamp };
  }
}

/** Focuses the search field of the page, if it has one. */
export function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>('[data-search]');
  field?.focus();
  field?.select();
  return field !== null;
}
