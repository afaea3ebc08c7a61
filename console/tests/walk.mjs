// The ways through the console that tests and pictures share.
import { codeAt, stepAt } from '../mock/totp.mjs';

export const ACCOUNT = { name: 'Marie', passphrase: 'seven lanterns over Ushant at dusk' };

/** Waits until the page has its heading and nothing is loading. */
export async function settled(page) {
  await page.locator('h1').first().waitFor();
  await page.locator('.loading').first().waitFor({ state: 'detached' });
  await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
}

export async function setUp(page, setUpUrl) {
  await page.goto(setUpUrl);
  await page.getByLabel('Name', { exact: true }).fill(ACCOUNT.name);
  await page.locator('input[autocomplete="new-password"]').fill(ACCOUNT.passphrase);
  await page.locator('.meter .lit').first().waitFor();
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('button', { name: 'Later' }).waitFor();
}

/** Enters a one-time code that has not been used yet. Gives the step of the code that worked. */
export async function enterCode(page, secret, after, submit) {
  for (const step of [stepAt(Date.now()), stepAt(Date.now()) + 1].filter((candidate) => candidate > after)) {
    await page.locator('input[autocomplete="one-time-code"]').fill(codeAt(secret, step));
    const answer = page.waitForResponse(
      (response) => response.request().method() === 'POST' && /\/api\/v1\/(session|account)/.test(response.url()),
    );
    await submit();
    if ((await answer).ok()) return step;
  }
  throw new Error('no one-time code was accepted');
}

/** Pages by name; ids are taken from the running server. */
export async function pagesOf(page) {
  const get = (path) => page.evaluate(async (at) => (await fetch(`/api/v1${at}`)).json(), path);
  const active = await get('/findings?state=all&limit=1');
  const detections = await get('/findings?state=all&kind=detection&limit=1');
  const vulnerabilities = await get('/findings?state=all&kind=vulnerability&limit=1');
  const checks = await get('/findings?state=all&kind=misconfiguration&limit=1');
  const events = await get('/events?limit=1');
  const { assets } = await get('/assets?kind=host');
  const catalogue = await get('/catalogue');
  const list = [
    ['overview', '/'],
    ['findings', '/findings'],
    ['decisions', '/decisions'],
    ['events', '/events'],
    ['searches', '/searches'],
    ['dashboards', '/dashboards'],
    ['dashboard', '/dashboards/sign-ins'],
    ['assets', '/assets'],
    ['catalogue', '/catalogue'],
    ['formats', '/formats'],
    ['system', '/system'],
    ['audit', '/audit'],
    ['account', '/account'],
    ['not-found', '/nowhere'],
  ];
  const add = (name, path, id) => id !== undefined && list.push([name, `${path}${id}`]);
  add('finding', '/findings/', active.findings[0]?.id);
  add('finding-detection', '/findings/', detections.findings[0]?.id);
  add('finding-vulnerability', '/findings/', vulnerabilities.findings[0]?.id);
  add('finding-check', '/findings/', checks.findings[0]?.id);
  add('event', '/events/', events.events[0]?.id);
  add('entry', '/catalogue/', catalogue[0]?.id);
  for (const tab of ['', '?tab=packages', '?tab=sockets', '?tab=containers', '?tab=accounts', '?tab=checks', '?tab=gaps']) {
    if (assets[0] !== undefined) add(`asset${tab.replace('?tab=', '-')}`, '/assets/', `${assets[0].id}${tab}`);
  }
  const images = (await get('/assets?kind=image')).assets;
  // The one with most to show is not the first: a base has no base.
  const image = images.find(({ name }) => !name.includes('debian:')) ?? images[0];
  for (const tab of ['', '?tab=layers', '?tab=packages', '?tab=containers']) {
    if (image !== undefined) add(`image${tab.replace('?tab=', '-')}`, '/assets/', `${image.id}${tab}`);
  }
  return list;
}
