// The mock's routes about what people keep: saved searches, their alerts, dashboards.
import { Refusal } from './access.mjs';
import { idOf } from './chance.mjs';
import { parse, QueryError } from './query.mjs';

const ok = (value) => ({ value });
const NAME_MAX = 100;
const TILES_MAX = 40;

/** Whether a query asks for events that follow each other. */
export const isSequence = (text) => /^\s*sequence\s+(by|with)\b/.test(text);

const invalid = (en, fr, de) => new Refusal(400, 'invalid', { en, fr, de });

/** Some that others saved. */
export function someSearches(now) {
  const at = new Date(now - 5 * 86_400_000).toISOString();
  const base = {
    last_s: 86_400,
    from: null,
    to: null,
    columns: [],
    shared: true,
    owner: 'Anouk',
    created_at: at,
    changed_at: at,
    changed_by: 'Anouk',
  };
  const told = { set_by: 'Anouk', judged_to: new Date(now - 60_000).toISOString(), trouble: null, troubled_at: null };
  const guessed = {
    at_least: 20,
    fewer_than: null,
    by: 'src',
    window_s: 900,
    every_s: 900,
    lag_s: 60,
    severity: 'high',
    ...told,
    state: 'going_on',
    last_count: 44,
    going_on: [{ value: '203.0.113.17', since: new Date(now - 3_600_000).toISOString() }],
    going_on_total: 1,
  };
  return [
    { ...base, id: idOf('search', 'refused'), name: 'Refused sign-ins', q: 'class:Authentication AND status_id:2', alert: guessed },
    {
      ...base,
      id: idOf('search', 'sudo'),
      name: 'Use of sudo',
      q: 'format:sudo',
      columns: ['host', 'actor.user.name', 'process.cmd_line'],
      alert: null,
    },
  ];
}

const tile = (title, q, show, [x, y, width, height], more = {}) => ({
  search: null,
  q,
  title,
  show,
  by: null,
  columns: [],
  limit: null,
  x,
  y,
  width,
  height,
  ...more,
});
const FAILED = 'class:Authentication status_id:2';

/** One that comes with Vigie, in each language. */
const SHIPPED = [
  {
    id: 'sign-ins',
    name: { en: 'Sign-ins', fr: 'Connexions', de: 'Anmeldungen' },
    last_s: 86_400,
    tiles: [
      tile({ en: 'Refused over time', fr: 'Refus dans le temps', de: 'Abweisungen im Zeitverlauf' }, FAILED, 'histogram', [0, 0, 8, 3]),
      tile({ en: 'Refused', fr: 'Refusées', de: 'Abgewiesen' }, FAILED, 'count', [8, 0, 4, 3]),
      tile({ en: 'Who is refused', fr: 'Qui est refusé', de: 'Wer abgewiesen wird' }, FAILED, 'top', [0, 3, 6, 4], {
        by: 'user',
        limit: 10,
      }),
      tile({ en: 'New accounts', fr: 'Nouveaux comptes', de: 'Neue Konten' }, 'activity:Create', 'table', [6, 3, 6, 4], {
        columns: ['time', 'host', 'message'],
        limit: 10,
      }),
      tile(
        { en: 'Failed first, then let in', fr: 'D’abord refusé, puis admis', de: 'Erst abgewiesen, dann angemeldet' },
        'sequence by host with maxspan=10m [ class:Authentication status_id:2 ] [ class:Authentication status_id:1 ]',
        'table',
        [0, 7, 12, 4],
        { columns: ['time', 'host', 'message'], limit: 5 },
      ),
    ],
  },
];

const seen = ({ world }) => world.searches.filter((search) => search.shared || search.owner === world.account.name);

function searchOf(context, id = context.id) {
  const found = seen(context).find((search) => search.id === id || search.name === id);
  if (found === undefined) throw context.missing();
  return found;
}

const byName = (a, b) => a.name.localeCompare(b.name);
// The one account of the mock is an administrator: shared ones are theirs to change.
const searchView = (search) => ({ ...search, editable: true });

