// The findings of the mock: three hundred, of every state, with histories that could have happened.
import { ASSETS, HOSTS } from './assets.mjs';
import { byId, CHECKS, DETECTIONS, titleOf } from './catalogue.mjs';
import { chance, idOf } from './chance.mjs';
import { BURSTS } from './events.mjs';
import { VULNERABILITIES } from './vulnerabilities.mjs';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const HOW_MANY = 300;
const BASE = { critical: 76, high: 62, medium: 42, low: 20, info: 4 };

function priorityOf(severity, { cvss, known_exploited, epss, exposure, runs }) {
  const base = cvss ? Math.max(6, cvss * 8) : BASE[severity];
  const used =
    known_exploited === 'ransomware' ? 1.4 : known_exploited === 'yes' ? 1.3 : epss === null ? 0.9 : 0.7 + 0.55 * Math.sqrt(epss);
  const reach = { internet: 1.15, network: 1, unknown: 1, local: 0.85 }[exposure];
  return Math.round(Math.min(100, base * used * reach * (runs === true ? 1.1 : runs === false ? 0.8 : 1)));
}

const refOf = ({ id, kind, name }) => ({ id, kind, name });

function row(kind, subject, asset, locator, severity, circumstances, more) {
  return {
    id: idOf('finding', kind, subject, asset.id, locator),
    kind,
    subject,
    severity,
    priority: priorityOf(severity, circumstances),
    state: { state: 'open' },
    asset: refOf(asset),
    locator,
    fixed_version: null,
    known_exploited: circumstances.known_exploited,
    epss: circumstances.epss,
    circumstances,
    evidence: [],
    vulnerability: null,
    detection: null,
    decision: null,
    history: [],
    ...more,
  };
}

function vulnerability(item, binary, asset, random) {
  const circumstances = {
    cvss: item.cvss || null,
    known_exploited: item.known,
    epss: item.epss,
    exposure: asset.exposure,
    runs: random.yes(0.4) ? true : random.yes(0.3) ? false : null,
  };
  return row('vulnerability', item.id, asset, `pkg:deb/debian/${encodeURIComponent(binary)}`, item.severity, circumstances, {
    title: () => `${item.id} ${binary} ${item.installed}`,
    fixed_version: item.fixed,
    evidence: [
      {
        locator: binary,
        place: '/var/lib/dpkg/status',
        found: `${binary} ${item.installed}`,
        expected: item.fixed === null ? '' : `>= ${item.fixed}`,
      },
    ],
    vulnerability: {
      aliases: [item.id, `DEBIAN-${item.id}`],
      package: binary,
      ecosystem: 'Debian:12',
      installed: item.installed,
      fixed: item.fixed,
      cvss_vector: item.cvss ? 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' : null,
      summary: item.summary,
      references: [`https://security-tracker.debian.org/tracker/${item.id}`, `https://nvd.nist.gov/vuln/detail/${item.id}`],
      known_exploited: item.known,
    },
  });
}

const PLACES = {
  ssh: [['PermitRootLogin', '/etc/ssh/sshd_config:32', 'permitrootlogin yes', 'permitrootlogin no']],
  file: [['/etc/sudoers.d/deploy', '/etc/sudoers.d/deploy', 'mode 0666, owner root', 'mode 0440']],
  kernel: [['kernel.kptr_restrict', '/proc/sys/kernel/kptr_restrict', '0', '1 or 2']],
  account: [['deploy', '/etc/passwd:31', 'deploy, password field empty', 'a locked password']],
  update: [['linux-image-6.1.0-17-amd64', '/run/reboot-required', 'restart due for 39 days', 'no restart due']],
};

function check(entry, asset) {
  const sort = entry.tags[0] ?? 'file';
  const [locator, place, found, expected] = (PLACES[sort] ?? PLACES.file)[0];
  const circumstances = { cvss: null, known_exploited: 'no', epss: null, exposure: asset.exposure, runs: null };
  return row('misconfiguration', entry.id, asset, `key:${locator}`, entry.severity, circumstances, {
    title: (language) => `${titleOf(entry.id, language)}: ${place}`,
    evidence: [{ locator, place, found, expected }],
  });
}

