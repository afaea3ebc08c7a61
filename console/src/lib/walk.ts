// j and k over the links of a table: focus moves, so the keyboard and a screen reader are at one.
import type { Bindings } from './state/keys';

export function walker(selector: string): Bindings {
  const step = (by: number): void => {
    const all = [...document.querySelectorAll<HTMLElement>(selector)];
    const at = all.findIndex((element) => element === document.activeElement);
    const to = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, at + by));
    all[to]?.focus();
  };
  return { j: () => step(1), k: () => step(-1) };
}
