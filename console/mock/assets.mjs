// The machines of the mock: five hosts and what runs on them, with facts in the form the inventory
// stores. One host is seen by an ordinary user, so that gaps have something to show.
import { chance, idOf } from './chance.mjs';
import { VULNERABILITIES } from './vulnerabilities.mjs';

const DAY = 86_400_000;
const random = chance(7);

const host = (name, more) => ({
  id: idOf('host', name),
  kind: 'host',
  name,
  key: idOf('machine', name),
  labels: {},
  owner: null,
  criticality: 'normal',
  exposure: 'network',
  ...more,
});
const container = (name, on, image, more = {}) => ({
  id: idOf('container', name),
  kind: 'container',
  name,
  key: idOf('docker', name) + idOf(name),
  labels: { image },
  owner: null,
  criticality: 'normal',
  exposure: 'network',
  on,
  image,
  ...more,
});

export const HOSTS = [
  host('web-1.paris', {
    labels: { environment: 'production', site: 'paris' },
    owner: 'Platform team',
    criticality: 'high',
    exposure: 'internet',
  }),
  host('web-2.paris', {
    labels: { environment: 'production', site: 'paris' },
    owner: 'Platform team',
    criticality: 'high',
    exposure: 'internet',
  }),
  host('db-1.paris', { labels: { environment: 'production', site: 'paris' }, owner: 'Data team', criticality: 'vital' }),
  host('bastion.berlin', {
    labels: { environment: 'production', site: 'berlin' },
    owner: 'Security',
    criticality: 'high',
    exposure: 'internet',
  }),
  host('build-1.berlin', { labels: { environment: 'build', site: 'berlin' }, exposure: 'local' }),
];

export const CONTAINERS = [
  container('shop-frontend', 'web-1.paris', 'registry.example/shop/frontend:4.12.1', { exposure: 'internet' }),
  container('shop-api', 'web-1.paris', 'registry.example/shop/api:4.12.1'),
  container('shop-api-2', 'web-2.paris', 'registry.example/shop/api:4.11.0'),
  container('reverse-proxy', 'web-2.paris', 'docker.example/nginx:1.27', { exposure: 'internet' }),
  container('postgres', 'db-1.paris', 'docker.example/postgres:16'),
  container('runner-7', 'build-1.berlin', 'registry.example/ci/runner:2026.10', { exposure: 'local' }),
];

const digestOf = (name) => `sha256:${idOf('layer', name)}${idOf(name, 'layer')}`;

/** An image for each that a container runs, and the base that most of them are built on. */
export const IMAGES = [...new Set(['docker.example/debian:12', ...CONTAINERS.map(({ image }) => image)])].map((name) => ({
  id: idOf('image', name),
  kind: 'image',
  name,
  key: digestOf(name),
  labels: { engine: 'docker', state: 'present', running: CONTAINERS.some(({ image }) => image === name) ? 'yes' : 'no' },
  owner: null,
  criticality: 'normal',
  exposure: 'network',
}));

export const ASSETS = [...HOSTS, ...CONTAINERS, ...IMAGES];

const FILLER = [
  'adduser',
  'base-files',
  'bash',
  'ca-certificates',
  'cron',
  'dash',
  'dbus',
  'debianutils',
  'diffutils',
  'dmsetup',
  'dpkg',
  'e2fsprogs',
  'findutils',
  'gcc-12-base',
  'grep',
  'gzip',
  'hostname',
  'ifupdown',
  'init',
  'iproute2',
  'iputils-ping',
  'kmod',
  'less',
  'libacl1',
  'libattr1',
  'libaudit1',
  'libblkid1',
  'libbz2-1.0',
  'libcap2',
  'libcom-err2',
  'libcrypt1',
  'libdb5.3',
  'libffi8',
  'libgcrypt20',
  'libgmp10',
  'libhogweed6',
  'libidn2-0',
  'libkrb5-3',
  'liblz4-1',
  'liblzma5',
  'libmount1',
  'libncursesw6',
  'libnettle8',
  'libp11-kit0',
  'libpcre2-8-0',
  'libprocps8',
  'libreadline8',
  'libseccomp2',
  'libselinux1',
  'libstdc++6',
  'libtinfo6',
  'libudev1',
  'libuuid1',
  'libxxhash0',
  'libzstd1',
  'logrotate',
  'logsave',
  'lsb-base',
  'lsof',
  'man-db',
  'mawk',
  'mount',
  'nano',
  'ncurses-base',
  'netbase',
  'nftables',
  'nginx',
  'procps',
  'python3',
  'readline-common',
  'rsyslog',
  'sed',
  'sensible-utils',
  'sudo',
  'sysvinit-utils',
  'tasksel',
  'tmux',
  'tzdata',
  'ucf',
  'udev',
  'vim-common',
  'vim-tiny',
  'wget',
  'xxd',
];

