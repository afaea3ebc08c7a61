// A headless Chromium for the tests, and ears for what must not be heard: console errors, violations
// of the content security policy, failed requests for our own files.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser with a fresh profile. */
export async function launch({ width = 1280, height = 860, theme = 'light', locale = 'en-GB' } = {}) {
  const profile = await mkdtemp(join(tmpdir(), 'vigie-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: ARGUMENTS,
    viewport: { width, height },
    colorScheme: theme,
    locale,
    timezoneId: 'Europe/Paris',
    ignoreHTTPSErrors: true,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const close = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { context, page: context.pages()[0] ?? (await context.newPage()), close };
}

/** Collects everything that should not happen on a page. */
export function listen(page) {
  const heard = [];
  page.on('pageerror', (error) => heard.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    // The browser itself reports each answer of 4xx; those that a test provokes are the test's business.
    const expected = /Failed to load resource: .*status of (400|401|403|404|409|429)/.test(message.text());
    if (message.type() === 'error' && !expected) heard.push(`console: ${message.text()}`);
    if (message.type() === 'warning') heard.push(`warning: ${message.text()}`);
  });
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (response.status() >= 400 && !pathname.startsWith('/api/')) heard.push(`${response.status()} ${pathname}`);
    if (response.status() >= 500) heard.push(`${response.status()} ${pathname}`);
  });
  return heard;
}
