// What people keep of their searches, in a real browser against the mock: completion while typing, long
// searches that answer early, saved searches, alerts.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from './axe.mjs';
import { open } from './house.mjs';
import { settled } from './walk.mjs';

let house;
let server;
let page;
let heard;

const button = (name) => page.getByRole('button', { name, exact: true });
const field = () => page.getByRole('combobox', { name: 'Search events' });
const option = (name) => page.getByRole('option', { name });
const param = (name) => new URL(page.url()).searchParams.get(name);
const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
const visit = async (path) => {
  await page.goto(`${server.url}${path}`);
  await settled(page);
};

before(async () => {
  house = await open();
  ({ server, page, heard } = house);
});

after(() => house?.close());

test('completion: names, then values, by keyboard alone', async () => {
  await visit('/events?range=7d');
  await field().focus();
  await page.keyboard.type('for');
  await option(/^format/)
    .first()
    .waitFor();
  assert.equal(await field().getAttribute('aria-expanded'), 'true');
  assert.equal(await field().getAttribute('aria-activedescendant'), null, 'nothing is chosen by itself');
  assert.deepEqual(await violations(page), [], 'with suggestions');
  await page.keyboard.press('ArrowDown');
  const active = await field().getAttribute('aria-activedescendant');
  assert.equal(await page.locator(`[id="${active}"]`).getAttribute('aria-selected'), 'true');
  await page.keyboard.press('Enter');
  assert.equal(await field().inputValue(), 'format:');
  await option(/^sshd/).waitFor();
  await page.keyboard.type('su');
  await option(/^sshd/).waitFor({ state: 'detached' });
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Tab');
  assert.equal(await field().inputValue(), 'format:sudo ');
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.searchParams.get('q') === 'format:sudo');
  await settled(page);
  assert.deepEqual(heard, []);
});

test('completion: what is written is searched for, Escape shuts, a value is quoted, a stale answer is not shown', async () => {
  await visit('/events?range=7d');
  await field().pressSequentially('class:Pro');
  await option(/^Process Activity/).click();
  assert.equal(await field().inputValue(), 'class:"Process Activity" ');
  await field().fill('');
  await field().pressSequentially('hos');
  await option(/^host/).first().waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('listbox').waitFor({ state: 'detached' });
  assert.equal(await field().inputValue(), 'hos');
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.searchParams.get('q') === 'hos');
  let held = null;
  await page.route('**/api/v1/events/names?prefix=us*', async (route) => {
    held = route;
  });
  await field().fill('');
  await field().pressSequentially('us');
  await page.waitForTimeout(400);
  await field().fill('');
  await field().pressSequentially('sev');
  await option(/^severity/)
    .first()
    .waitFor();
  assert.notEqual(held, null);
  await held.fulfill({ json: ['user'] }).catch(() => {});
  await page.waitForTimeout(200);
  assert.equal(await option(/^user/).count(), 0);
  await page.unroute('**/api/v1/events/names?prefix=us*');
  assert.deepEqual(heard, []);
});

test('a long search says how far it is, can be ended, says what is missing, and goes on', async () => {
  await visit('/events?range=30d');
  server.world.slowMs = 60_000;
  try {
    await field().fill('NOT format:sshd');
    await page.keyboard.press('Enter');
    await page.getByText(/^Searching: read \d+% of [\d,]+ events$/).waitFor();
    assert.deepEqual(await violations(page), [], 'while it searches');
    await button('Stop here').click();
    await page.getByText(/^Only \d+% was read \([\d,]+ of [\d,]+ events\)/).waitFor();
    server.world.slowMs = 0;
    await settled(page);
    assert.deepEqual(await violations(page), [], 'partial');
    assert.ok((await page.locator('[data-event]').count()) > 0);
    await button('Read on').click();
    await page.getByText(/^Only \d+% was read/).waitFor({ state: 'detached' });
    await settled(page);
  } finally {
    server.world.slowMs = 0;
  }
  assert.deepEqual(heard, []);
});

test('the search is exported in columns too', async () => {
  await visit('/events?range=7d&q=format:sudo');
  await button('Export').click();
  const link = page.getByRole('link', { name: 'Columns for analysis (Parquet)' });
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  assert.equal(new URL(download.url()).searchParams.get('format'), 'parquet');
  assert.equal(download.suggestedFilename(), 'events.parquet');
});