function packages() {
  const known = VULNERABILITIES.flatMap(({ source, binaries, installed }) =>
    binaries.map((name) => ({ name, version: installed, source })),
  );
  const unique = new Map(known.map((item) => [item.name, item]));
  const rest = FILLER.map((name) => ({
    name,
    version: `${random.int(1, 12)}.${random.int(0, 40)}.${random.int(0, 9)}-${random.int(1, 4)}`,
    source: name,
  }));
  return [...unique.values(), ...rest]
    .map(({ name, version, source }) => ({
      ecosystem: 'Debian:12',
      name,
      version,
      architecture: 'amd64',
      ...(source === name ? {} : { source: { name: source, version } }),
    }))
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

function users() {
  const system = ['daemon', 'bin', 'sys', 'mail', 'www-data', 'backup', 'nobody', '_apt', 'systemd-network', 'sshd'];
  return [
    { name: 'root', uid: 0, gid: 0, home: '/root', shell: '/bin/bash', password: 'locked', password_changed: '2026-02-11' },
    {
      name: 'marie',
      uid: 1000,
      gid: 1000,
      home: '/home/marie',
      shell: '/bin/bash',
      password: { hashed: 'yescrypt' },
      password_changed: '2026-06-03',
      password_max_days: 99999,
    },
    {
      name: 'jonas',
      uid: 1001,
      gid: 1001,
      home: '/home/jonas',
      shell: '/usr/bin/zsh',
      password: { hashed: 'sha512' },
      password_changed: '2024-01-19',
    },
    { name: 'deploy', uid: 1002, gid: 1002, home: '/srv/deploy', shell: '/bin/sh', password: 'empty', password_changed: null },
    ...system.map((name, index) => ({
      name,
      uid: index + 1,
      gid: index + 1,
      home: `/var/${name}`,
      shell: '/usr/sbin/nologin',
      password: 'locked',
    })),
  ];
}

function sockets(name) {
  const owner = (pid, process, exe, uid = 0, id = null) => ({ pid, name: process, exe, uid, container: id });
  const all = [
    { protocol: 'tcp', address: '0.0.0.0', port: 22, process: owner(612, 'sshd', '/usr/sbin/sshd') },
    { protocol: 'tcp', address: '::', port: 22, process: owner(612, 'sshd', '/usr/sbin/sshd') },
    { protocol: 'udp', address: '127.0.0.1', port: 323, process: owner(588, 'chronyd', '/usr/sbin/chronyd', 104) },
    { protocol: 'tcp', address: '127.0.0.1', port: 25, process: owner(1040, 'master', '/usr/lib/postfix/sbin/master') },
  ];
  if (name.startsWith('web')) {
    all.push({
      protocol: 'tcp',
      address: '0.0.0.0',
      port: 80,
      process: owner(901, 'nginx', '/usr/sbin/nginx', 33, idOf('docker', 'reverse-proxy')),
    });
    all.push({
      protocol: 'tcp',
      address: '0.0.0.0',
      port: 443,
      process: owner(901, 'nginx', '/usr/sbin/nginx', 33, idOf('docker', 'reverse-proxy')),
    });
  }
  if (name.startsWith('db'))
    all.push({
      protocol: 'tcp',
      address: '0.0.0.0',
      port: 5432,
      process: owner(1201, 'postgres', '/usr/lib/postgresql/16/bin/postgres', 999, idOf('docker', 'postgres')),
    });
  if (name.startsWith('build')) all.push({ protocol: 'tcp', address: '0.0.0.0', port: 2375, process: null });
  return all;
}

export function factsOf(asset, now) {
  if (asset.kind !== 'host') return null;
  const plain = asset.name.startsWith('build');
  const shadow = { what: '/etc/shadow', why: 'not_permitted', detail: 'Permission denied (os error 13)' };
  const list = users();
  return {
    taken_at: new Date(now - 11 * 60_000).toISOString(),
    os: { seen: { id: 'debian', id_like: [], version_id: '12', codename: 'bookworm', pretty_name: 'Debian GNU/Linux 12 (bookworm)' } },
    kernel: {
      seen: {
        release: '6.1.0-17-amd64',
        version: '#1 SMP PREEMPT_DYNAMIC Debian 6.1.69-1',
        machine: 'x86_64',
        booted_at: new Date(now - 41 * DAY).toISOString(),
      },
    },
    packages: { seen: packages() },
    pending_updates: {
      seen: VULNERABILITIES.filter((item) => item.fixed !== null)
        .slice(0, 14)
        .map((item) => ({ package: item.binaries[0], installed: item.installed, candidate: item.fixed, security: item.cvss > 7 })),
    },
    last_package_change: { seen: new Date(now - 39 * DAY).toISOString() },
    last_list_refresh: { seen: new Date(now - 5 * 3_600_000).toISOString() },
    reboot_required: { seen: { required: asset.name.startsWith('web-1'), packages: ['linux-image-6.1.0-26-amd64'] } },
    users: plain ? { partly: { value: list.map((user) => ({ ...user, password: 'unknown' })), missing: [shadow] } } : { seen: list },
    groups: {
      seen: [
        { name: 'sudo', gid: 27, members: ['marie', 'jonas'] },
        { name: 'docker', gid: 998, members: ['deploy'] },
        ...list.map((user) => ({ name: user.name, gid: user.gid, members: [] })),
      ],
    },
    sockets: plain
      ? {
          partly: {
            value: sockets(asset.name).map((socket) => ({ ...socket, process: null })),
            missing: [{ what: '/proc/*/fd', why: 'not_permitted', detail: 'processes of other users' }],
          },
        }
      : { seen: sockets(asset.name) },
    containers: plain
      ? { unseen: { what: '/run/docker.sock', why: 'not_permitted', detail: 'Permission denied (os error 13)' } }
      : {
          seen: CONTAINERS.filter((item) => item.on === asset.name).map((item) => ({
            engine: 'docker',
            id: idOf('docker', item.name) + idOf(item.name),
            name: item.name,
            image: item.image,
            state: 'running',
            pid: 900,
            labels: {},
          })),
        },
    ssh_server: plain
      ? { unseen: { what: '/etc/ssh/sshd_config', why: 'not_permitted', detail: '' } }
      : { seen: { settings: {}, matches: [], places: {}, learned_from: 'sshd -T' } },
    sudo: plain ? { unseen: { what: '/etc/sudoers', why: 'not_permitted', detail: '' } } : { seen: { rules: [], defaults: [] } },
    private_keys: plain ? { unseen: { what: '/root/.ssh', why: 'not_permitted', detail: '' } } : { seen: [] },
  };
}

/** What is in an image of the mock. */
export function insideOf(asset) {
  const short = ({ id, kind, name }) => ({ id, kind, name });
  const isBase = asset.name.includes('debian:');
  const base = IMAGES.find(({ name }) => name.includes('debian:'));
  const layer = (created_by, bytes, packages, findings, from_base) => ({
    diff_id: digestOf(`${asset.name} ${created_by}`),
    bytes,
    bytes_unpacked: bytes * 3,
    wasted_bytes: from_base ? 0 : 1_200_000,
    created_by,
    complete: true,
    from_base: isBase ? null : from_base,
    packages,
    findings,
  });
  const layers = [
    layer('/bin/sh -c #(nop) ADD file:5b1a in / ', 29_000_000, 88, { high: 2, low: 5 }, true),
    layer(
      'RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends curl libssl3 # buildkit',
      18_000_000,
      12,
      { critical: 1, medium: 1 },
      false,
    ),
    layer('COPY app /app # buildkit', 4_200_000, 31, {}, false),
  ].slice(0, isBase ? 1 : 3);
  const packages = FILLER.map((name, index) => ({
    name,
    version: `1.${index}-2`,
    ecosystem: 'Debian:12',
    path: 'var/lib/dpkg/status',
    layer: index % 5 === 4 && !isBase ? 1 : 0,
    licences: [],
    worst: index % 9 === 3 ? 'high' : null,
  }));
  const started = CONTAINERS.filter((item) => item.image === asset.name);
  return {
    names: [asset.name],
    digest: digestOf(asset.key),
    platform: 'linux/amd64',
    os: 'Debian GNU/Linux 12 (bookworm)',
    created: '2026-09-02T10:00:00Z',
    user: '',
    entrypoint: ['/app/server'],
    cmd: [],
    ports: ['8080/tcp'],
    layers,
    base: {
      name: null,
      digest: null,
      named_by: isBase ? null : 'layers',
      layers: isBase ? null : 1,
      told_by: isBase ? null : 'layers',
      image: isBase ? null : short(base),
      newer: isBase
        ? []
        : [
            {
              image: { ...short(base), name: 'docker.example/debian:12.9' },
              step: 'minor',
              removes: ['CVE-2026-1001', 'CVE-2026-1002'],
              brings: ['CVE-2026-1003'],
              of: 7,
            },
          ],
    },
    packages,
    packages_total: packages.length,
    containers: started.map((item) => ({
      container: short(item),
      state: 'running',
      host: short(HOSTS.find(({ name }) => name === item.on)),
    })),
    gaps: [],
  };
}

export function relationsOf(asset) {
  const short = ({ id, kind, name }) => ({ id, kind, name });
  if (asset.kind === 'container') {
    return HOSTS.filter((item) => item.name === asset.on).map((item) => ({ kind: 'runs_on', direction: 'to', asset: short(item) }));
  }
  return CONTAINERS.filter((item) => item.on === asset.name).map((item) => ({ kind: 'runs_on', direction: 'from', asset: short(item) }));
}
