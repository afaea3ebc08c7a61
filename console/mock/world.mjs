// The state of the mock and everything that changes it: one object, in memory, gone at the end.
import { someSearches } from './kept.mjs';
import { randomBytes } from 'node:crypto';
import { ASSETS, CONTAINERS, factsOf, HOSTS, relationsOf } from './assets.mjs';
import { byId, CATALOGUE, CHECKS, titleOf } from './catalogue.mjs';
import { chance, idOf } from './chance.mjs';
import { makeEvent, makeEvents } from './events.mjs';
import { makeFindings, rowOf } from './findings.mjs';

const DAY = 86_400_000;
const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'];

export const isActive = ({ state }) => state.state === 'open' || state.state === 'in_progress';

export class World {
  constructor(token) {
    this.startedAt = Date.now() - 3 * DAY;
    this.setUpToken = token;
    this.account = null;
    this.sessions = new Map();
    this.events = makeEvents(Date.now());
    this.findings = makeFindings(this.events, Date.now());
    this.decisions = [];
    this.assets = new Map(ASSETS.map((asset) => [asset.id, { ...asset }]));
    this.listeners = new Set();
    this.trail = [];
    this.searches = someSearches(Date.now());
    this.dashboards = [];
    /** Searches that go on, by the id that the reader gave them. */
    this.running = new Map();
    /** How long a search takes. */
    this.slowMs = 0;
    this.rounds = { host: Date.now() - 11 * 60_000, advisories: Date.now() - 5 * 3_600_000 };
    this.#someDecisions();
  }

  // -- what happens -------------------------------------------------------------------------------

  tell(event, data) {
    for (const listener of this.listeners) listener(event, data);
  }

  /** A few new events, as a live machine has them. */
  tick() {
    const many = 1 + Math.floor(Math.random() * 3);
    const last = this.events.at(-1).id;
    const fresh = Array.from({ length: many }, (_, index) => makeEvent(last + 1 + index, Date.now() - (many - index) * 30));
    this.events.push(...fresh);
    this.tell('events', fresh.map(({ raw: _, ...row }) => row).toReversed());
  }

  /** Somebody changed something. */
  note(who, what, on, detail = {}) {
    this.trail.push({ number: this.trail.length + 1, at: new Date().toISOString(), who, what, on, detail });
  }

  // -- findings and decisions ---------------------------------------------------------------------

  setProgress({ ids, action, why }, who, say) {
    let changed = 0;
    const refused = [];
    for (const id of ids) {
      const finding = this.findings.find((other) => other.id === id);
      if (finding === undefined || !isActive(finding)) {
        refused.push({
          id,
          said: say({
            en: 'A decision covers the finding, or it is fixed.',
            fr: 'Une décision couvre le constat, ou il est corrigé.',
            de: 'Eine Entscheidung gilt für den Befund, oder er ist behoben.',
          }),
        });
        continue;
      }
      const to = action === 'start' ? 'in_progress' : 'open';
      if (finding.state.state === to) continue;
      finding.state = { state: to };
      finding.history.push({
        at: new Date().toISOString(),
        who,
        what: action === 'start' ? 'started' : 'stopped',
        from: null,
        to: null,
        why,
      });
      changed += 1;
    }
    if (changed > 0) this.tell('findings', { changed });
    return { changed, refused };
  }

  covers(selector, finding) {
    const label = selector.label?.split('=');
    return (
      (selector.findings === undefined || selector.findings.includes(finding.id)) &&
      (selector.subject === undefined || selector.subject === finding.subject) &&
      (selector.package === undefined || selector.package === finding.locator) &&
      (selector.asset === undefined || selector.asset === finding.asset.id) &&
      (selector.kind === undefined || selector.kind === finding.kind) &&
      (label === undefined || this.assets.get(finding.asset.id)?.labels[label[0]] === label[1])
    );
  }

  decide({ selector, ruling, reason, expires_at }, author, at = new Date().toISOString()) {
    const id = idOf('decision', at, JSON.stringify(selector), reason);
    const decision = { id, selector, ruling, reason, author, created_at: at, expires_at, ended_at: null, covers: 0 };
    const covered = this.findings.filter((finding) => finding.state.state !== 'fixed' && this.covers(selector, finding));
    for (const finding of covered) {
      finding.state =
        ruling.ruling === 'accept'
          ? { state: 'accepted', until: ruling.until }
          : ruling.ruling === 'not_affected'
            ? { state: 'not_affected', justification: ruling.justification }
            : { state: 'false_positive' };
      finding.decision = decision;
      finding.history.push({ at, who: author, what: finding.state.state, from: null, to: null, why: reason });
    }
    decision.covers = covered.length;
    this.decisions.push(decision);
    this.tell('findings', { changed: covered.length });
    return { id, applied: covered.length };
  }

