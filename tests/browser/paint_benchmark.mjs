// How long a page takes until it says something useful, in a real Chromium with a cold cache and with a warm one: the median of
// ten loads each, in milliseconds from the navigation to the first frame that has what `useful` selects, and what was sent.
//
// MAB_TEST_URL: the gateway. MAB_ADMIN_EMAIL, MAB_ADMIN_PASSWORD: an account. Arguments: PATH SELECTOR, such as
//   node tests/browser/paint_benchmark.mjs /experiments/hero-title .verdict-card
import {launch} from './chromium.mjs';

const LOADS = 10;
const [path = '/', useful = 'main tbody tr'] = process.argv.slice(2);
const url = process.env.MAB_TEST_URL;

// Runs in the page before anything of it.
function observe(selector) {
  const watching = new MutationObserver(() => {
    if (!document.querySelector(selector)) return;
    watching.disconnect();
    requestAnimationFrame(() => setTimeout(() => (globalThis.usefulAtMs = performance.now())));
  });
  watching.observe(document, {childList: true, subtree: true});
}

async function load(page) {
  await page.goto(url + path);
  await page.waitForFunction(() => globalThis.usefulAtMs !== undefined);
  return page.evaluate(() => ({
    ms: globalThis.usefulAtMs,
    bytes: performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation')).reduce((sum, {transferSize}) => sum + transferSize, 0),
  }));
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

const browser = await launch();
const context = await browser.newContext({viewport: {width: 1280, height: 900}});
const page = await context.newPage();
await page.goto(`${url}/login`);
await page.getByLabel('E-mail').fill(process.env.MAB_ADMIN_EMAIL);
await page.getByLabel('Password').fill(process.env.MAB_ADMIN_PASSWORD);
await page.getByRole('button', {name: 'Sign in'}).click();
await page.getByRole('heading', {level: 1, name: 'Experiments'}).waitFor();
await page.addInitScript(observe, useful);
const network = await context.newCDPSession(page);
for (const cache of ['cold', 'warm']) {
  const loads = [];
  for (let times = 0; times < LOADS; times++) {
    if (cache === 'cold') await network.send('Network.clearBrowserCache');
    loads.push(await load(page));
  }
  console.log(`${path}, ${cache} cache: ${median(loads.map(({ms}) => ms)).toFixed(0)} ms, ${(median(loads.map(({bytes}) => bytes)) / 1024).toFixed(1)} KiB`);
}
await browser.close();