function checked(context, body, others) {
  const name = (body.name ?? '').trim();
  if (name === '' || name.length > NAME_MAX)
    throw invalid('A name has 1 to 100 characters.', 'Un nom compte de 1 à 100 caractères.', 'Ein Name hat 1 bis 100 Zeichen.');
  if (
    others.some((other) => other.name === name && other.shared === (body.shared ?? false) && other.owner === context.world.account.name)
  ) {
    throw new Refusal(
      409,
      'name_taken',
      { en: 'One of this name is saved already.', fr: 'Ce nom est déjà pris.', de: 'Dieser Name ist schon vergeben.' },
      { en: 'Choose another name.', fr: 'Choisissez un autre nom.', de: 'Wählen Sie einen anderen Namen.' },
    );
  }
  return name;
}

function understood(q) {
  try {
    if (!isSequence(q)) parse(q);
  } catch (thrown) {
    if (thrown instanceof QueryError) throw new Refusal(400, 'query', thrown.said, thrown.hint, thrown.at);
    throw thrown;
  }
}

function newSearch(context, body, others) {
  const name = checked(context, body, others);
  understood(body.q ?? '');
  const { last_s = null, from = null, to = null } = body;
  return {
    name,
    q: body.q ?? '',
    last_s: from === null ? (last_s ?? 86_400) : null,
    from,
    to,
    columns: body.columns ?? [],
    shared: body.shared ?? false,
  };
}

function save(context) {
  const { world, body } = context;
  const now = new Date().toISOString();
  const who = world.account.name;
  const search = {
    id: world.newToken().slice(0, 16),
    ...newSearch(context, body, seen(context)),
    owner: who,
    created_at: now,
    changed_at: now,
    changed_by: who,
    alert: null,
  };
  world.searches = [...world.searches, search].toSorted(byName);
  return ok(searchView(search));
}

function change(context) {
  const search = searchOf(context);
  const others = seen(context).filter((other) => other !== search);
  Object.assign(search, newSearch(context, context.body, others), {
    changed_at: new Date().toISOString(),
    changed_by: context.world.account.name,
  });
  context.world.searches = context.world.searches.toSorted(byName);
  return ok(searchView(search));
}

function remove(context) {
  const search = searchOf(context);
  context.world.searches = context.world.searches.filter((other) => other !== search);
  return ok(searchView(search));
}

function setAlert(context) {
  const search = searchOf(context);
  const { at_least = null, fewer_than = null, by = null, window_s, every_s = window_s, lag_s = 60, severity = 'medium' } = context.body;
  if (!search.shared)
    throw invalid('Only shared searches alert.', 'Seules les recherches partagées alertent.', 'Nur geteilte Suchen alarmieren.');
  if ((at_least === null) === (fewer_than === null) || !(window_s >= 60)) {
    throw invalid(
      'An alert counts at least 1 event in windows of 60 seconds or more.',
      'Une alerte compte au moins 1 événement sur des fenêtres d’au moins 60 secondes.',
      'Ein Alarm zählt mindestens 1 Ereignis in Fenstern von mindestens 60 Sekunden.',
    );
  }
  const judged_to = new Date(Math.floor(Date.now() / (every_s * 1000)) * every_s * 1000).toISOString();
  const told = {
    set_by: context.world.account.name,
    state: 'quiet',
    judged_to,
    last_count: null,
    going_on: [],
    going_on_total: 0,
    trouble: null,
    troubled_at: null,
  };
  search.alert = { at_least, fewer_than, by, window_s, every_s, lag_s, severity, ...told };
  return ok(searchView(search));
}

function removeAlert(context) {
  const search = searchOf(context);
  search.alert = null;
  return ok(searchView(search));
}

// -- dashboards ------------------------------------------------------------------------------------

function tileView(context, tile, last_s) {
  const search = tile.search === null ? undefined : seen(context).find(({ id }) => id === tile.search);
  const { title } = tile;
  const q = search?.q ?? tile.q;
  return {
    ...tile,
    title: typeof title === 'object' && title !== null ? title[context.language] : title || (search?.name ?? ''),
    q,
    sequence: q !== null && isSequence(q),
    last_s: search === undefined ? last_s : search.last_s,
    from: search?.from ?? null,
    to: search?.to ?? null,
    columns: tile.columns.length > 0 ? tile.columns : (search?.columns ?? []),
  };
}