  withdraw(id, why, who) {
    const decision = this.decisions.find((other) => other.id === id && other.ended_at === null);
    if (decision === undefined) return false;
    decision.ended_at = new Date().toISOString();
    const covered = this.findings.filter((finding) => finding.decision === decision);
    for (const finding of covered) {
      finding.state = { state: 'open' };
      finding.decision = null;
      finding.history.push({ at: decision.ended_at, who, what: 'ruling_ended', from: null, to: null, why });
    }
    decision.covers = 0;
    this.tell('findings', { changed: covered.length });
    return true;
  }

  #someDecisions() {
    const now = Date.now();
    const at = (days) => new Date(now + days * DAY).toISOString();
    const open = (test) => this.findings.find((finding) => isActive(finding) && test(finding))?.subject;
    const low = this.findings.filter((finding) => isActive(finding) && finding.severity === 'low');
    this.decide(
      {
        selector: { subject: 'CVE-2011-3374' },
        ruling: { ruling: 'not_affected', justification: 'vulnerable_code_not_in_execute_path' },
        reason: 'apt-key is not used anywhere; our archives are signed by keyrings.',
        expires_at: at(180),
      },
      'Marie',
      at(-40),
    );
    this.decide(
      {
        selector: { findings: low.slice(0, 4).map((finding) => finding.id) },
        ruling: { ruling: 'accept', until: at(9) },
        reason: 'Waiting for the point release; no network path to these programs.',
        expires_at: at(9),
      },
      'Jonas',
      at(-81),
    );
    this.decide(
      {
        selector: { subject: open((finding) => finding.kind === 'misconfiguration') ?? 'HOST-0001', asset: HOSTS[3].id },
        ruling: { ruling: 'accept', until: at(60) },
        reason: 'The bastion needs it until the hardware keys arrive.\nTicket SEC-412.',
        expires_at: at(60),
      },
      'Marie',
      at(-12),
    );
    this.decide(
      {
        selector: { package: 'pkg:deb/debian/zlib1g' },
        ruling: { ruling: 'false_positive' },
        reason: 'MiniZip is not built into this package.',
        expires_at: at(365),
      },
      'Marie',
      at(-3),
    );
    const ended = this.decide(
      {
        selector: { subject: 'CVE-2005-2541' },
        ruling: { ruling: 'accept', until: at(-5) },
        reason: 'Nobody unpacks archives as root here.',
        expires_at: at(-5),
      },
      'Jonas',
      at(-95),
    );
    this.withdraw(ended.id, 'Expired.', 'vigie');
    this.decisions.find(({ id }) => id === ended.id).ended_at = at(-5);
  }

  // -- views --------------------------------------------------------------------------------------

  facets() {
    const count = (pick) => {
      const found = {};
      for (const finding of this.findings) found[pick(finding)] = (found[pick(finding)] ?? 0) + 1;
      return found;
    };
    return {
      severity: count((finding) => finding.severity),
      kind: count((finding) => finding.kind),
      state: count((finding) => finding.state.state),
    };
  }

  overview(language) {
    const active = this.findings.filter(isActive);
    const cells = new Map();
    for (const { kind, severity, state } of this.findings) {
      const key = `${kind} ${severity} ${state.state}`;
      cells.set(key, (cells.get(key) ?? 0) + 1);
    }
    const day = Date.now() - DAY;
    const recent = this.findings
      .filter((finding) => finding.kind === 'detection')
      .toSorted((a, b) => b.last_seen.localeCompare(a.last_seen));
    const today = this.events.filter((event) => new Date(event.time).getTime() > day);
    const soon = Date.now() + 14 * DAY;
    return {
      needs_me: {
        critical: active.filter((finding) => finding.severity === 'critical').length,
        high: active.filter((finding) => finding.severity === 'high').length,
        kev: active.filter((finding) => finding.known_exploited !== 'no').length,
        detections_24h: recent.filter((finding) => new Date(finding.last_seen).getTime() > day).length,
        expiring_decisions: this.decisions.filter(
          (decision) => decision.ended_at === null && new Date(decision.expires_at).getTime() < soon,
        ).length,
      },
      counts: [...cells].map(([key, count]) => {
        const [kind, severity, state] = key.split(' ');
        return { kind, severity, state, count };
      }),
      top: active
        .toSorted((a, b) => b.priority - a.priority)
        .slice(0, 10)
        .map((finding) => rowOf(finding, language)),
      trend: this.#trend(active.length),
      coverage: {
        hosts: HOSTS.length,
        containers: CONTAINERS.length,
        packages: 1742,
        checks: this.#checks(),
        sources_live: 3,
        sources_total: 4,
        advisories_built_at: new Date(this.rounds.advisories).toISOString(),
        unseen: ['/etc/shadow', '/etc/ssh/sshd_config', '/etc/sudoers', '/run/docker.sock', '/root/.ssh'].map((what) => ({
          what: `build-1.berlin ${what}`,
          why: 'not_permitted',
        })),
      },
      recent_detections: recent.slice(0, 6).map((finding) => rowOf(finding, language)),
      events_24h: { count: today.length, histogram: this.buckets(today, day, Date.now(), 48) },
    };
  }

  #trend(activeNow) {
    const random = chance(5);
    const days = [];
    let active = activeNow;
    for (let back = 0; back < 30; back += 1) {
      const [opened, fixed] = [random.int(0, 9), back % 7 === 3 ? random.int(6, 18) : random.int(0, 5)];
      days.push({ day: new Date(Date.now() - back * DAY).toISOString().slice(0, 10), opened, fixed, active });
      active = Math.max(0, active - opened + fixed);
    }
    return days.toReversed();
  }

  #checks() {
    const verdicts = HOSTS.flatMap((asset) => this.verdicts(asset, 'en'));
    const count = (outcome) => verdicts.filter(({ verdict }) => verdict.outcome === outcome).length;
    return { pass: count('pass'), fail: count('fail'), unknown: count('unknown'), not_applicable: count('not_applicable') };
  }

  buckets(events, from, to, many) {
    const width = (to - from) / many;
    const counts = Array.from({ length: many }, (_, index) => ({ from: new Date(from + index * width).toISOString(), count: 0 }));
    for (const event of events) {
      const at = Math.floor((new Date(event.time).getTime() - from) / width);
      if (at >= 0 && at < many) counts[at].count += 1;
    }
    return counts;
  }

  assetRow(asset) {
    const { on: _on, image: _image, ...row } = asset;
    const mine = this.findings.filter((finding) => finding.asset.id === asset.id && isActive(finding));
    const findings = Object.fromEntries(
      SEVERITIES.map((severity) => [severity, mine.filter((finding) => finding.severity === severity).length]),
    );
    return { ...row, findings, last_seen: new Date(this.rounds.host).toISOString() };
  }

  assetDetail(asset, language) {
    const facts = factsOf(asset, Date.now());
    return {
      ...this.assetRow(asset),
      relations: relationsOf(asset),
      facts,
      verdicts: facts === null ? [] : this.verdicts(asset, language),
      lifecycle: facts === null ? null : { standard_until: '2026-06-10', extended_until: '2028-06-30' },
    };
  }

  verdicts(asset, language) {
    if (asset.kind !== 'host') return [];
    return CHECKS.map((entry, index) => {
      const finding = this.findings.find((other) => other.subject === entry.id && other.asset.id === asset.id);
      const unknown = asset.name.startsWith('build') && ['ssh', 'sudo', 'account'].includes(entry.tags[0]);
      const verdict = finding
        ? { outcome: 'fail', evidence: finding.evidence }
        : unknown
          ? { outcome: 'unknown', reason: '/etc/shadow: permission denied' }
          : index % 11 === 5
            ? { outcome: 'not_applicable', reason: 'no mail server' }
            : { outcome: 'pass' };
      return { id: entry.id, title: titleOf(entry.id, language), severity: entry.severity, verdict };
    });
  }

  catalogueRow(entry, language) {
    const { id, family, severity, maturity, tags, references } = entry;
    const findings = this.findings.filter((finding) => finding.subject === id && isActive(finding)).length;
    return { id, family, title: titleOf(id, language), severity, maturity, tags, references, findings };
  }

  catalogue({ text = '', family = '' }, language) {
    const wanted = text.toLowerCase();
    return CATALOGUE.filter((entry) => family === '' || entry.family === family)
      .filter((entry) => `${entry.id} ${titleOf(entry.id, language)} ${entry.tags.join(' ')}`.toLowerCase().includes(wanted))
      .map((entry) => this.catalogueRow(entry, language));
  }

  catalogueEntry(id, language) {
    const entry = byId.get(id);
    if (entry === undefined) return null;
    const { looks_for, why, fix } = entry.texts[language];
    return { ...this.catalogueRow(entry, language), looks_for, why, fix, reads: entry.reads, examples: entry.examples, rule: entry.rule };
  }

  newToken() {
    return randomBytes(24).toString('base64url');
  }
}
