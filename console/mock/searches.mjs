// The mock's routes about events: searching, counting, context, export, what a query may go on with.
import { Refusal } from './access.mjs';
import { effort, EFFORT_ROUTES } from './effort.mjs';
import { detailOf, LABELS, rowOf } from './events.mjs';
import { isName, NAMES, parse, QueryError, valuesOf } from './query.mjs';
import { isSequence } from './kept.mjs';

const DAY = 86_400_000;
const AROUND_MAX = 100;

const ok = (value) => ({ value });
const bounded = (text, usual, most) => Math.max(1, Math.min(most, Number(text ?? usual)));

function searched({ world, query }) {
  const to = query.to ? new Date(query.to).getTime() : Date.now();
  const from = query.from ? new Date(query.from).getTime() : to - DAY;
  try {
    const test = parse(query.q ?? '');
    const within = world.events.filter((event) => {
      const at = new Date(event.time).getTime();
      return at >= from && at < to;
    });
    return { found: within.filter(test), scanned: within.length, from, to };
  } catch (thrown) {
    if (thrown instanceof QueryError) throw new Refusal(400, 'query', thrown.said, thrown.hint, thrown.at);
    throw thrown;
  }
}

async function list(context) {
  const begun = performance.now();
  const { found, scanned } = searched(context);
  const { share, said } = await effort(context);
  const before = Number(context.query.before ?? Infinity);
  const limit = Number(context.query.limit ?? 100);
  const older = found.filter((event) => event.id < before).toReversed();
  const read = said.partial ? older.slice(0, Math.ceil(older.length * share)) : older;
  const events = read.slice(0, limit).map(rowOf);
  return ok({
    events,
    next: read.length > limit && !said.partial ? String(events.at(-1).id) : null,
    scanned,
    ...said,
    took_ms: Math.round(performance.now() - begun),
  });
}

async function histogram(context) {
  const { found: all, from, to } = searched(context);
  const { share, said } = await effort(context);
  const found = said.partial ? all.slice(-Math.ceil(all.length * share)) : all;
  const many = Number(context.query.buckets ?? 60);
  return ok({
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    width_s: (to - from) / many / 1000,
    counts: context.world.buckets(found, from, to, many),
    total: found.length,
    ...said,
  });
}