function dashboardView(context, dashboard) {
  const shipped = SHIPPED.includes(dashboard);
  const { name, tiles, last_s } = dashboard;
  const said = shipped ? { name: name[context.language], shared: true, owner: 'vigie', changed_at: null, changed_by: null } : {};
  return { ...dashboard, ...said, editable: !shipped, tiles: tiles.map((tile) => tileView(context, tile, last_s)) };
}

function dashboardOf(context) {
  const found = [...context.world.dashboards, ...SHIPPED].find(({ id }) => id === context.id);
  if (found === undefined) throw context.missing();
  return found;
}

function newDashboard(context, others) {
  const { body } = context;
  const name = checked(context, body, others);
  const tiles = (body.tiles ?? []).map((tile) => ({ search: null, q: null, title: '', by: null, columns: [], limit: null, ...tile }));
  const fits = (tile) =>
    tile.x >= 0 &&
    tile.y >= 0 &&
    tile.width > 0 &&
    tile.height > 0 &&
    tile.x + tile.width <= 12 &&
    (tile.search === null) !== (tile.q === null) &&
    (tile.show === 'top') === (tile.by !== null);
  const wrong = tiles.findIndex((tile) => !fits(tile)) + 1;
  if (tiles.length > TILES_MAX || wrong > 0)
    throw invalid(`Tile ${wrong} does not fit.`, `La tuile ${wrong} ne convient pas.`, `Kachel ${wrong} passt nicht.`);
  for (const { search } of tiles) {
    if (search !== null && body.shared && !searchOf(context, search).shared) {
      throw invalid(
        'A shared dashboard shows shared searches only.',
        'Un tableau de bord partagé ne montre que des recherches partagées.',
        'Ein geteiltes Dashboard zeigt nur geteilte Suchen.',
      );
    }
  }
  return { name, shared: body.shared ?? false, last_s: body.last_s ?? 86_400, tiles };
}

const stamped = (world) => ({ changed_at: new Date().toISOString(), changed_by: world.account.name });

function own(context) {
  const dashboard = dashboardOf(context);
  if (SHIPPED.includes(dashboard))
    throw new Refusal(403, 'forbidden', {
      en: 'Your role does not allow this.',
      fr: 'Votre rôle ne le permet pas.',
      de: 'Ihre Rolle erlaubt das nicht.',
    });
  return dashboard;
}

export const KEPT_ROUTES = {
  'GET /searches': (context) => ok(seen(context).map(searchView)),
  'POST /searches': save,
  'GET /searches/:id': (context) => ok(searchView(searchOf(context))),
  'PUT /searches/:id': change,
  'DELETE /searches/:id': remove,
  'PUT /searches/:id/alert': setAlert,
  'DELETE /searches/:id/alert': removeAlert,
  'GET /dashboards': (context) => ok([...context.world.dashboards, ...SHIPPED].map((dashboard) => dashboardView(context, dashboard))),
  'POST /dashboards': (context) => {
    const { world } = context;
    const dashboard = {
      id: world.newToken().slice(0, 16),
      owner: world.account.name,
      ...newDashboard(context, world.dashboards),
      ...stamped(world),
    };
    world.dashboards = [...world.dashboards, dashboard].toSorted(byName);
    return ok(dashboardView(context, dashboard));
  },
  'GET /dashboards/:id': (context) => ok(dashboardView(context, dashboardOf(context))),
  'PUT /dashboards/:id': (context) => {
    const dashboard = own(context);
    const others = context.world.dashboards.filter((other) => other !== dashboard);
    Object.assign(dashboard, newDashboard(context, others), stamped(context.world));
    return ok(dashboardView(context, dashboard));
  },
  'DELETE /dashboards/:id': (context) => {
    const dashboard = own(context);
    context.world.dashboards = context.world.dashboards.filter((other) => other !== dashboard);
    return ok(dashboardView(context, dashboard));
  },
};
