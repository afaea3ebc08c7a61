// A stand-in for the server: the HTTP API by its contract, over a small invented fleet, and the built
// console beside it with the same headers. For working on the console and for its end-to-end test.
//
//   npm run mock        then open the printed set-up link (or `npm run dev` against it)
//
// State lives in memory. Loopback only.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { route } from './routes.mjs';
import { Refusal, sessionView } from './access.mjs';
import { World } from './world.mjs';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const BODY_MAX = 1_000_000;
const TICK_MS = 1200;
const PING_MS = 15_000;

const SECURITY = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
};
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.md': 'text/plain; charset=utf-8',
};

const languageOf = (request) => ['en', 'fr', 'de'].find((code) => request.headers['accept-language']?.startsWith(code)) ?? 'en';
const cookieOf = (request) => /(?:^|; )__Host-vigie=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];

async function bodyOf(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > BODY_MAX) throw new Refusal(413, 'too_large', { en: 'Too large.', fr: 'Trop volumineux.', de: 'Zu groß.' });
  }
  return text === '' ? {} : JSON.parse(text);
}

function sendJson(response, status, value, headers = {}) {
  response.writeHead(status, {
    ...SECURITY,
    'Cache-Control': 'no-store',
    ...(value === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...headers,
  });
  response.end(value === undefined ? undefined : JSON.stringify(value));
}

function stream(world, request, response) {
  response.writeHead(200, { ...SECURITY, 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write(': here\n\n');
  let id = 0;
  const listener = (event, data) => response.write(`event: ${event}\nid: ${(id += 1)}\ndata: ${JSON.stringify(data)}\n\n`);
  const ping = setInterval(() => response.write(': ping\n\n'), PING_MS);
  world.listeners.add(listener);
  request.on('close', () => {
    clearInterval(ping);
    world.listeners.delete(listener);
  });
}

async function answerApi(world, request, response, url) {
  const language = languageOf(request);
  const say = (text) => (text === null ? null : text[language]);
  try {
    const session = world.sessions.get(cookieOf(request) ?? '');
    const expected = sessionView(world, session).csrf;
    if (request.method !== 'GET' && request.headers['x-vigie-csrf'] !== expected) {
      throw new Refusal(403, 'csrf', {
        en: 'The request does not come from this console.',
        fr: 'La demande ne vient pas de cette console.',
        de: 'Die Anfrage kommt nicht von dieser Konsole.',
      });
    }
    if (session !== undefined) session.last_seen_at = new Date().toISOString();
    const path = url.pathname.slice('/api/v1'.length);
    if (path === '/stream' && session !== undefined) return stream(world, request, response);
    const body = request.method === 'GET' ? {} : await bodyOf(request);
    const query = Object.fromEntries(url.searchParams);
    const answer = await route({ world, request, method: request.method, path, query, body, session, language, say });
    if (answer.text !== undefined) {
      response.writeHead(200, { ...SECURITY, 'Content-Type': answer.type, 'Content-Disposition': `attachment; filename="${answer.file}"` });
      return response.end(answer.text);
    }
    return sendJson(response, answer.status ?? 200, answer.value, answer.headers);
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    const { status, code, said, hint, at } = thrown;
    return sendJson(response, status, { error: { code, said: say(said), hint: say(hint), ...(at === null ? {} : { at }) } });
  }
}

async function answerFile(response, pathname) {
  const name = pathname.slice(1);
  const isFile = name.startsWith('static/') || /\.[a-z0-9]+$/.test(name);
  try {
    const file = isFile ? name : 'index.html';
    const bytes = await readFile(`${DIST}${file.replaceAll('..', '')}`);
    const cache = name.startsWith('static/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    response.writeHead(200, { ...SECURITY, 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream', 'Cache-Control': cache });
    response.end(bytes);
  } catch {
    sendJson(response, 404, { error: { code: 'not_found', said: 'There is no such file.', hint: 'npm run build' } });
  }
}

/** Starts the mock; port 0 takes a free one. */
export async function start({ port = 0, token = 'mock-token' } = {}) {
  const world = new World(token);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const work = url.pathname.startsWith('/api/') ? answerApi(world, request, response, url) : answerFile(response, url.pathname);
    work.catch((thrown) => {
      console.error(thrown);
      if (!response.headersSent) sendJson(response, 500, { error: { code: 'internal', said: String(thrown), hint: null } });
    });
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  const ticking = setInterval(() => world.tick(), TICK_MS);
  const url = `http://localhost:${server.address().port}`;
  const stop = () => {
    clearInterval(ticking);
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url, setUpUrl: `${url}/set-up?token=${token}`, world, stop };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { setUpUrl } = await start({ port: Number(process.env.PORT ?? 8444) });
  console.log(`Mock server. First: ${setUpUrl}`);
}
