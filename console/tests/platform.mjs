// The end-to-end test against the real program: starts VIGIE_BINARY on a data directory of its own,
// gives it something to show, and runs e2e.test.mjs on it. node tests/platform.mjs
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const binary = process.env.VIGIE_BINARY;
if (binary === undefined) {
  console.error('VIGIE_BINARY names no program: set it to the path of vigie');
  process.exit(2);
}

const data = await mkdtemp(join(tmpdir(), 'vigie-data-'));
const arguments_ = ['up', '--data', data, '--listen', '127.0.0.1:0', '--syslog', '127.0.0.1:0', '--no-local-logs', '--feeds', 'none'];
const platform = spawn(binary, arguments_, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, LC_ALL: 'C' } });
const ended = once(platform, 'exit');

/** The set-up link and the syslog address, from what the program says at its start. */
async function greeting() {
  const said = {};
  for await (const line of createInterface({ input: platform.stderr })) {
    said.setUp ??= /https:\S+/.exec(line)?.[0];
    said.syslog ??= /syslog: (\S+)/.exec(line)?.[1];
    if (line.includes('Ctrl-C')) break;
  }
  if (said.setUp === undefined || said.syslog === undefined) throw new Error('the program did not start');
  platform.stderr.resume();
  return said;
}

/** Failed sign-ins, as sshd logs them: events, and a detection. */
async function log(address) {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host);
  await once(socket, 'connect');
  for (let number = 0; number < 40; number += 1) {
    const message = `Failed password for invalid user guest${number} from 203.0.113.7 port ${40000 + number} ssh2`;
    socket.write(`<38>1 ${new Date().toISOString()} web-1 sshd 4242 - - ${message}\n`);
  }
  socket.end();
  await once(socket, 'close');
}

let code = 1;
try {
  const { setUp, syslog } = await greeting();
  await log(syslog);
  const test = spawn(process.execPath, ['--test', '--test-concurrency=1', new URL('e2e.test.mjs', import.meta.url).pathname], {
    stdio: 'inherit',
    env: { ...process.env, VIGIE_URL: new URL(setUp).origin, VIGIE_SETUP_URL: setUp },
  });
  [code] = await once(test, 'exit');
} finally {
  platform.kill('SIGTERM');
  await ended;
  await rm(data, { recursive: true, force: true });
}
process.exit(code ?? 1);
