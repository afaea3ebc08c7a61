// The mock's routes about log formats and what was understood: a small stand-in that knows lines of one kind, and reads
// patterns well enough to be tried.
import { Refusal } from './access.mjs';

const ok = (value) => ({ value });
const OURS = [
  { format: 'sshd', title: '', by: ['parser'] },
  { format: 'sudo', title: '', by: ['parser'] },
  { format: 'cloudtrail', title: 'AWS CloudTrail', by: ['page'] },
  { format: 'kubernetes-audit', title: 'Kubernetes audit', by: ['page'] },
];
const KINDS = { time: '[0-9T:Z-]{19,20}', word: '[^ :,]+', int: '[0-9]+', number: '[0-9.]+', ip: '[0-9]+(?:[.][0-9]+){3}', rest: '.*' };
const FIELDS = ['actor.user.name', 'api.operation', 'duration', 'message', 'src_endpoint.ip', 'user.name'];
const CLASSES = [
  ['base_event', 'Base Event'],
  ['authentication', 'Authentication'],
  ['api_activity', 'API Activity'],
];

const linesOf = (records) => records.split('\n').filter((line) => line.trim() !== '');
const isOurs = (line) => line.includes('sshd');

/** A pattern as an expression, with the names of its parts. */
function compiled(pattern) {
  const source = pattern.replace(/%\{(\w+):(\w+)\}|[.*+?^$()|[\]\\]/g, (found, kind, name) =>
    kind === undefined ? `\\${found}` : `(?<${name}>${KINDS[kind] ?? '.+'})`,
  );
  return new RegExp(`^${source}$`);
}

function draft({ body }) {
  const lines = linesOf(body.records);
  const unknown = lines.filter((line) => !isOurs(line));
  const form = {
    title: '',
    format: '',
    kind: 'text',
    class: 'base_event',
    activity: '',
    lines: ['%{time:time} till %{word:user} paid %{int:paid}'],
    recognise: [],
    parts: [
      { name: 'time', example: '2026-11-21T08:30:00Z', target: 'time' },
      { name: 'user', example: 'eva', target: '' },
      { name: 'paid', example: '7', target: '' },
    ],
  };
  return ok({
    lines: lines.map((line) => ({ line, format: isOurs(line) ? 'sshd' : null })),
    draft: unknown.length === 0 ? null : form,
  });
}

function tried({ body, say }) {
  const { page = null, draft: form = null, records } = body;
  const text = page ?? `title = "${form.title}"\nformat = "${form.format}"\nclass = "${form.class}"\n`;
  const wrong = form?.lines.find((line) => !/%\{\w+:\w+\}/.test(line)) ?? (page !== null && !page.includes('title') ? page : undefined);
  if (wrong !== undefined) {
    const problem = page === null ? 'line: names no value: write %{word:name} where one stands' : 'title: is missing';
    return { page: text, draft: form, problem, lines: [], failed: [] };
  }
  const patterns = (form?.lines ?? []).map(compiled);
  const parts = form?.parts ?? [];
  const rows = linesOf(records).map((line) => {
    const found = patterns.map((pattern) => pattern.exec(line)).find(Boolean);
    const values = Object.entries(found?.groups ?? {}).map(([name, value]) => ({ name, value }));
    const target = (name) => parts.find((part) => part.name === name)?.target ?? '';
    const isField = ({ name }) => !['', 'time', 'host', 'severity'].includes(target(name));
    const why = say({
      en: 'The line fits for 0 characters; then the pattern expects %{time:time}',
      fr: 'La ligne correspond sur 0 caractères ; ensuite, le motif attend %{time:time}',
      de: 'Die Zeile passt 0 Zeichen weit; dann erwartet das Muster %{time:time}',
    });
    return {
      line,
      read: found !== undefined || page !== null,
      format: found !== undefined ? (form?.format ?? 'till') : '',
      class: form?.class ?? 'base_event',
      class_caption: CLASSES.find(([word]) => word === form?.class)?.[1] ?? 'Base Event',
      activity: '',
      severity: 'unknown',
      time: '2026-11-21T08:30:00Z',
      host: '',
      fields: values.filter(isField).map(({ name, value }) => ({ name: target(name), value })),
      unmapped: values.filter(({ name }) => target(name) === ''),
      why: found !== undefined || page !== null ? null : why,
    };
  });
  return { page: text, draft: form, problem: null, lines: rows, failed: [] };
}

function kept(context, name) {
  const { world, body } = context;
  const form = body.draft ?? null;
  const own = { name, page: tried(context).page, draft: form, records: linesOf(body.records) };
  world.formats = [...(world.formats ?? []).filter((other) => other.name !== name), own];
  return ok(own);
}

const ownOf = ({ world, id, missing }) => {
  const own = (world.formats ?? []).find(({ name }) => name === id);
  if (own === undefined) throw missing();
  return own;
};

export const FORMAT_ROUTES = {
  'GET /formats': ({ world }) => {
    const own = (world.formats ?? []).map(({ name, draft: form, records }) => ({
      name,
      format: form?.format ?? name,
      title: form?.title ?? name,
      samples: records.length,
      problem: null,
    }));
    return ok({ formats: [...OURS, ...own.map(({ format, title }) => ({ format, title, by: ['own'] }))], own });
  },
  'GET /formats/words': () =>
    ok({
      classes: CLASSES.map(([word, caption]) => ({ word, caption })),
      activities: [
        { word: 'unknown', caption: 'Unknown' },
        { word: 'logon', caption: 'Logon' },
      ],
      fields: FIELDS.map((path) => ({ path, kind: 'text' })),
      kinds: Object.keys(KINDS),
    }),
  'POST /formats/draft': draft,
  'POST /formats/preview': (context) => ok(tried(context)),
  'POST /formats/own': (context) => {
    const name = context.body.draft?.format ?? 'text';
    if (name === 'sshd')
      throw new Refusal(409, 'name_taken', {
        en: 'sshd is the name of a format that Vigie has itself.',
        fr: 'sshd est le nom d’un format que Vigie possède déjà.',
        de: 'sshd heißt schon ein Format, das Vigie selbst hat.',
      });
    return kept(context, name);
  },
  'GET /formats/own/:id': (context) => ok(ownOf(context)),
  'PUT /formats/own/:id': (context) => kept(context, ownOf(context).name),
  'DELETE /formats/own/:id': (context) => {
    const own = ownOf(context);
    context.world.formats = context.world.formats.filter((other) => other !== own);
    return ok(own);
  },
  'GET /sources/coverage': ({ world }) => {
    const received = Math.round(world.events.length * 0.8);
    const row = (source, more) => ({
      source,
      received,
      parsed: received - 24,
      unparsed: 24,
      set_aside: 2,
      formats: [],
      forms: [],
      of_other_forms: 0,
      ...more,
    });
    return ok({
      schema: 'vigie.coverage/1',
      sources: [
        row('journald', {
          formats: [
            { format: 'sshd', events: 1200 },
            { format: 'sudo', events: 310 },
          ],
          forms: [
            { events: 17, line: '2026-11-21T08:30:00Z till eva paid 7' },
            { events: 5, line: '2026-11-21T08:31:00Z till ada paid 12' },
          ],
          of_other_forms: 2,
        }),
        row('syslog/udp', { parsed: received, unparsed: 0, set_aside: 0 }),
      ],
    });
  },
};
