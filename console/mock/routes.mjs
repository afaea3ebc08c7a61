// The mock's routes: what the contract says, over the world in memory.

import { begin, confirm, enrol, judge, Refusal, removeFactor, sessionView, setUp, signIn } from './access.mjs';
import { insideOf } from './assets.mjs';
import { detailOf as findingDetail, rowOf } from './findings.mjs';
import { FORMAT_ROUTES } from './formats.mjs';
import { healthOf } from './health.mjs';
import { KEPT_ROUTES } from './kept.mjs';
import { EVENT_ROUTES } from './searches.mjs';
import { isActive } from './world.mjs';

const RANK = { critical: 4, high: 3, medium: 2, low: 1, info: 0 };

const notFound = () =>
  new Refusal(404, 'not_found', { en: 'There is no such thing.', fr: 'Cet élément n’existe pas.', de: 'Das gibt es nicht.' });
const ok = (value) => ({ value });
const cookie = (token) => ({ 'Set-Cookie': `__Host-vigie=${token}; Path=/; Secure; HttpOnly; SameSite=Strict` });

function signedIn(context, token) {
  return { value: sessionView(context.world, context.world.sessions.get(token)), headers: cookie(token) };
}

// -- findings --------------------------------------------------------------------------------------

function matching({ world, query, language }) {
  const { state = 'active', severity = '', kind = '', asset = '', subject = '', text = '', fixable, kev } = query;
  const severities = severity.split(',').filter(Boolean);
  const wanted = text.toLowerCase();
  return world.findings.filter(
    (finding) =>
      (state === 'all' || (state === 'active' ? isActive(finding) : finding.state.state === state)) &&
      (severities.length === 0 || severities.includes(finding.severity)) &&
      (kind === '' || finding.kind === kind) &&
      (asset === '' || finding.asset.id === asset) &&
      (subject === '' || finding.subject === subject) &&
      (fixable !== 'true' || finding.fixed_version !== null) &&
      (kev !== 'true' || finding.known_exploited !== 'no') &&
      `${finding.title(language)} ${finding.subject} ${finding.locator} ${finding.asset.name}`.toLowerCase().includes(wanted),
  );
}

function sorted(findings, { sort = 'priority', order }, language) {
  const key = {
    priority: (finding) => finding.priority,
    severity: (finding) => RANK[finding.severity],
    first_seen: (finding) => finding.first_seen,
    last_seen: (finding) => finding.last_seen,
    title: (finding) => finding.title(language),
  }[sort];
  const up = (order ?? (sort === 'title' ? 'asc' : 'desc')) === 'asc' ? 1 : -1;
  return findings.toSorted((a, b) => {
    const [x, y] = [key(a), key(b)];
    return (x < y ? -1 : x > y ? 1 : 0) * up || a.id.localeCompare(b.id);
  });
}

function listFindings(context) {
  const { query, language, world } = context;
  const found = sorted(matching(context), query, language);
  const from = Number(query.after ?? 0);
  const limit = Number(query.limit ?? 50);
  return ok({
    findings: found.slice(from, from + limit).map((finding) => rowOf(finding, language)),
    next: from + limit < found.length ? String(from + limit) : null,
    total: found.length,
    facets: world.facets(),
  });
}

function exportFindings(context) {
  const rows = sorted(matching(context), context.query, context.language).map((finding) => rowOf(finding, context.language));
  if (context.query.format !== 'csv')
    return { text: JSON.stringify({ schema: 'vigie.findings/1', findings: rows }), type: 'application/json', file: 'vigie-findings.json' };
  const quoted = (value) => `"${String(value ?? '').replaceAll('"', '""')}"`;
  const lines = rows.map((row) => [row.id, row.severity, row.priority, row.title, row.asset.name, row.fixed_version].map(quoted).join(','));
  return { text: ['id,severity,priority,title,asset,fixed_version', ...lines].join('\n'), type: 'text/csv', file: 'vigie-findings.csv' };
}

/** What goes to the audit trail, by route. */
const NOTED = {
  'POST /setup': 'set_up',
  'POST /session': 'sign_in',
  'DELETE /session': 'sign_out',
  'POST /account/totp/confirm': 'enrol_second_factor',
  'DELETE /account/totp': 'remove_second_factor',
  'POST /findings/progress': 'set_progress',
  'POST /decisions': 'decide',
  'DELETE /decisions/:id': 'withdraw_decision',
  'PATCH /assets/:id': 'edit_asset',
  'POST /rounds/:id': 'run_round',
  'POST /searches': 'save_search',
  'DELETE /searches/:id': 'remove_search',
};

function decide({ world, body }) {
  if (!body.reason?.trim())
    throw new Refusal(400, 'invalid', {
      en: 'A decision needs a reason.',
      fr: 'Une décision demande un motif.',
      de: 'Eine Entscheidung braucht einen Grund.',
    });
  if (!(new Date(body.expires_at).getTime() > Date.now()))
    throw new Refusal(400, 'invalid', {
      en: 'A decision needs an end in the future.',
      fr: 'Une décision demande une échéance à venir.',
      de: 'Eine Entscheidung braucht ein Ende in der Zukunft.',
    });
  return ok(world.decide(body, world.account.name));
}

// -- the table -------------------------------------------------------------------------------------

const PUBLIC = new Set(['GET /session', 'POST /setup', 'POST /passphrase/check', 'POST /session']);

