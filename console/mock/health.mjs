// The mock's own health: sources of which one fails, a store, vulnerability data, rounds.
import { VULNERABILITIES } from './vulnerabilities.mjs';

const DAY = 86_400_000;

/** How the mock is doing. */
export function healthOf(world, say) {
  const newest = world.events.at(-1).time;
  const source = (name, kind, share, more = {}) => {
    const received = Math.round(world.events.length * share);
    const unparsed = Math.round(received * 0.08);
    return {
      name,
      kind,
      state: 'running',
      said: say({ en: 'Following', fr: 'Suivie', de: 'Wird verfolgt' }),
      received,
      parsed: received - unparsed,
      unparsed,
      acknowledged: received,
      refused: 0,
      lost: 0,
      last_event_at: newest,
      lag_s: 0.04,
      ...more,
    };
  };
  return {
    version: '0.1.0',
    started_at: new Date(world.startedAt).toISOString(),
    sources: [
      source('journald', 'journald', 0.8),
      source('file:/var/log/dpkg.log', 'file', 0.03, { last_event_at: new Date(Date.now() - 2 * DAY).toISOString(), unparsed: 0 }),
      source('syslog/udp', 'syslog', 0.12, { refused: 3, lag_s: 0.21 }),
      source('file:/var/log/auth.log', 'file', 0, {
        state: 'failed',
        said: say({
          en: '/var/log/auth.log may not be read by this user.',
          fr: '/var/log/auth.log n’est pas lisible par cet utilisateur.',
          de: '/var/log/auth.log darf dieser Benutzer nicht lesen.',
        }),
        last_event_at: null,
        lag_s: 0,
      }),
    ],
    lake: {
      events: world.events.length,
      bytes: world.events.length * 96,
      oldest: world.events[0].time,
      newest,
      files: 31,
      place: 's3://logs/vigie',
      unsealed: 412,
      unsealed_since: new Date(Date.now() - 240_000).toISOString(),
      log_bytes: 412 * 180,
      seal_failing_since: null,
      set_aside: 1,
      last_merge: { at: new Date(Date.now() - 3 * 3_600_000).toISOString(), files: 9, events: 184_220 },
      last_check: { at: new Date(Date.now() - 5 * 3_600_000).toISOString(), head: 118, files: null, faults: 0 },
      store: {
        address: 's3://logs/vigie',
        state: 'failing',
        failing_since: new Date(Date.now() - 540_000).toISOString(),
        problem: say({
          en: 's3://logs/vigie does not answer: check the address and the network',
          fr: 's3://logs/vigie ne répond pas : vérifiez l’adresse et le réseau',
          de: 's3://logs/vigie antwortet nicht: prüfen Sie Adresse und Netz',
        }),
        answered_at: new Date(Date.now() - 600_000).toISOString(),
        waiting_files: 2,
        sent: 29,
        sent_bytes: 41_000_000,
        failed: 7,
        fetched_bytes: 12_400_000,
        cached_bytes: 52_000_000,
        cached_bytes_max: 10_737_418_240,
        cache_hits: 9_120,
        cache_misses: 214,
      },
    },
    advisories: {
      built_at: new Date(world.rounds.advisories).toISOString(),
      records: 440_702,
      ecosystems: [
        ['Debian:12', 38_211],
        ['Ubuntu:22.04:LTS', 51_870],
        ['Alpine:v3.20', 6_402],
        ['PyPI', 19_233],
        ['Go', 8_120],
      ].map(([name, records]) => ({ name, records, newest: new Date(Date.now() - 9 * 3_600_000).toISOString() })),
      kev: 1_471,
      epss: 298_033,
      bytes: 11_400_000,
    },
    rounds: [
      {
        name: 'host',
        last_started_at: new Date(world.rounds.host).toISOString(),
        last_took_ms: 640,
        next_at: new Date(world.rounds.host + 3_600_000).toISOString(),
        said: say({
          en: `1,742 packages, ${VULNERABILITIES.length} vulnerabilities, 49 checks.`,
          fr: `1 742 paquets, ${VULNERABILITIES.length} vulnérabilités, 49 contrôles.`,
          de: `1.742 Pakete, ${VULNERABILITIES.length} Schwachstellen, 49 Prüfungen.`,
        }),
        failed: false,
      },
      {
        name: 'advisories',
        last_started_at: new Date(world.rounds.advisories).toISOString(),
        last_took_ms: 18_400,
        next_at: new Date(world.rounds.advisories + DAY).toISOString(),
        said: say({
          en: 'No network; the standing data stays in use.',
          fr: 'Pas de réseau ; les données en place restent utilisées.',
          de: 'Kein Netz; die bisherigen Daten bleiben in Gebrauch.',
        }),
        failed: true,
      },
    ],
    database_bytes: 18_300_000,
    disk_free_bytes: 61_200_000_000,
  };
}
