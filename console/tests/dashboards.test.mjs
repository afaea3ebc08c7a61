// Dashboards in a real browser, against the mock: those that come with Vigie, a copy, tiles that are
// added, moved, sized and removed by keyboard and by pointer.
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
const dialog = () => page.getByRole('dialog');
const tile = (name) => page.locator('section.tile', { has: page.getByRole('heading', { name, exact: true }) });
const boxOf = (name) =>
  tile(name).evaluate((element) => [element.style.getPropertyValue('--column'), element.style.getPropertyValue('--row')]);
const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
const visit = async (path) => {
  await page.goto(`${server.url}${path}`);
  await settled(page);
};
const kept = () => server.world.dashboards[0];

before(async () => {
  house = await open();
  ({ server, page, heard } = house);
});

after(() => house?.close());

test('what comes with Vigie is shown, and its scripts come when it is opened', async () => {
  await visit('/');
  const scripts = () =>
    page.evaluate(() => performance.getEntriesByType('resource').filter(({ name }) => /Dashboards-.*\.js$/.test(name)).length);
  assert.equal(await scripts(), 0);
  await page.getByRole('navigation').getByRole('link', { name: 'Dashboards' }).click();
  await page.getByRole('link', { name: 'Sign-ins', exact: true }).click();
  await settled(page);
  assert.equal(await scripts(), 1);
  await tile('Refused')
    .getByRole('link', { name: /^[\d,]+$/ })
    .waitFor();
  assert.ok((await tile('Who is refused').locator('li').count()) > 1);
  assert.ok((await tile('Failed first, then let in').locator('tbody tr').count()) > 1);
  assert.equal(await button('Edit').count(), 0, 'nobody changes it');
  assert.deepEqual(await violations(page), []);
  await tile('Who is refused').locator('li a').first().click();
  await page.waitForURL((url) => url.pathname === '/events' && /user:/.test(url.searchParams.get('q')));
  assert.deepEqual(heard, []);
});

test('a copy is edited by keyboard: tiles are moved, sized, removed, and kept when it is saved', async () => {
  await visit('/dashboards/sign-ins');
  await button('Copy').click();
  assert.deepEqual(await violations(page), [], 'dialog');
  await dialog().getByLabel('Name').fill('My sign-ins');
  await dialog().getByRole('button', { name: 'Apply' }).click();
  await button('Save').waitFor();
  await settled(page);
  assert.equal(kept().shared, false);
  assert.deepEqual(await violations(page), [], 'while it is edited');
  assert.deepEqual(await boxOf('Refused'), ['9 / span 4', '1 / span 3']);
  await page.getByRole('button', { name: 'Size Refused with the arrow keys' }).focus();
  await page.keyboard.press('ArrowLeft');
  assert.deepEqual(await boxOf('Refused'), ['9 / span 3', '1 / span 3']);
  await page.getByRole('button', { name: 'Move Refused with the arrow keys' }).focus();
  await page.keyboard.press('ArrowRight');
  assert.deepEqual(await boxOf('Refused'), ['10 / span 3', '1 / span 3']);
  await page.getByText('Column 10, row 1, 3 wide, 3 high').waitFor({ state: 'attached' });
  await page.keyboard.press('ArrowDown');
  assert.deepEqual(await boxOf('Refused'), ['10 / span 3', '8 / span 3']);
  assert.equal((await boxOf('New accounts'))[1], '4 / span 4', 'what it passed does not fall past what is above');
  await button('Take Failed first, then let in off the dashboard').click();
  await button('Save').click();
  await button('Edit').waitFor();
  const refused = kept().tiles.find(({ title }) => title === 'Refused');
  assert.deepEqual([refused.x, refused.width], [9, 3]);
  assert.equal(kept().tiles.length, 4);
  assert.deepEqual(heard, []);
});

test('a tile is dragged and sized by the pointer', async () => {
  const before = await boxOf('Who is refused');
  await button('Edit').click();
  const drag = async (name, dx, dy) => {
    const { x, y, width, height } = await page.getByRole('button', { name }).boundingBox();
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width / 2 + dx / 2, y + height / 2 + dy / 2);
    await page.mouse.move(x + width / 2 + dx, y + height / 2 + dy);
    await page.mouse.up();
  };
  await drag('Size Who is refused with the arrow keys', -220, 90);
  const sized = await boxOf('Who is refused');
  assert.notDeepEqual(sized, before);
  assert.match(sized[0], /span [34]$/);
  await drag('Move Who is refused with the arrow keys', 110, 0);
  assert.match((await boxOf('Who is refused'))[0], /^2 \//);
  await button('Cancel').click();
  assert.deepEqual(await boxOf('Who is refused'), before, 'nothing is kept');
});

test('a new dashboard: tiles from a saved search and from a query, placed by numbers', async () => {
  await visit('/dashboards');
  await button('New dashboard').click();
  await dialog().getByLabel('Name').fill('Night');
  await dialog().getByRole('button', { name: 'Apply' }).click();
  await page.getByText('This dashboard has no tiles yet.').waitFor();
  await button('Add a tile').click();
  await dialog().getByLabel('Search', { exact: true }).selectOption({ label: 'Refused sign-ins' });
  await dialog().getByLabel('Shown as').selectOption('top');
  await dialog().getByLabel('Values of the field').fill('no name:');
  await dialog().getByRole('button', { name: 'Apply' }).click();
  await dialog().getByText('A name has letters').waitFor();
  assert.deepEqual(await violations(page), [], 'in the dialog');
  await dialog().getByLabel('Values of the field').fill('host');
  await dialog().getByRole('button', { name: 'Apply' }).click();
  await tile('Refused sign-ins').locator('li').first().waitFor();
  await button('Add a tile').click();
  await dialog().getByLabel('Search', { exact: true }).selectOption({ label: 'A query of its own' });
  await dialog().getByLabel('Query').fill('format:cron');
  await dialog().getByLabel('Shown as').selectOption('table');
  await dialog().getByLabel('Columns').fill('host, message');
  await dialog().getByLabel('Title').fill('Jobs');
  await dialog().getByLabel('Width').fill('12');
  await dialog().getByRole('button', { name: 'Apply' }).click();
  await tile('Jobs').locator('tbody tr').first().waitFor();
  assert.deepEqual(await boxOf('Jobs'), ['1 / span 12', '4 / span 3']);
  await button('Save').click();
  await button('Edit').waitFor();
  const board = server.world.dashboards.find(({ name }) => name === 'Night');
  assert.deepEqual(
    board.tiles.map(({ search, q, title, by }) => [search !== null, q, title, by]),
    [
      [true, null, null, 'host'],
      [false, 'format:cron', 'Jobs', null],
    ],
  );
  await button('Edit').click();
  await button('Remove').click();
  await button('Remove for good').click();
  await page.waitForURL((url) => url.pathname === '/dashboards');
  assert.equal(
    server.world.dashboards.some(({ name }) => name === 'Night'),
    false,
  );
  assert.deepEqual(heard, []);
});

test('narrow: tiles stand below each other', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  await visit('/dashboards/sign-ins');
  assert.equal(await overflow(), 0);
  await visit(`/dashboards/${kept().id}?edit=1`);
  await button('Save').waitFor();
  assert.equal(await overflow(), 0);
  assert.deepEqual(await violations(page), []);
});
