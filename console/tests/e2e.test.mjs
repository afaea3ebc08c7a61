// The console in a real browser, from the set-up link to the last page: against the mock, or against a
// fresh server named by VIGIE_URL and VIGIE_SETUP_URL (at least one active finding and one event).
//
// Each step builds on the one before, as a person's first day does.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { start } from '../mock/server.mjs';
import { violations } from './axe.mjs';
import { launch, listen } from './browser.mjs';
import { ACCOUNT, enterCode, pagesOf, settled } from './walk.mjs';

const LANGUAGES = ['en', 'fr', 'de'];
const THEMES = ['light', 'dark'];
const NARROW = 360;
const own = process.env.VIGIE_URL === undefined;

let server;
let browser;
let page;
let heard;
let secret = '';
let usedStep = 0;

const at = (path) => `${server.url}${path}`;
const button = (name) => page.getByRole('button', { name, exact: true });
const visit = async (path) => {
  await page.goto(at(path));
  await settled(page);
};
const quiet = (where) => {
  assert.deepEqual(heard, [], where);
};

before(async () => {
  server = own
    ? await start()
    : { url: process.env.VIGIE_URL.replace(/\/$/, ''), setUpUrl: process.env.VIGIE_SETUP_URL, stop: async () => {} };
  browser = await launch();
  page = browser.page;
  await page.emulateMedia({ reducedMotion: 'reduce' });
  heard = listen(page);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function prefer(language, theme) {
  await page.evaluate(
    ([code, chosen]) => {
      localStorage.setItem('vigie.language', code);
      localStorage.setItem('vigie.theme', chosen);
    },
    [language, theme],
  );
}

/** A page in every language and theme: accessible, quiet, and in the language it says. */
async function everyWay(name, show) {
  for (const language of LANGUAGES) {
    for (const theme of THEMES) {
      await prefer(language, theme);
      await show();
      const where = `${name} ${language} ${theme}`;
      assert.equal(await page.evaluate(() => document.documentElement.lang), language, where);
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), theme, where);
      assert.match(await page.title(), /\S+ · Vigie$/, where);
      assert.deepEqual(await violations(page), [], where);
      quiet(where);
    }
  }
  await prefer('en', 'light');
}

async function fitsNarrow(name, show) {
  const size = page.viewportSize();
  await page.setViewportSize({ width: NARROW, height: 740 });
  await show();
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(overflow, 0, `${name} scrolls sideways at ${NARROW} px`);
  assert.deepEqual(await violations(page), [], `${name} at ${NARROW} px`);
  await page.setViewportSize(size);
}

test('set-up: the link opens the form, the token leaves the address', async () => {
  await page.goto(server.setUpUrl);
  await page.getByRole('heading', { name: 'Set up Vigie' }).waitFor();
  assert.equal(page.url(), at('/set-up'));
  // Another fragment alone would not load the page again.
  const openAnew = async () => {
    await page.goto('about:blank');
    await page.goto(server.setUpUrl);
    await page.locator('input[autocomplete="new-password"]').waitFor();
  };
  await everyWay('set-up', openAnew);
  await openAnew();
  await page.getByLabel('Name', { exact: true }).fill(ACCOUNT.name);
});

test('set-up: a weak passphrase is judged while it is typed, a good one makes the account', async () => {
  const field = page.locator('input[autocomplete="new-password"]');
  await field.fill('short');
  await page.getByText('10 more characters').waitFor();
  await field.fill('password password');
  await page.locator('.meter .weak').waitFor();
  assert.ok(await button('Create account').isDisabled());
  await field.fill(ACCOUNT.passphrase);
  await page.locator('.meter .lit').nth(3).waitFor();
  await button('Create account').click();
  await page.getByRole('heading', { name: 'The account stands' }).waitFor();
  quiet('set-up');
});

test('a second factor is added with a QR code, and recovery codes are shown once', async () => {
  await button('Add second factor').click();
  const picture = page.getByRole('img', { name: /QR code/ });
  await picture.waitFor();
  assert.ok(await picture.evaluate((image) => image.complete && image.naturalWidth > 0));
  secret = (await page.locator('.secret code').innerText()).replaceAll(' ', '');
  assert.match(secret, /^[A-Z2-7]{16,}$/);
  assert.deepEqual(await violations(page), []);
  usedStep = await enterCode(page, secret, 0, () => button('Confirm').click());
  await page.locator('.codes li').first().waitFor();
  assert.ok((await page.locator('.codes li').count()) >= 8);
  await button('I have saved them').click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  quiet('second factor');
});

