// Pictures of every page, for people to look at: node tests/shots.mjs FOLDER [page …]
// Takes them from a mock of its own, or from VIGIE_URL with VIGIE_SETUP_URL.
import { mkdir } from 'node:fs/promises';
import { start } from '../mock/server.mjs';
import { launch } from './browser.mjs';
import { pagesOf, settled, setUp } from './walk.mjs';

const [folder = '/tmp/console-shots', ...only] = process.argv.slice(2);
// Tall enough to see most of a page at once.
const WIDTHS = [
  [1280, 1500],
  [390, 1700],
];

await mkdir(folder, { recursive: true });
const server =
  process.env.VIGIE_URL === undefined
    ? await start()
    : { url: process.env.VIGIE_URL, setUpUrl: process.env.VIGIE_SETUP_URL, stop: async () => {} };
const browser = await launch();
const { page } = browser;

const wanted = (name) => only.length === 0 || only.some((part) => name === part || name.startsWith(`${part}-`));

async function shoot(name, path, prepare = async () => {}) {
  if (!wanted(name)) return;
  for (const theme of ['light', 'dark']) {
    for (const [width, height] of WIDTHS) {
      await page.emulateMedia({ colorScheme: theme });
      await page.setViewportSize({ width, height: name.includes('dialog') ? 860 : height });
      await page.goto(`${server.url}${path}`);
      await settled(page);
      await prepare();
      await page.waitForTimeout(400);
      await page.screenshot({ path: `${folder}/${name}-${theme}-${width}.png`, fullPage: false });
    }
  }
}

await page.goto(server.url);
await shoot('set-up', '/set-up?token=mock-token', async () =>
  page.locator('input[autocomplete="new-password"]').fill('seven lanterns over'),
);
await setUp(page, server.setUpUrl);
await page.evaluate((language) => localStorage.setItem('vigie.language', language), process.env.LANGUAGE_OF_SHOTS ?? 'en');
for (const [name, path] of await pagesOf(page)) await shoot(name, path);

await shoot('findings-panel', '/findings', async () => {
  if (page.viewportSize().width > 1200) await page.locator('[data-finding]').nth(2).click();
  await page.locator('article, [data-finding]').first().waitFor();
});
await shoot('findings-dialog', '/findings?kind=vulnerability', async () => {
  await page.locator('tbody input[type="checkbox"]').nth(1).check();
  await page.locator('.selection .primary').click();
  await page.locator('input[value="not_affected"]').check();
});
await shoot('events-open', '/events?q=Failed', async () => {
  await page.locator('[data-event]').nth(1).click();
  await page.locator('pre.raw').first().waitFor();
});
await shoot('events-breakdown', '/events?range=7d', async () => {
  if (page.viewportSize().width < 1280) await page.locator('.chart .chip').nth(1).click();
  await page.locator('.facet li').first().waitFor();
  await settled(page);
});
await shoot('events-columns', '/events?range=7d&cols=host,class,team,source,message', async () =>
  page.locator('.chart .menu button').first().click(),
);
await shoot('events-context', '/events?q=format%3Asudo', async () => {
  await page.locator('[data-event]').nth(1).click();
  await page.locator('.record .segments button').last().click();
  await page.locator('.around li').first().waitFor();
});
await shoot('events-error', '/events?q=user%3Aroot%20AND%20class%3A');
await shoot('help-dialog', '/', async () => page.keyboard.press('?'));
await page.evaluate(async () => {
  const { csrf } = await (await fetch('/api/v1/session')).json();
  await fetch('/api/v1/session', { method: 'DELETE', headers: { 'X-Vigie-CSRF': csrf } });
});
await shoot('sign-in', '/sign-in');

await browser.close();
await server.stop();
