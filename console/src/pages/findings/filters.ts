// The findings page's filters, as the address carries them and as the API wants them.
import type { Query } from '$lib/api';
import { FINDING_KINDS, SEVERITIES, STATE_FILTERS, type FindingKind, type Severity, type StateFilter } from '$lib/api/types';

export const SORTS = ['priority', 'severity', 'first_seen', 'last_seen', 'title'] as const;
export type Sort = (typeof SORTS)[number];
export type Order = 'asc' | 'desc';

export interface Filters {
  state: StateFilter;
  severity: Severity[];
  kind: FindingKind | '';
  text: string;
  asset: string;
  subject: string;
  fixable: boolean;
  kev: boolean;
  sort: Sort;
  order: Order;
}

/** Titles read from A, everything else from the most. */
export const naturalOrder = (sort: Sort): Order => (sort === 'title' ? 'asc' : 'desc');

function oneOf<T extends string>(known: readonly T[], text: string | null, otherwise: T): T {
  return known.find((item) => item === text) ?? otherwise;
}

function someOf<T extends string>(known: readonly T[], text: string | null): T[] {
  const asked = (text ?? '').split(',');
  return known.filter((item) => asked.includes(item));
}

/** Reads an address; what it does not understand counts as not said. */
export function filtersOf(query: URLSearchParams): Filters {
  const sort = oneOf(SORTS, query.get('sort'), 'priority');
  return {
    state: oneOf(STATE_FILTERS, query.get('state'), 'active'),
    severity: someOf(SEVERITIES, query.get('severity')),
    kind: FINDING_KINDS.find((kind) => kind === query.get('kind')) ?? '',
    text: query.get('text') ?? '',
    asset: query.get('asset') ?? '',
    subject: query.get('subject') ?? '',
    fixable: query.get('fixable') === 'true',
    kev: query.get('kev') === 'true',
    sort,
    order: oneOf(['asc', 'desc'] as const, query.get('order'), naturalOrder(sort)),
  };
}

/** What the API is asked. */
export function queryOf(filters: Filters): Query {
  return {
    state: filters.state,
    severity: filters.severity.join(','),
    kind: filters.kind,
    text: filters.text,
    asset: filters.asset,
    subject: filters.subject,
    fixable: filters.fixable ? true : null,
    kev: filters.kev ? true : null,
    sort: filters.sort,
    order: filters.order,
  };
}

/** Whether anything narrows the list beyond its state. */
export function isNarrowed(filters: Filters): boolean {
  const { severity, kind, text, asset, subject, fixable, kev } = filters;
  return severity.length > 0 || kind !== '' || text !== '' || asset !== '' || subject !== '' || fixable || kev;
}

/** A list with one item put in or taken out, as an address carries it. */
export function toggled<T extends string>(known: readonly T[], list: readonly T[], item: T): string {
  return known.filter((other) => (other === item) !== list.includes(other)).join(',');
}
