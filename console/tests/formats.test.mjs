// Log formats, what was understood, and sequences, in a browser on the mock.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from './axe.mjs';
import { open } from './house.mjs';
import { settled } from './walk.mjs';

let server, page, heard, close;

before(async () => {
  ({ server, page, heard, close } = await open());
});

after(async () => close());

const button = (name) => page.getByRole('button', { name, exact: true });
const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

async function visit(path) {
  await page.goto(`${server.url}${path}`);
  await settled(page);
}

test('a format is made from lines that a source could not read', async () => {
  await visit('/system');
  const understood = page.locator('section', { has: page.getByRole('heading', { name: 'What was understood' }) });
  await understood.getByText('1,200', { exact: false }).waitFor();
  await understood.getByText('Lines of 2 forms were not understood').click();
  assert.deepEqual(await violations(page), [], 'coverage');
  await understood.getByRole('button', { name: /^Make a format from these lines/ }).click();
  await page.getByText('No format knows what these lines mean.').waitFor();
  assert.match(await page.getByLabel('Lines', { exact: true }).inputValue(), /till ada paid 12/);
  await page.getByText('2 of 2 read').waitFor();
  assert.deepEqual(await violations(page), [], 'the draft');

  await button('Save').click();
  await page.getByText('A name is needed.').waitFor();
  await page.getByLabel('Name', { exact: true }).fill('Shop till');
  assert.equal(await page.getByLabel('Format', { exact: true }).inputValue(), 'shop-till');
  await page.getByLabel('What user becomes').fill('actor.user.name');
  await page.locator('dt', { hasText: 'actor.user.name' }).first().waitFor();
  await page.getByLabel('What paid becomes').fill('no.such.path');
  assert.equal(await page.getByLabel('What paid becomes').getAttribute('aria-invalid'), 'true');
  await page.getByLabel('What paid becomes').fill('');
  await page.getByLabel('Class of the events').selectOption('api_activity');
  await page.getByText('API Activity').nth(1).waitFor();
  await button('Save').click();
  await page.getByText('The format is saved and in use.').waitFor();
  await page.getByRole('link', { name: 'Shop till' }).waitFor();
  assert.deepEqual(await violations(page), [], 'the list');
  const kept = server.world.formats[0];
  assert.deepEqual([kept.name, kept.draft.class, kept.records.length], ['shop-till', 'api_activity', 2]);
  assert.deepEqual(heard, []);
});

test('what is wrong is said while one types, and by the server', async () => {
  await visit('/formats?make=1');
  await page.getByLabel('Lines', { exact: true }).fill('Nov 21 08:30:00 web-1 sshd[1]: x');
  await button('Look at the lines').click();
  await page.getByText('All lines are read already: sshd').waitFor();
  await page.getByLabel('Lines', { exact: true }).fill('2026-11-21T08:30:00Z till eva paid 7\nsomething else\nsshd x');
  await button('Look at the lines').click();
  await page.getByText('1 line is read already; this is a page for the others.').waitFor();
  await page.getByText('The line fits for 0 characters').first().waitFor();
  await page.getByLabel('Lines with named parts').fill('till');
  await page.getByText('names no value').waitFor();
  assert.deepEqual(await violations(page), [], 'a wrong pattern');
  await page.getByLabel('Lines with named parts').fill('%{time:time} till %{word:who} paid %{int:paid}');
  await page.getByText('1 of 3 read').waitFor();
  await page.getByLabel('Name', { exact: true }).fill('X');
  await page.getByLabel('Format', { exact: true }).fill('sshd');
  await button('Save').click();
  await page.getByText('sshd is the name of a format that Vigie has itself.').waitFor();
  await page.getByLabel('Format', { exact: true }).fill('x');
  await page.getByText('1 of 3 read').waitFor();
  await button('As text').click();
  await page.getByRole('textbox', { name: 'The page' }).fill('format = 7');
  await page.getByText('title: is missing').waitFor();
});

test('a format is changed and removed', async () => {
  await visit('/formats/shop-till');
  await page.getByRole('heading', { name: 'Format Shop till' }).waitFor();
  await page.getByLabel('Name', { exact: true }).fill('Tills');
  await page.getByText('2 of 2 read').waitFor();
  await button('Save').click();
  await page.getByRole('link', { name: 'Tills' }).click();
  await button('Remove').click();
  await page.getByText('Its records are then read by other formats').waitFor();
  await button('Remove for good').click();
  await page.getByText('You have no format of your own.').waitFor();
  assert.deepEqual(server.world.formats, []);
});

test('who may not make formats sees the list alone', async () => {
  try {
    await page.route('**/api/v1/session', async (route) => {
      const answer = await route.fetch();
      const body = await answer.json();
      await route.fulfill({
        response: answer,
        json: { ...body, permissions: body.permissions?.filter((one) => one !== 'manage_formats') },
      });
    });
    await visit('/formats?make=1');
    await page.getByText('AWS CloudTrail').waitFor();
    assert.equal(await page.getByRole('link', { name: 'New format' }).count(), 0);
  } finally {
    await page.unroute('**/api/v1/session');
  }
});

test('sequences are listed with their steps', async () => {
  await visit(`/events?range=30d&q=${encodeURIComponent('sequence by user with maxspan=5m [ format:sudo ] [ format:sudo ]')}`);
  await page.getByText(/^\d+ sequences?$/).waitFor();
  const first = page.locator('.sequences > li').first();
  assert.ok((await first.locator('.steps > li').count()) >= 2);
  assert.deepEqual(await violations(page), [], 'sequences');
  await page.setViewportSize({ width: 360, height: 740 });
  assert.equal(await overflow(), 0, 'sequences at 360 px');
  await page.setViewportSize({ width: 1440, height: 860 });
  await first.getByRole('link', { name: 'Open event 1 of the sequence' }).click();
  await page.waitForURL(/events\/\d+/);
});

test('an edited dashboard is not left unasked', async () => {
  await visit('/dashboards/sign-ins');
  await button('Copy').click();
  await page.getByRole('dialog').getByLabel('Name').fill('Mine');
  await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).click();
  await button('Settings').click();
  await page.getByRole('dialog').getByLabel('Name').fill('Ours');
  await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).click();
  let asked = 0;
  const refuse = (dialog) => {
    asked += 1;
    void dialog.dismiss();
  };
  page.on('dialog', refuse);
  await page.getByRole('link', { name: 'Overview' }).click();
  assert.equal(asked, 1);
  await page.getByRole('heading', { name: 'Ours' }).waitFor();
  page.off('dialog', refuse);
  await button('Save').click();
  await page.getByText('The dashboard is saved.').last().waitFor();
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.waitForURL((url) => url.pathname === '/');
});

test('narrow and dark: formats fit', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await visit('/formats');
  assert.equal(await overflow(), 0, 'the list');
  assert.deepEqual(await violations(page), []);
  await visit('/formats?make=1');
  await page.getByLabel('Lines', { exact: true }).fill(`2026-11-21T08:30:00Z till ${'eva'.repeat(60)} paid 7`);
  await button('Look at the lines').click();
  await page.getByText('1 of 1 read').waitFor();
  assert.equal(await overflow(), 0, 'the maker');
  assert.deepEqual(await violations(page), []);
  await visit('/system');
  await page.getByText('Lines of 2 forms were not understood').click();
  assert.equal(await overflow(), 0, 'coverage');
  assert.deepEqual(await violations(page), []);
  await page.setViewportSize({ width: 1440, height: 860 });
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
});
