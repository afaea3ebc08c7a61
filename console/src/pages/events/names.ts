// What columns and breakdowns are called.
import { lang } from '$lib/i18n/index.svelte';

/** The reader's word for a name of the query language, or the name itself. */
export function nameOf(name: string): string {
  const words: Record<string, string> = {
    host: lang.t.events.host,
    class: lang.t.events.class,
    user: lang.t.events.user,
    address: lang.t.events.address,
    src: lang.t.events.address,
    message: lang.t.events.message,
    severity: lang.t.events.severity,
    activity: lang.t.events.activity,
    source: lang.t.events.source,
    format: lang.t.events.format,
    received: lang.t.events.received,
    namespace: lang.t.events.namespace,
  };
  return words[name] ?? name;
}

/** Whether it is called otherwise than it is written. */
export const hasWord = (name: string): boolean => nameOf(name) !== name;