function detected(rule, asset, events, source, at) {
  const circumstances = { cvss: null, known_exploited: 'no', epss: null, exposure: asset.exposure, runs: null };
  return row('detection', rule.id, asset, `key:${source}`, rule.severity, circumstances, {
    title: (language) => `${titleOf(rule.id, language)}: ${source}`,
    seenAt: at,
    detection: {
      first_event: events[0]?.time ?? new Date(at).toISOString(),
      last_event: events.at(-1)?.time ?? new Date(at).toISOString(),
      events: events.map((event) => event.id),
      count: events.length,
      entity: [
        ['src_endpoint.ip', source],
        ['device.hostname', asset.name],
      ],
      techniques: [rule.technique],
      author: 'The Vigie authors',
    },
  });
}

function all(events, now) {
  const random = chance(42);
  const rows = [];
  for (const item of VULNERABILITIES) {
    for (const asset of ASSETS) {
      if (asset.kind === 'container' && !random.yes(0.25)) continue;
      for (const binary of item.binaries)
        if (random.yes(asset.kind === 'host' ? 0.75 : 0.6)) rows.push(vulnerability(item, binary, asset, random));
    }
  }
  const failing = CHECKS.filter((_, index) => index % 3 === 0);
  for (const entry of failing) for (const asset of HOSTS) if (random.yes(0.4)) rows.push(check(entry, asset));
  const found = BURSTS.flatMap(({ from, host, ago }, turn) => {
    const asset = HOSTS.find((other) => other.name === host);
    const mine = events.filter((event) => event.host === host && event.fields['src_endpoint.ip'] === from);
    const rules = turn === 1 ? DETECTIONS.slice(0, 2) : turn === 3 ? DETECTIONS.slice(2) : DETECTIONS.slice(0, 1);
    return rules.map((rule, at) => detected(rule, asset, mine, from, now - ago * MINUTE + (15 + at * 3) * MINUTE));
  });
  const seen = new Set();
  return [...found, ...rows.toSorted(() => random.next() - 0.5)].filter(({ id }) => !seen.has(id) && seen.add(id)).slice(0, HOW_MANY);
}

/** Gives a finding a past that leads to a state. */
function live(finding, random, now) {
  const first = finding.seenAt ?? now - random.int(1, 80) * DAY - random.int(0, 23) * HOUR;
  finding.first_seen = new Date(first).toISOString();
  finding.last_seen = new Date(finding.seenAt ?? now - 11 * 60_000).toISOString();
  const past = (share) => new Date(first + (now - first) * share).toISOString();
  const note = (at, who, what, more = {}) => finding.history.push({ at, who, what, from: null, to: null, why: '', ...more });
  note(finding.first_seen, 'vigie', 'opened');
  const roll = finding.seenAt === undefined ? random.next() : 1;
  if (roll < 0.09) {
    finding.state = { state: 'fixed' };
    note(past(0.9), 'vigie', 'fixed');
  } else if (roll < 0.2) {
    finding.state = { state: 'in_progress' };
    note(past(0.6), 'Marie', 'started', { why: 'Rolling out with the next maintenance window.' });
  } else if (roll < 0.26) {
    note(past(0.3), 'vigie', 'fixed');
    note(past(0.7), 'vigie', 'reopened');
  } else if (roll < 0.32) {
    note(past(0.5), 'vigie', 'severity_changed', { from: 'medium', to: finding.severity });
    note(past(0.5), 'vigie', 'priority_changed', { from: '42', to: String(finding.priority) });
  }
}

export function makeFindings(events, now) {
  const random = chance(99);
  const findings = all(events, now);
  for (const finding of findings) live(finding, random, now);
  return findings;
}

/** The row as the list gives it. */
export function rowOf(finding, language) {
  const { id, kind, subject, severity, priority, state, asset, locator, fixed_version, known_exploited, epss, first_seen, last_seen } =
    finding;
  return {
    id,
    kind,
    subject,
    title: finding.title(language),
    severity,
    priority,
    state,
    asset,
    locator,
    fixed_version,
    known_exploited,
    epss,
    first_seen,
    last_seen,
  };
}

export function detailOf(finding, findings, language) {
  const { evidence, vulnerability: broken, detection, circumstances, history, decision } = finding;
  const texts = byId.get(finding.subject)?.texts[language];
  const same = findings.filter(
    (other) => other.subject === finding.subject && other.locator === finding.locator && other.id !== finding.id,
  );
  return {
    ...rowOf(finding, language),
    evidence,
    vulnerability: broken,
    detection,
    circumstances,
    texts: texts === undefined ? null : { looks_for: texts.looks_for, why: texts.why, fix: texts.fix },
    history,
    decision,
    problem: { id: idOf('problem', finding.subject, finding.locator), others: same.length },
  };
}
