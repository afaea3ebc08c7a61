// One-time codes (RFC 6238) for the mock and for the tests: SHA-1, six digits, thirty seconds.
import { createHmac, randomBytes } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const STEP_S = 30;

export const stepAt = (ms) => Math.floor(ms / 1000 / STEP_S);

export function newSecret() {
  return [...randomBytes(32)].map((byte) => ALPHABET[byte % 32]).join('');
}

function bytesOf(secret) {
  const bits = [...secret].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

export function codeAt(secret, step) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', bytesOf(secret)).update(counter).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

/** The step that a code belongs to (one before and one after are allowed), newer than the last used. */
export function stepOf(secret, code, now, lastUsed) {
  const step = [-1, 0, 1].map((by) => stepAt(now) + by).find((candidate) => codeAt(secret, candidate) === code);
  return step === undefined || step <= lastUsed ? null : step;
}

/** A picture with the look of a QR code. The mock's cannot be scanned; the server's can. */
export function pictureOf(secret) {
  const size = 29;
  const bit = (x, y) => ((ALPHABET.indexOf(secret[(x * 7 + y * 3) % secret.length]) >> ((x + y) % 5)) & 1) === 1;
  const corner = (x, y) =>
    [
      [0, 0],
      [size - 7, 0],
      [0, size - 7],
    ]
      .map(([cx, cy]) => [x - cx, y - cy])
      .find(([a, b]) => a >= 0 && b >= 0 && a < 7 && b < 7);
  let path = '';
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const at = corner(x, y);
      const ring = at === undefined ? bit(x, y) : Math.max(Math.abs(at[0] - 3), Math.abs(at[1] - 3)) !== 2;
      if (ring) path += `M${x + 2},${y + 2}h1v1h-1z`;
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size + 4} ${size + 4}"><rect width="100%" height="100%" fill="#fff"/><path d="${path}" fill="#000"/></svg>`;
}
