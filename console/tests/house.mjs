// The console on its mock, in a browser, signed in: what most files of tests begin with.
import { start } from '../mock/server.mjs';
import { launch, listen } from './browser.mjs';
import { setUp } from './walk.mjs';

/** A mock with its browser: `heard` is what the browser complained of. Nothing is left behind when it cannot be opened. */
export async function open() {
  const server = await start();
  let browser;
  const close = async () => {
    await browser?.close();
    await server.stop();
  };
  try {
    browser = await launch({ width: 1440 });
    const { page } = browser;
    await page.emulateMedia({ reducedMotion: 'reduce' });
    page.setDefaultTimeout(15_000);
    const heard = listen(page);
    await setUp(page, server.setUpUrl);
    return { server, page, heard, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}