test('a search is saved, found again, changed, renamed and removed', async () => {
  await visit('/events?range=7d&q=format:cron&cols=host,message');
  await button('Saved searches').click();
  await button('Save this search …').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('A name is needed.').waitFor();
  assert.deepEqual(await violations(page), [], 'in the dialog');
  await dialog.getByLabel('Name').fill('Nightly jobs');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.waitForURL((url) => url.searchParams.has('saved'));
  const id = param('saved');

  await visit('/events');
  await button('Saved searches').click();
  await page.getByRole('link', { name: /^Use of sudo/ }).waitFor();
  assert.deepEqual(await violations(page), [], 'in the menu');
  await page.getByRole('link', { name: /^Nightly jobs/ }).click();
  await page.waitForURL((url) => url.searchParams.get('saved') === id);
  await settled(page);
  assert.equal(param('q'), 'format:cron');
  assert.equal(param('range'), '7d');
  assert.equal(param('cols'), 'host,message');
  assert.equal(await page.getByText('changed', { exact: true }).count(), 0);

  await field().fill('format:cron AND host:web-1.paris');
  await page.keyboard.press('Enter');
  await page.getByText('changed', { exact: true }).waitFor();
  await button('Saved searches').click();
  await button('Save the changes to Nightly jobs …').click();
  await dialog.getByLabel('Name').fill('Jobs of web-1');
  await dialog.getByLabel('Take over the query, time range and columns of the page').check();
  await dialog.getByLabel('Everybody who reads events sees it').check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('changed', { exact: true }).waitFor({ state: 'detached' });
  const kept = server.world.searches.find((search) => search.id === id);
  assert.deepEqual([kept.name, kept.q, kept.last_s, kept.shared], ['Jobs of web-1', 'format:cron AND host:web-1.paris', 604_800, true]);

  await button('Saved searches').click();
  await button('Edit Jobs of web-1').click();
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await dialog.getByText('The search is then gone').waitFor();
  await dialog.getByRole('button', { name: 'Remove for good' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.waitForURL((url) => !url.searchParams.has('saved'));
  assert.equal(
    server.world.searches.some((search) => search.id === id),
    false,
  );
  assert.deepEqual(heard, []);
});

test('what the server refuses is said where it was asked', async () => {
  await visit('/events?q=format:cron');
  await button('Saved searches').click();
  await button('Save this search …').click();
  const dialog = page.getByRole('dialog');
  for (let round = 0; round < 2; round += 1) {
    await dialog.getByLabel('Name').fill('Twice');
    await dialog.getByRole('button', { name: 'Save' }).click();
    if (round === 0) {
      await dialog.waitFor({ state: 'detached' });
      await button('Saved searches').click();
      await button('Save this search …').click();
    }
  }
  await dialog.getByText('One of this name is saved already.').waitFor();
  assert.deepEqual(await violations(page), []);
});

test('alerts: how they stand, and one is set, changed and taken away', async () => {
  await visit('/events');
  await button('Saved searches').click();
  await page.getByRole('link', { name: 'All searches and alerts' }).click();
  const row = (name) => page.locator('tr', { has: page.getByRole('link', { name, exact: true }) });
  await row('Refused sign-ins').getByText('Going on').waitFor();
  await row('Refused sign-ins').getByText('203.0.113.17').waitFor();
  assert.match(await row('Refused sign-ins').getByRole('link', { name: 'Its findings' }).getAttribute('href'), /subject=search%3A/);
  assert.deepEqual(await violations(page), [], 'the list');
  await button('Alert from Use of sudo').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('fewer than so many events').check();
  await dialog.getByLabel('So many events', { exact: true }).fill('5');
  await dialog.getByLabel('Counted for each value of').fill('host');
  await dialog.getByLabel('Width of a window in minutes').fill('30');
  assert.deepEqual(await violations(page), [], 'the form');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  await row('Use of sudo').getByText('at fewer than 5 in 30 min, for each host').waitFor();
  const { alert } = server.world.searches.find(({ name }) => name === 'Use of sudo');
  assert.deepEqual(
    [alert.fewer_than, alert.at_least, alert.by, alert.window_s, alert.every_s, alert.lag_s],
    [5, null, 'host', 1800, 1800, 60],
  );
  await button('Alert from Use of sudo').click();
  assert.equal(await dialog.getByLabel('So many events', { exact: true }).inputValue(), '5');
  await dialog.getByRole('button', { name: 'No alert any more' }).click();
  await dialog.waitFor({ state: 'detached' });
  await row('Use of sudo').getByText('no alert').waitFor();
  assert.deepEqual(heard, []);
});

test('narrow: searches and suggestions fit', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  await visit('/events?range=7d');
  await button('Saved searches').click();
  await page.getByRole('link', { name: /^Use of sudo/ }).waitFor();
  assert.equal(await overflow(), 0, 'menu');
  const left = await page.locator('.menu .panel').evaluate((panel) => panel.getBoundingClientRect().left);
  assert.ok(left >= 0, `the menu begins at ${left}`);
  await page.keyboard.press('Escape');
  await field().pressSequentially('dst');
  await page.getByRole('option').first().waitFor();
  assert.equal(await overflow(), 0, 'suggestions');
  assert.deepEqual(await violations(page), []);
  await page.setViewportSize({ width: 1440, height: 860 });
});