test('sign-out and sign-in with the second factor; a wrong code is refused in words', async () => {
  await button('Sign out').click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.goto(at('/findings?severity=critical'));
  await page.getByLabel('Name', { exact: true }).fill(ACCOUNT.name);
  await page.locator('input[autocomplete="current-password"]').fill(ACCOUNT.passphrase);
  await button('Sign in').click();
  await page.getByRole('heading', { name: 'Second factor' }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.locator('input[autocomplete="one-time-code"]').fill('000000');
  await button('Confirm').click();
  await page.getByRole('alert').waitFor();
  usedStep = await enterCode(page, secret, usedStep, () => button('Confirm').click());
  await page.getByRole('heading', { name: 'Findings' }).waitFor();
  assert.equal(new URL(page.url()).search, '?severity=critical', 'leads to where one wanted to go');
  quiet('sign-in');
});

test('the stream is alive', async () => {
  await page.locator('.live:not(.off)').waitFor();
});

test('findings: filters live in the address, rows are walked by keyboard', async () => {
  await visit('/findings');
  const rows = page.locator('[data-finding]');
  await rows.first().waitFor();
  const severity = await page.locator('tbody .severity .word').first().innerText();
  await page.locator('.severities .chip', { hasText: severity }).click();
  await page.waitForURL((url) => url.searchParams.get('severity') === severity.toLowerCase());
  await settled(page);
  for (const shown of await page.locator('tbody .severity .word').allInnerTexts()) assert.equal(shown, severity);
  await page.goBack();
  await page.waitForURL((url) => url.search === '');
  await settled(page);
  await page.keyboard.press('j');
  assert.ok(await rows.first().evaluate((link) => link === document.activeElement));
  await page.keyboard.press('x');
  await page.getByText('1 selected').first().waitFor();
  await page.keyboard.press('x');
  await page.keyboard.press('Enter');
  await page.locator('aside article').waitFor();
  assert.deepEqual(await violations(page), [], 'with the detail open');
  await page.keyboard.press('Escape');
  await page.locator('aside article').waitFor({ state: 'detached' });
  assert.ok(await rows.first().evaluate((link) => link === document.activeElement), 'focus comes back to the row');
});

test('triage: a risk is accepted with reason and end, and the decision is withdrawn again', async () => {
  await visit('/findings');
  const link = page.locator('[data-finding]').first();
  const [id, title] = await Promise.all([link.getAttribute('data-finding'), link.innerText()]);
  await page.locator('tbody .pick input').first().check();
  await page.keyboard.press('d');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Accept the risk').click();
  await dialog.getByRole('button', { name: 'Accept the risk' }).click();
  await dialog.getByText('A reason is needed.').waitFor();
  assert.deepEqual(await violations(page), [], 'triage dialog');
  await dialog.getByLabel('Reason').fill('Replaced next week, ticket SEC-1.');
  await dialog.getByRole('button', { name: '30 days' }).click();
  await dialog.getByRole('button', { name: 'Accept the risk' }).click();
  await page.getByText('Decided: 1 finding').waitFor();

  await visit(`/findings/${id}`);
  await page.getByText('Risk accepted').first().waitFor();
  await page.getByText('Replaced next week, ticket SEC-1.').first().waitFor();
  await visit('/findings?state=accepted');
  assert.ok((await page.locator('[data-finding]').allInnerTexts()).includes(title));

  await visit('/decisions');
  const row = page.getByRole('row', { name: /SEC-1/ });
  await row.getByRole('button', { name: 'Withdraw' }).click();
  await page.getByRole('dialog').getByLabel('Why').fill('Done earlier.');
  await page.getByRole('dialog').getByRole('button', { name: 'Withdraw' }).click();
  await page.getByText('The decision is withdrawn.').waitFor();
  await visit(`/findings/${id}`);
  await page.locator('.state.open').first().waitFor();
  await page.getByText('Decision ended').waitFor();
  quiet('triage');
});

test('triage: work is taken up', async () => {
  await visit('/findings?state=open');
  const id = await page.locator('[data-finding]').first().getAttribute('data-finding');
  await visit(`/findings/${id}`);
  await button('Decide …').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Start work' }).click();
  await page.locator('.state.in_progress').first().waitFor();
  await page.getByText('Work started').waitFor();
});

test('events: a search, its histogram, a record, a filter by click', async () => {
  await visit('/events?range=30d');
  await page.locator('[data-event]').first().click();
  await page.locator('pre.raw').waitFor();
  assert.ok((await page.locator('pre.raw').innerText()).length > 0);
  const host = page.locator('td.host .value').first();
  const name = await host.innerText();
  await host.click();
  await page.waitForURL((url) => url.searchParams.get('q')?.startsWith('host:') ?? false);
  await settled(page);
  for (const shown of await page.locator('td.host .value').allInnerTexts()) assert.equal(shown, name);
  const bars = page.locator('.choosable .bar');
  const counts = await bars.evaluateAll((all) => all.map((bar) => bar.querySelector('.fill').getBoundingClientRect().height));
  await bars.nth(counts.indexOf(Math.max(...counts))).click();
  await page.waitForURL((url) => url.searchParams.has('from') && url.searchParams.has('to'));
  await settled(page);
  await page.locator('[data-event]').first().waitFor();
  await button('Zoom out').click();
  await settled(page);
  quiet('events');
});

test('events: a mistake in the query is shown where it is', async () => {
  await visit('/events');
  await page.getByRole('combobox', { name: 'Search events' }).fill('user:root AND (');
  await page.keyboard.press('Enter');
  const problem = page.locator('#query-problem');
  await problem.waitFor();
  if (own) assert.equal(await problem.locator('button').innerText(), 'at character 16');
  assert.deepEqual(await violations(page), []);
  await button('Query help').click();
  await page.getByRole('dialog').getByRole('button', { name: '"failed password"' }).click();
  await page.waitForURL((url) => url.searchParams.get('q') === '"failed password"');
});

test('events: the live tail brings what is new', { skip: own ? false : 'a quiet machine has nothing new' }, async () => {
  await visit('/events?range=15m');
  await button('Live tail').click();
  await page.locator('tr.fresh').first().waitFor({ timeout: 10_000 });
  quiet('live tail');
});

test('the keyboard leads everywhere', async () => {
  await visit('/');
  const pressed = async (keys, heading) => {
    const arrived = page.getByRole('heading', { name: heading, level: 1 });
    // Two keys belong together for a moment only; a busy machine may be slower than that once.
    for (let patience = 3; patience > 0; patience -= 1) {
      for (const key of keys) await page.keyboard.press(key);
      if (
        await arrived.waitFor({ timeout: 10_000 }).then(
          () => true,
          () => false,
        )
      )
        return;
    }
    assert.fail(`${keys.join(' ')} does not lead to ${heading}`);
  };
  await pressed(['g', 'f'], 'Findings');
  await pressed(['g', 'e'], 'Events');
  await pressed(['g', 'a'], 'Assets');
  await pressed(['g', 'c'], 'Catalogue');
  await pressed(['g', 's'], 'System health');
  await pressed(['g', 'o'], 'Overview');
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1', 'a new page is announced');
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
  assert.deepEqual(await violations(page), [], 'keyboard help');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('/');
  await page.waitForURL(at('/findings'));
  await page.waitForFunction(() => document.activeElement?.hasAttribute('data-search'));
  await page.keyboard.type('g o');
  assert.equal(new URL(page.url()).pathname, '/findings', 'shortcuts rest while one types');
});

test('single-key shortcuts can be switched off', async () => {
  await visit('/account');
  await page.getByRole('group', { name: 'Keyboard shortcuts' }).getByRole('button', { name: 'Off' }).click();
  await page.keyboard.press('?');
  assert.equal(await page.getByRole('dialog').count(), 0);
  await page.getByRole('group', { name: 'Keyboard shortcuts' }).getByRole('button', { name: 'On' }).click();
});

test('an asset is edited', async () => {
  await visit('/assets');
  await page.locator('tbody .asset').first().click();
  await button('Edit').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Owner').fill('Harbour team');
  await dialog.getByLabel('Labels').fill('nonsense');
  await button('Save').click();
  await dialog.getByText('is not of the form name=value').waitFor();
  await dialog.getByLabel('Labels').fill('environment=test');
  await button('Save').click();
  await page.getByText('The asset is saved.').waitFor();
  await page.getByText('Harbour team').waitFor();
  quiet('asset');
});

test('every page in every language and theme is accessible and quiet, and fits 360 px', async (context) => {
  await visit('/');
  for (const [name, path] of await pagesOf(page)) {
    await context.test(name, async () => {
      await everyWay(name, () => visit(path));
      await fitsNarrow(name, () => visit(path));
    });
  }
});

test('a session that ends elsewhere leads to sign-in, and back', async () => {
  await visit('/catalogue');
  await page.evaluate(async () => {
    const { csrf } = await (await fetch('/api/v1/session')).json();
    await fetch('/api/v1/session', { method: 'DELETE', headers: { 'X-Vigie-CSRF': csrf } });
  });
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await page.getByText('Your session has ended. Please sign in again.').waitFor();
  assert.equal(new URL(page.url()).searchParams.get('to'), '/system');
  await everyWay('sign-in', async () => {
    await page.goto(at('/sign-in'));
    await page.locator('input[autocomplete="current-password"]').waitFor();
  });
  await fitsNarrow('sign-in', async () => {
    await page.goto(at('/sign-in'));
    await page.locator('input[autocomplete="current-password"]').waitFor();
  });
});