const ROUTES = {
  'GET /session': ({ world, session }) => ok(sessionView(world, session)),
  'POST /setup': (context) => {
    setUp(context.world, context.body);
    return signedIn(context, begin(context.world, context.request));
  },
  'POST /passphrase/check': ({ body, say }) => {
    const { acceptable, score, said } = judge(body.name, body.passphrase);
    return ok({ acceptable, score, said: say(said) });
  },
  'POST /session': (context) => {
    signIn(context.world, context.body);
    return signedIn(context, begin(context.world, context.request));
  },
  'DELETE /session': ({ world, session }) => {
    for (const [token, other] of world.sessions) if (other === session) world.sessions.delete(token);
    return { status: 204 };
  },
  'GET /account/sessions': ({ world, session }) =>
    ok([...world.sessions.values()].map(({ csrf: _, ...row }) => ({ ...row, current: row.id === session.id }))),
  'DELETE /account/sessions/:id': ({ world, id }) => {
    for (const [token, other] of world.sessions) if (other.id === id) world.sessions.delete(token);
    return { status: 204 };
  },
  'POST /account/totp': ({ world, body }) => ok(enrol(world, body)),
  'POST /account/totp/confirm': ({ world, body }) => ok(confirm(world, body)),
  'DELETE /account/totp': ({ world, body }) => {
    removeFactor(world, body);
    return { status: 204 };
  },
  'GET /overview': ({ world, language }) => ok(world.overview(language)),
  'GET /findings': listFindings,
  'GET /findings/export': exportFindings,
  'GET /findings/:id': ({ world, id, language }) => {
    const finding = world.findings.find((other) => other.id === id);
    if (finding === undefined) throw notFound();
    return ok(findingDetail(finding, world.findings, language));
  },
  'GET /findings/:id/explanation': ({ world, id }) => {
    const finding = world.findings.find((other) => other.id === id);
    if (finding === undefined) throw notFound();
    const command = 'apt-get update && apt-get install --only-upgrade -y openssl';
    const sections = [
      { heading: 'Where it is', lines: ['openssl 3.0.11-1 · var/lib/dpkg/status', 'layer 0, from the base image debian:12'] },
      { heading: 'What to do', lines: ['Upgrade openssl to 3.0.17-1 or later.', `$ ${command}`] },
    ];
    return ok({ from: finding.asset?.kind === 'image' ? 'base' : null, layers: [0], sections, finding: {} });
  },
  'POST /findings/progress': ({ world, body, say }) => ok(world.setProgress(body, world.account.name, say)),
  'GET /decisions': ({ world }) => ok(world.decisions),
  'POST /decisions': decide,
  'DELETE /decisions/:id': ({ world, id, body }) => {
    if (!world.withdraw(id, body.why ?? '', world.account.name)) throw notFound();
    return { status: 204 };
  },
  ...EVENT_ROUTES,
  ...KEPT_ROUTES,
  ...FORMAT_ROUTES,
  'GET /assets': ({ world, query }) => {
    const wanted = (query.text ?? '').toLowerCase();
    const found = [...world.assets.values()].filter(
      (asset) => (!query.kind || asset.kind === query.kind) && `${asset.name} ${asset.key}`.toLowerCase().includes(wanted),
    );
    return ok({ assets: found.map((asset) => world.assetRow(asset)) });
  },
  'GET /assets/:id': ({ world, id, language }) => {
    const asset = world.assets.get(id);
    if (asset === undefined) throw notFound();
    return ok(world.assetDetail(asset, language));
  },
  'GET /images/:id': ({ world, id }) => {
    const asset = world.assets.get(id);
    if (asset?.kind !== 'image') throw notFound();
    return ok(insideOf(asset));
  },
  'PATCH /assets/:id': ({ world, id, body }) => {
    const asset = world.assets.get(id);
    if (asset === undefined) throw notFound();
    Object.assign(asset, body);
    return ok(world.assetRow(asset));
  },
  'GET /catalogue': ({ world, query, language }) => ok(world.catalogue(query, language)),
  'GET /catalogue/:id': ({ world, id, language }) => {
    const entry = world.catalogueEntry(id, language);
    if (entry === null) throw notFound();
    return ok(entry);
  },
  'GET /audit': ({ world }) => ok(world.trail.toReversed()),
  'GET /audit/verify': ({ world }) => ok({ whole: true, entries: world.trail.length, head: '9f2c'.repeat(16), broken_at: null }),
  'GET /system': ({ world, say }) => ok(healthOf(world, say)),
  'POST /rounds/:id': ({ world, id }) => {
    if (world.rounds[id] === undefined) throw notFound();
    world.rounds[id] = Date.now();
    world.tell('system', {});
    return { status: 202 };
  },
};

function find(method, path) {
  const exact = ROUTES[`${method} ${path}`];
  if (exact !== undefined) return { handler: exact, name: `${method} ${path}`, id: '' };
  const parts = path.split('/');
  // The id stands behind the folder, or behind a folder in it.
  for (const place of [2, 3]) {
    const name = `${method} ${parts.with(Math.min(place, parts.length - 1), ':id').join('/')}`;
    if (ROUTES[name] !== undefined) return { handler: ROUTES[name], name, id: decodeURIComponent(parts[place] ?? '') };
  }
  return { handler: undefined, name: `${method} ${path}`, id: '' };
}

/** Answers one request, perhaps later; throws a Refusal where the contract knows an error. */
export function route(context) {
  const { handler, name, id } = find(context.method, context.path);
  if (handler === undefined) throw notFound();
  if (context.session === undefined && !PUBLIC.has(name)) {
    throw new Refusal(401, 'signed_out', { en: 'Sign in first.', fr: 'Connectez-vous d’abord.', de: 'Bitte zuerst anmelden.' });
  }
  const answer = handler({ ...context, id, missing: notFound });
  if (NOTED[name] !== undefined) {
    const { token: _t, passphrase: _p, code: _c, ...detail } = context.body;
    context.world.note(context.world.account.name, NOTED[name], id, detail);
  }
  return answer;
}
