// Set-up, sign-in, sessions and second factor of the mock. It keeps passphrases in memory in the clear:
// for a test double on the loopback only.
import { idOf } from './chance.mjs';
import { newSecret, pictureOf, stepOf } from './totp.mjs';

const PERMISSIONS = [
  'read_findings',
  'work_on_findings',
  'decide_findings',
  'read_events',
  'share_searches',
  'manage_formats',
  'read_assets',
  'edit_assets',
  'read_catalogue',
  'read_system',
  'run_rounds',
  'read_audit',
  'manage_own_account',
];

export class Refusal extends Error {
  constructor(status, code, said, hint = null, at = null) {
    super(code);
    Object.assign(this, { status, code, said, hint, at });
  }
}

const WRONG = () =>
  new Refusal(401, 'wrong', {
    en: 'Name, passphrase or code is wrong.',
    fr: 'Le nom, la phrase de passe ou le code est faux.',
    de: 'Name, Passphrase oder Code ist falsch.',
  });

export function judge(name, passphrase) {
  const length = [...passphrase].length;
  const different = new Set(passphrase.toLowerCase()).size;
  const words = passphrase.trim().split(/[\s-]+/).length;
  const weak = different < 8 || passphrase.toLowerCase().includes('password') || (name !== '' && passphrase.includes(name));
  const score = length < 15 ? 0 : weak ? 1 : Math.min(4, 2 + (words > 2 ? 1 : 0) + (length > 22 ? 1 : 0));
  const acceptable = length >= 15 && score >= 3;
  const said = acceptable
    ? { en: 'Good.', fr: 'Bonne phrase de passe.', de: 'Gut.' }
    : {
        en: 'Too easy to guess: a few words that do not belong together are better.',
        fr: 'Trop facile à deviner : préférez quelques mots sans rapport entre eux.',
        de: 'Zu leicht zu erraten: besser sind einige Wörter, die nicht zusammengehören.',
      };
  return { acceptable, score, said };
}

export function sessionView(world, session) {
  const { account } = world;
  const base = { csrf: session?.csrf ?? 'signed-out', version: '0.1.0' };
  if (account === null) return { state: 'setup', user: null, permissions: [], ...base };
  if (session === undefined) return { state: 'signed_out', user: null, permissions: [], ...base };
  const { id, name, language } = account;
  return {
    state: 'signed_in',
    user: { id, name, role: 'administrator', totp: account.totp !== null, language },
    permissions: PERMISSIONS,
    ...base,
  };
}

export function begin(world, request) {
  const token = world.newToken();
  const now = new Date().toISOString();
  world.sessions.set(token, {
    id: idOf('session', token),
    csrf: world.newToken(),
    created_at: now,
    last_seen_at: now,
    address: request.socket.remoteAddress ?? '127.0.0.1',
    agent: request.headers['user-agent'] ?? '',
  });
  return token;
}

export function setUp(world, { token, name, passphrase, language }) {
  if (world.account !== null || token !== world.setUpToken) {
    throw new Refusal(
      403,
      'set_up_link',
      {
        en: 'This set-up link is not valid (any more).',
        fr: 'Ce lien de mise en service n’est pas (ou plus) valable.',
        de: 'Dieser Einrichtungslink gilt nicht (mehr).',
      },
      {
        en: 'Restart Vigie to get a new one.',
        fr: 'Redémarrez Vigie pour en obtenir un nouveau.',
        de: 'Starten Sie Vigie neu, um einen neuen zu bekommen.',
      },
    );
  }
  const verdict = judge(name, passphrase);
  if (!verdict.acceptable) throw new Refusal(400, 'passphrase', verdict.said);
  world.account = { id: idOf('user', name), name, passphrase, language, totp: null, pending: null, lastStep: 0, recovery: [] };
}

export function signIn(world, { name, passphrase, code }) {
  const { account } = world;
  if (account === null || account.name !== name || account.passphrase !== passphrase) throw WRONG();
  if (account.totp === null) return;
  if (!code)
    throw new Refusal(401, 'totp_required', { en: 'A code is needed too.', fr: 'Il faut aussi un code.', de: 'Ein Code ist auch nötig.' });
  const at = account.recovery.indexOf(code);
  if (at >= 0) {
    account.recovery.splice(at, 1);
    return;
  }
  const step = stepOf(account.totp, code, Date.now(), account.lastStep);
  if (step === null) throw WRONG();
  account.lastStep = step;
}

function confirmed(world, passphrase) {
  if (world.account.passphrase !== passphrase) throw WRONG();
}

export function enrol(world, { passphrase }) {
  confirmed(world, passphrase);
  const secret = newSecret();
  world.account.pending = secret;
  return {
    secret,
    uri: `otpauth://totp/Vigie:${encodeURIComponent(world.account.name)}?secret=${secret}&issuer=Vigie`,
    qr_svg: pictureOf(secret),
  };
}

export function confirm(world, { code }) {
  const { account } = world;
  const step = account.pending === null ? null : stepOf(account.pending, code, Date.now(), account.lastStep);
  if (step === null) throw WRONG();
  Object.assign(account, { totp: account.pending, pending: null, lastStep: step });
  account.recovery = Array.from({ length: 10 }, () =>
    world
      .newToken()
      .slice(0, 10)
      .toLowerCase()
      .replace(/[-_]/g, 'x')
      .replace(/^(.{5})/, '$1-'),
  );
  return { recovery_codes: account.recovery };
}

export function removeFactor(world, { passphrase }) {
  confirmed(world, passphrase);
  world.account.totp = null;
}
