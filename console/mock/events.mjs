// The events of the mock: a month of a small fleet's logs, written in the words of OCSF.
import { HOSTS } from './assets.mjs';
import { chance } from './chance.mjs';

/** Where an event belongs. */
export const LABELS = ['cluster', 'namespace', 'workload', 'team', 'environment', 'tenant'];

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const USERS = ['marie', 'jonas', 'deploy', 'root', 'backup'];
const GUESSED = ['admin', 'root', 'test', 'oracle', 'ubuntu', 'postgres', 'git'];

function stamp(at) {
  const time = new Date(at);
  const two = (n) => String(n).padStart(2, '0');
  return `${MONTHS[time.getUTCMonth()]} ${String(time.getUTCDate()).padStart(2, ' ')} ${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())}`;
}

const address = (random, inside) => (inside ? `10.20.${random.int(0, 3)}.${random.int(2, 250)}` : `203.0.113.${random.int(1, 80)}`);

const MAKERS = {
  accepted(random) {
    const user = random.pick(USERS.slice(0, 3));
    const ip = address(random, true);
    const port = random.int(30000, 60000);
    return {
      class: 'Authentication',
      class_uid: 3002,
      activity: 'Logon',
      severity: 'Informational',
      format: 'sshd',
      program: `sshd[${random.int(800, 30000)}]`,
      message: `Accepted publickey for ${user} from ${ip} port ${port} ssh2: ED25519 SHA256:mIZ0H3c`,
      fields: {
        'user.name': user,
        'src_endpoint.ip': ip,
        'src_endpoint.port': port,
        auth_protocol: 'publickey',
        status_id: 1,
        'service.name': 'sshd',
      },
    };
  },
  failed(random, from) {
    const user = random.pick(GUESSED);
    const ip = from ?? address(random, false);
    const port = random.int(30000, 60000);
    return {
      class: 'Authentication',
      class_uid: 3002,
      activity: 'Logon',
      severity: 'Low',
      format: 'sshd',
      program: `sshd[${random.int(800, 30000)}]`,
      message: `Failed password for ${user === 'root' ? '' : 'invalid user '}${user} from ${ip} port ${port} ssh2`,
      fields: {
        'user.name': user,
        'src_endpoint.ip': ip,
        'src_endpoint.port': port,
        auth_protocol: 'password',
        status_id: 2,
        'service.name': 'sshd',
      },
    };
  },
  sudo(random) {
    const user = random.pick(USERS.slice(0, 2));
    const command = random.pick([
      '/usr/bin/apt update',
      '/usr/bin/systemctl restart nginx',
      '/usr/bin/journalctl -u ssh',
      '/usr/bin/cat /etc/shadow',
    ]);
    return {
      class: 'Process Activity',
      class_uid: 1007,
      activity: 'Launch',
      severity: 'Informational',
      format: 'sudo',
      program: 'sudo',
      message: `    ${user} : TTY=pts/0 ; PWD=/home/${user} ; USER=root ; COMMAND=${command}`,
      fields: { 'actor.user.name': user, 'user.name': 'root', 'process.cmd_line': command, 'process.file.path': command.split(' ')[0] },
    };
  },
  cron(random) {
    return {
      class: 'Scheduled Job Activity',
      class_uid: 1006,
      activity: 'Start',
      severity: 'Informational',
      format: 'cron',
      program: `CRON[${random.int(800, 30000)}]`,
      message: '(root) CMD (   cd / && run-parts --report /etc/cron.hourly)',
      fields: { 'actor.user.name': 'root', 'job.cmd_line': 'cd / && run-parts --report /etc/cron.hourly' },
    };
  },
  systemd(random) {
    const unit = random.pick(['nginx.service', 'apt-daily.service', 'logrotate.service', 'fstrim.service', 'postgresql.service']);
    const fails = random.yes(0.06);
    return {
      class: 'Application Lifecycle',
      class_uid: 6002,
      activity: fails ? 'Stop' : 'Start',
      severity: fails ? 'High' : 'Informational',
      format: 'systemd',
      program: 'systemd[1]',
      message: fails ? `${unit}: Failed with result 'exit-code'.` : `Started ${unit}.`,
      fields: { 'app.name': unit, status_id: fails ? 2 : 1 },
    };
  },
  kernel(random) {
    return {
      class: 'Kernel Activity',
      class_uid: 1003,
      activity: 'Other',
      severity: 'Medium',
      format: 'kernel',
      program: 'kernel',
      message: `[${random.int(1000, 900000)}.123456] TCP: request_sock_TCP: Possible SYN flooding on port 443. Sending cookies.`,
      fields: { 'dst_endpoint.port': 443 },
    };
  },
  useradd(random) {
    return {
      class: 'Account Change',
      class_uid: 3001,
      activity: 'Create',
      severity: 'Medium',
      format: 'useradd',
      program: `useradd[${random.int(800, 30000)}]`,
      message: 'new user: name=svc-report, UID=1010, GID=1010, home=/home/svc-report, shell=/bin/sh, from=/dev/pts/1',
      fields: { 'user.name': 'svc-report', 'user.uid': '1010' },
    };
  },
  dpkg(random) {
    return {
      class: 'Application Lifecycle',
      class_uid: 6002,
      activity: 'Install',
      severity: 'Informational',
      format: 'dpkg',
      program: 'dpkg',
      message: `status installed ${random.pick(['curl', 'tzdata', 'openssl'])}:amd64 7.88.1-10+deb12u${random.int(4, 9)}`,
      fields: { 'package.name': 'curl' },
    };
  },
  unparsed(random) {
    return {
      class: 'Base Event',
      class_uid: 0,
      activity: 'Unknown',
      severity: 'Unknown',
      format: '',
      program: 'shop-api',
      message: random.pick([
        'cache warm-up took 812 ms',
        'order 88123 shipped',
        'GET /healthz 200 0.4ms',
        'retrying upstream in 2s (attempt 3)',
      ]),
      fields: {},
    };
  },
};

