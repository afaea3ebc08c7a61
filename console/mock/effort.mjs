// Long searches of the mock: with `world.slowMs` each search takes that long, ends at its deadline or
// when the reader says that it is enough, and tells what it has found until then.
import { Refusal } from './access.mjs';

const STEP_MS = 50;
const FILES = 40;

const covering = (events, share) => ({
  files: Math.floor(FILES * share),
  files_total: FILES,
  events: Math.floor(events * share),
  events_total: events,
});

/** Waits as a long search does. Gives the share that was read, and how the answer says so. */
export async function effort({ world, query }) {
  const events = world.events.length;
  const done = { share: 1, said: { partial: false, covered: covering(events, 1) } };
  if (world.slowMs === 0) return done;
  const { running } = query;
  if (running !== undefined && world.running.has(running)) {
    throw new Refusal(409, 'running', {
      en: 'A search with this id is going on.',
      fr: 'Une recherche portant cet identifiant est en cours.',
      de: 'Eine Suche mit dieser Kennung läuft.',
    });
  }
  const mine = { enough: false, covered: covering(events, 0) };
  if (running !== undefined) world.running.set(running, mine);
  const begun = Date.now();
  const deadline = Number(query.deadline_ms ?? Infinity);
  let share = 0;
  while (share < 1 && !mine.enough && Date.now() - begun < deadline) {
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    share = Math.min(1, (Date.now() - begun) / world.slowMs);
    mine.covered = covering(events, share);
  }
  world.running.delete(running);
  return share >= 1 ? done : { share, said: { partial: true, covered: mine.covered } };
}

function watched({ world, id, missing }) {
  const mine = world.running.get(id);
  if (mine === undefined) throw missing();
  return mine;
}

export const EFFORT_ROUTES = {
  'GET /events/running/:id': (context) => ({ value: watched(context).covered }),
  'POST /events/running/:id/enough': (context) => {
    const mine = watched(context);
    mine.enough = true;
    return { value: mine.covered };
  },
};