async function top(context) {
  const { by } = context.query;
  const { found } = searched(context);
  if (!isName(by) && !context.world.events.some((event) => event.fields[by] !== undefined)) {
    throw new Refusal(
      400,
      'query',
      { en: `There is no field “${by}”.`, fr: `Le champ « ${by} » n’existe pas.`, de: `Ein Feld „${by}“ gibt es nicht.` },
      null,
      0,
    );
  }
  const counts = new Map();
  let without = 0;
  for (const event of found) {
    const value = valuesOf(event, by)[0];
    if (value === undefined) without += 1;
    else counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  }
  const all = [...counts].toSorted((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([value, count]) => ({ value, count }));
  const values = all.slice(0, bounded(context.query.limit, 10, 1000));
  const shown = values.reduce((sum, { count }) => sum + count, 0);
  // Ports are many: the mock pretends that it forgot some, so that the page can say so.
  const uncertain = by === 'src_endpoint.port' ? 2 : 0;
  const { said } = await effort(context);
  return ok({ values, different: all.length, others: found.length - without - shown, without, uncertain, ...said });
}

function around({ world, id, query, missing }) {
  const count = bounded(query.count, 10, AROUND_MAX);
  const here = world.events.find((event) => event.id === Number(id));
  if (here === undefined) throw missing();
  const same = world.events.filter((event) => event.source === here.source && event.host === here.host);
  const at = same.indexOf(here);
  return ok({ before: same.slice(Math.max(0, at - count), at).map(rowOf), after: same.slice(at + 1, at + 1 + count).map(rowOf) });
}

const COLUMNS = ['id', 'time', 'class', 'severity', 'host', 'source', 'message'];

function exported(context) {
  const found = searched(context).found.toReversed();
  if (context.query.format === 'csv') {
    const cell = (value) => `"${String(value ?? '').replaceAll('"', '""')}"`;
    const lines = found.map((event) => [...COLUMNS, ...LABELS].map((name) => cell(event[name] ?? event.labels[name])).join(','));
    return { text: [[...COLUMNS, ...LABELS].join(','), ...lines].join('\r\n'), type: 'text/csv', file: 'events.csv' };
  }
  if (context.query.format === 'parquet') return { text: 'PAR1', type: 'application/vnd.apache.parquet', file: 'events.parquet' };
  const lines = found.map((event) => JSON.stringify(event));
  return { text: `${lines.join('\n')}\n`, type: 'application/x-ndjson', file: 'events.ndjson' };
}

function one({ world, id, missing }) {
  const event = world.events.find((other) => other.id === Number(id));
  if (event === undefined) throw missing();
  return ok(detailOf(event));
}

/** Names that may stand before a colon: first those that begin so. */
function names({ world, query }) {
  const prefix = (query.prefix ?? '').toLowerCase();
  const all = [...new Set([...NAMES, ...world.events.slice(-500).flatMap((event) => Object.keys(event.fields))])];
  const sorted = all.toSorted((a, b) => a.split('.').length - b.split('.').length || a.localeCompare(b));
  const begin = sorted.filter((name) => name.startsWith(prefix));
  const contain = sorted.filter((name) => prefix !== '' && !name.startsWith(prefix) && name.includes(`.${prefix}`));
  return ok([...begin, ...contain].slice(0, bounded(query.limit, 20, 200)));
}

function values(context) {
  const { name, prefix = '', limit, ...query } = context.query;
  const { found } = searched({ ...context, query });
  const counts = new Map();
  for (const event of found) {
    for (const value of valuesOf(event, name)) {
      if (String(value).toLowerCase().startsWith(prefix.toLowerCase())) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
    }
  }
  const all = [...counts].toSorted((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([value, count]) => ({ value, count }));
  return ok({ values: all.slice(0, bounded(limit, 20, 200)), partial: false });
}

/** Two steps, joined by the first name: enough to have something to show. */
async function sequences(context) {
  const { q, limit } = context.query;
  if (!isSequence(q ?? ''))
    throw new Refusal(
      400,
      'query',
      {
        en: 'A sequence begins with sequence by.',
        fr: 'Une séquence commence par sequence by.',
        de: 'Eine Sequenz beginnt mit sequence by.',
      },
      null,
      0,
    );
  const by = /\bby\s+([\w.]+)/.exec(q)?.[1] ?? 'host';
  const steps = [...q.matchAll(/\[([^\]]*)\]/g)].map(
    ([, step]) => searched({ ...context, query: { ...context.query, q: step.trim() } }).found,
  );
  const { said } = await effort(context);
  const found = [];
  for (const last of (steps.at(-1) ?? []).toReversed()) {
    const value = String(valuesOf(last, by)[0] ?? '');
    const before = (steps[0] ?? []).findLast((event) => event.id < last.id && String(valuesOf(event, by)[0] ?? '') === value);
    if (value !== '' && before !== undefined)
      found.push({ by: [value], first: before.time, last: last.time, events: [before, last].map(rowOf) });
  }
  const most = bounded(limit, 50, 500);
  return ok({ by: [by], sequences: found.slice(0, most), more: found.length > most, ...said });
}

export const EVENT_ROUTES = {
  ...EFFORT_ROUTES,
  'GET /events/names': names,
  'GET /events/values': values,
  'GET /events/sequences': sequences,
  'GET /events': list,
  'GET /events/histogram': histogram,
  'GET /events/top': top,
  'GET /events/export': exported,
  'GET /events/:id': one,
  'GET /events/:id/around': around,
};
