// The page of events in a real browser, against the mock: breakdown, columns, context, export, the live
// tail. What every page promises (languages, themes, 360 px) is in e2e.test.mjs.
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
const facet = (name) => page.locator('.facet', { has: page.getByRole('button', { name, expanded: true }) });
const query = () => new URL(page.url()).searchParams.get('q');
const visit = async (path) => {
  await page.goto(`${server.url}${path}`);
  await settled(page);
};
const headings = () => page.locator('.events thead th').allInnerTexts();

before(async () => {
  house = await open();
  ({ server, page, heard } = house);
});

after(() => house?.close());

test('breakdown: values with counts; a click narrows, a second takes it back', async () => {
  await visit('/events?range=7d');
  const classes = facet(/^Class/);
  const first = classes.locator('li .value').first();
  await first.waitFor();
  assert.match(await first.innerText(), /\S+\s+[\d,]+$/);
  const process = classes.getByTitle('Only class:"Process Activity"', { exact: true });
  await process.click();
  await page.waitForURL((url) => url.searchParams.get('q') === 'class:"Process Activity"');
  await settled(page);
  for (const shown of await page.locator('td.class .value').allInnerTexts()) assert.equal(shown, 'Process Activity');
  assert.equal(await process.getAttribute('aria-pressed'), 'true');
  await process.click();
  await page.waitForURL((url) => !url.searchParams.has('q'));
  await settled(page);
  await classes.getByRole('button', { name: 'Without class:Authentication', exact: true }).click();
  await page.waitForURL((url) => url.searchParams.get('q') === 'NOT class:Authentication');
  await settled(page);
  await classes.getByTitle('Only class:Authentication', { exact: true }).waitFor({ state: 'detached' });
  assert.deepEqual(await violations(page), []);
});

test('breakdown: it is counted only when unfolded, and says what has no value', async () => {
  const asked = [];
  const hear = (request) => request.url().includes('/events/top') && asked.push(new URL(request.url()).searchParams.get('by'));
  page.on('request', hear);
  await visit('/events?range=7d');
  await facet(/^Host/).locator('li').first().waitFor();
  await settled(page);
  assert.deepEqual([...new Set(asked)].toSorted(), ['class', 'host', 'severity']);
  await page.getByRole('button', { name: 'Format', exact: true }).click();
  const without = facet(/^Format/).getByTitle('Only events without format');
  await without.click();
  await page.waitForURL((url) => url.searchParams.get('q') === 'NOT format:*');
  await settled(page);
  await page.locator('td.class .tag', { hasText: 'unparsed' }).first().waitFor();
  page.off('request', hear);
});

test('breakdown: a field of one’s own stays, with what is uncertain', async () => {
  await visit('/events?range=30d');
  const name = page.locator('#event-facets').getByRole('combobox', { name: 'Name of a field' });
  await name.fill('no such:name');
  await name.press('Enter');
  await page.getByText('A name has letters, digits, dots').waitFor();
  assert.deepEqual(await violations(page), [], 'with a wrong name');
  await name.fill('src_endpoint.port');
  await name.press('Enter');
  await page.getByText('Each count is at most 2 too low.').waitFor();
  await page
    .getByText(/[\d,]+ other values/)
    .first()
    .waitFor();
  await name.fill('nothing.here');
  await name.press('Enter');
  await page.getByText('There is no field “nothing.here”.').waitFor();
  await button('Remove nothing.here from the breakdown').click();
  await page.reload();
  await settled(page);
  await page.getByText('Each count is at most 2 too low.').waitFor();
  assert.equal(await page.getByText('nothing.here').count(), 0);
  assert.deepEqual(await violations(page), []);
  await button('Breakdown').click();
  await page.locator('#event-facets').waitFor({ state: 'detached' });
  await page.reload();
  await settled(page);
  assert.equal(await page.locator('#event-facets').count(), 0, 'hidden stays hidden');
  await button('Breakdown').click();
  await button('Remove src_endpoint.port from the breakdown').click();
  assert.deepEqual(heard, []);
});

test('columns: added, ordered by keyboard, kept, and the usual ones again', async () => {
  await visit('/events?range=7d');
  assert.deepEqual(await headings(), ['Fields', 'Time', 'Host', 'Class', 'User', 'Address', 'Message']);
  await button('Columns').click();
  const menu = page.getByRole('group', { name: 'Columns' });
  await menu.getByLabel('team', { exact: true }).check();
  await menu.getByLabel('User', { exact: true }).uncheck();
  const name = menu.getByRole('combobox', { name: 'Name of a field' });
  await name.fill('auth_protocol');
  await name.press('Enter');
  await button('Move team up').focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Move team up');
  await page.keyboard.press('Enter');
  assert.deepEqual(await violations(page), [], 'with the menu open');
  await page.keyboard.press('Escape');
  const wanted = ['Fields', 'Time', 'Host', 'team', 'Class', 'Address', 'auth_protocol', 'Message'];
  assert.deepEqual(await headings(), wanted);
  assert.equal(new URL(page.url()).searchParams.get('cols'), 'host,team,class,address,auth_protocol,message');
  await visit('/events');
  assert.deepEqual(await headings(), wanted, 'kept for next time');
  await visit('/events?cols=host,message');
  assert.deepEqual(await headings(), ['Fields', 'Time', 'Host', 'Message'], 'an address wins');
  await button('Columns').click();
  await button('Usual columns').click();
  await page.keyboard.press('Escape');
  assert.equal((await headings()).length, 7);
  assert.ok(!new URL(page.url()).searchParams.has('cols'));
});