const MIX = [
  ['failed', 30],
  ['accepted', 12],
  ['sudo', 8],
  ['cron', 20],
  ['systemd', 12],
  ['kernel', 2],
  ['useradd', 0.4],
  ['dpkg', 3],
  ['unparsed', 12],
];
const TOTAL = MIX.reduce((sum, [, weight]) => sum + weight, 0);

function kindOf(random) {
  let rest = random.next() * TOTAL;
  for (const [kind, weight] of MIX) {
    rest -= weight;
    if (rest < 0) return kind;
  }
  return 'cron';
}

/** Somebody guesses passwords: from where, on which machine, how many minutes ago. */
export const BURSTS = [
  { from: '203.0.113.17', host: 'web-1.paris', ago: 64, many: 44 },
  { from: '198.51.100.23', host: 'bastion.berlin', ago: 320, many: 96 },
  { from: '192.0.2.201', host: 'web-2.paris', ago: 1010, many: 31 },
  { from: '203.0.113.88', host: 'db-1.paris', ago: 4300, many: 22 },
];

const random = chance(2026);

/** Containers say where they run; of hosts it is known what they are for. */
function labelsOf(kind, host) {
  const { labels, owner } = HOSTS.find(({ name }) => name === host) ?? { labels: {}, owner: null };
  const known = { environment: labels.environment, team: owner ?? undefined };
  if (kind === 'unparsed') Object.assign(known, { cluster: labels.site ?? 'paris', namespace: 'shop', workload: 'shop-api' });
  if (kind === 'systemd' && host.startsWith('db-')) Object.assign(known, { cluster: 'paris', namespace: 'data', workload: 'postgres' });
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}

export function makeEvent(id, at, kind = kindOf(random), from = undefined, on = undefined) {
  const host = on ?? random.pick(HOSTS).name;
  const { program, ...event } = MAKERS[kind](random, from);
  const source = kind === 'dpkg' ? 'file:/var/log/dpkg.log' : kind === 'unparsed' ? 'syslog/udp' : 'journald';
  const fields = { 'device.hostname': host, ...event.fields };
  if (event.format !== '') fields['metadata.product.name'] = event.format;
  return {
    id,
    time: new Date(at).toISOString(),
    received: new Date(at + 40).toISOString(),
    ...event,
    host,
    source,
    labels: labelsOf(kind, host),
    fields,
    raw: `<38>${stamp(at)} ${host} ${program}: ${event.message}`,
  };
}

/** Some thousand events over thirty days, denser towards now, with a burst of guessing. */
export function makeEvents(now) {
  const times = [];
  for (let day = 30; day > 0; day -= 1) {
    const many = day === 1 ? 900 : 110;
    for (let index = 0; index < many; index += 1) times.push([now - day * DAY + random.next() * DAY]);
  }
  for (const { ago, many, from, host } of BURSTS) {
    for (let index = 0; index < many; index += 1) times.push([now - ago * MINUTE + random.next() * 14 * MINUTE, 'failed', from, host]);
  }
  return times.toSorted((a, b) => a[0] - b[0]).map(([at, ...more], index) => makeEvent(100_000 + index, at, ...more));
}

/** The event with its record and in the form of OCSF. */
export function detailOf(event) {
  const ocsf = {
    class_uid: event.class_uid,
    class_name: event.class,
    type_uid: event.class_uid * 100 + 1,
    time: new Date(event.time).getTime(),
    severity: event.severity,
    metadata: { version: '1.8.0' },
    message: event.message,
  };
  for (const [path, value] of Object.entries(event.fields)) {
    const parts = path.split('.');
    const last = parts.pop();
    let place = ocsf;
    for (const part of parts) place = place[part] ??= {};
    place[last] = value;
  }
  return { ...event, raw_encoding: 'text', ocsf, unmapped: event.format === '' ? {} : { syslog_priority: '38' } };
}

/** The event as lists give it. */
export function rowOf({ raw: _, ...row }) {
  return row;
}