test('export: the events of the query as they are', async () => {
  await visit('/events?range=7d&q=format:sudo');
  for (const [format, label] of [
    ['csv', 'Table (CSV)'],
    ['ndjson', 'One JSON object a line (NDJSON)'],
  ]) {
    await button('Export').click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: label }).click()]);
    assert.equal(download.suggestedFilename(), `vigie-events.${format}`.replace('vigie-', ''));
    const url = new URL(download.url());
    assert.equal(url.searchParams.get('q'), 'format:sudo');
    assert.ok(url.searchParams.has('from'));
  }
});

test('context: in the list, and on a page of its own with all its ways on', async () => {
  await visit('/events?range=7d&q=format:cron');
  await page.locator('[data-event]').nth(2).click();
  await button('Before and after').click();
  await page.locator('.around li[aria-current]').waitFor();
  assert.deepEqual(await violations(page), [], 'context in the list');
  await page.getByRole('link', { name: 'Open as page' }).click();
  await page.getByRole('heading', { name: 'Before and after' }).waitFor();
  await settled(page);
  const times = await page.locator('.around time').evaluateAll((all) => all.map((time) => time.dateTime));
  assert.deepEqual(times, times.toSorted());
  assert.ok(times.length > 10);
  const { id } = await page.evaluate(async () => ({ id: location.pathname }));
  await page.locator('.around li:not([aria-current]) a').first().click();
  await page.waitForURL((url) => url.pathname.startsWith('/events/') && url.pathname !== id);
  await settled(page);
  await page
    .getByText(/\d\d:\d\d:\d\d(\.\d+)? UTC/)
    .first()
    .waitFor();
  assert.equal(await page.getByRole('button', { name: /^Only / }).count(), 0, 'nothing to narrow here');
  await page.getByRole('link', { name: /^Search for host:/ }).click();
  await page.waitForURL((url) => url.pathname === '/events' && query()?.startsWith('host:'));
  await page.goBack();
  await page.locator('dl .asset').click();
  await page.waitForURL((url) => url.pathname.startsWith('/assets/'));
  assert.deepEqual(heard, []);
});

test('the live tail keeps to the query, rests while one reads below, and goes on', async () => {
  await visit('/events?range=24h&q=NOT+format:sshd');
  await button('Live tail').click();
  await page.locator('tr.fresh').first().waitFor({ timeout: 15_000 });
  const formats = await page.evaluate(async () => {
    const { events } = await (await fetch(`/api/v1/events?q=${encodeURIComponent('NOT format:sshd')}&limit=20`)).json();
    return events.map(({ message }) => message);
  });
  assert.ok(formats.includes(await page.locator('td.message').first().getAttribute('title')));
  await page.locator('[data-event]').nth(60).scrollIntoViewIfNeeded();
  await page.getByText('The list rests while you read.').waitFor();
  const resting = await page.locator('[data-event]').first().getAttribute('data-event');
  await page.getByText(/new events? waits?\./).waitFor({ timeout: 15_000 });
  assert.equal(await page.locator('[data-event]').first().getAttribute('data-event'), resting);
  // The notice stays in view above what scrolls: what it covers is reached by scrolling.
  const covered = (violation) => /^target-size: .*partially obscured/.test(violation);
  assert.deepEqual(
    (await violations(page)).filter((violation) => !covered(violation)),
    [],
    'resting',
  );
  await button('To the newest').click();
  await page.locator(`[data-event="${resting}"]`).first().waitFor({ state: 'visible' });
  await page.waitForFunction((id) => document.querySelector('[data-event]')?.getAttribute('data-event') !== id, resting);
  assert.deepEqual(heard, []);
});

test('narrow: the breakdown stands above the list when it is asked for', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  await visit('/events?range=7d');
  assert.equal(await page.locator('#event-facets').count(), 0);
  await button('Breakdown').click();
  await page.locator('.facet li').first().waitFor();
  await settled(page);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(overflow, 0);
  assert.deepEqual(await violations(page), []);
  const event = await page.locator('[data-event]').first().getAttribute('data-event');
  await visit(`/events/${event}`);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0);
});
