// Every page of the dashboard, at every size, in light and dark: nothing overflows, nothing is said that means nothing, axe-core
// finds nothing, and the console stays clean. tests/browser/system.mjs says what it runs against.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {accessibilityFaults} from './axe.mjs';
import {launch, watch} from './chromium.mjs';
import {ADMIN, done, setUp, until, url, visit} from './system.mjs';

const screenshots = process.env.MAB_TEST_SCREENSHOTS;
const HOSTILE = '<img src=x onerror=alert(1)>';
const WIDTHS = [320, 375, 1280, 1920]; // 320: what a page of 1280 has at 400 %
const AXE_WIDTHS = [375, 1280];

let browser;
const complaints = [];

// A draft, one that runs with visitors, one without any, a long and hostile one that is completed, an archived one.
before(async () => {
  const token = await setUp();
  const variants = [{key: 'a', name: 'Today', payload: {text: 'Welcome'}}, {key: 'b', name: HOSTILE, payload: {text: HOSTILE}}, {key: 'c', name: 'C'}];
  for (const [key, name] of [['draft', 'A draft'], ['learning', 'Hero title'], ['quiet', 'Nobody came'], ['ended', `${HOSTILE} ${'long '.repeat(30)}`], ['gone', 'Archived']]) {
    await done('/api/experiments', {key, name, description: HOSTILE, variants, minimum_exposures: 10}, token);
  }
  for (const key of ['learning', 'quiet', 'ended', 'gone']) await done(`/api/experiments/${key}:start`, {}, token);
  await visit('learning', 300, (visitor, variant) => visitor % (variant === 'b' ? 4 : 9) === 0);
  await visit('ended', 60, (visitor) => visitor % 5 === 0);
  for (const key of ['ended', 'gone']) await done(`/api/experiments/${key}:complete`, {winner: 'b'}, token);
  await done('/api/experiments/gone:archive', {}, token);
  await done('/api/keys', {name: HOSTILE, scopes: ['READ']}, token);
  await done('/api/accounts', {email: 'eve@example.com', role: 'EDITOR'}, token);
  await until('the visitors are counted', async () => (await done('/api/experiments/learning/analytics', undefined, token, 'GET')).exposures === 300);
  browser = await launch();
});

after(() => browser?.close());

async function signedIn(colorScheme) {
  const context = await browser.newContext({viewport: {width: 1280, height: 900}, colorScheme});
  const page = await context.newPage();
  watch(page, complaints);
  await page.goto(`${url}/login`);
  await page.getByRole('heading', {name: 'Sign in'}).waitFor();
  await checkPage(page, '/login', colorScheme);
  await page.getByLabel('E-mail').fill(ADMIN.email);
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.getByRole('button', {name: 'Sign in'}).click();
  await page.getByRole('heading', {name: 'Experiments'}).waitFor();
  return page;
}

// [path, what is there once the page is whole]
const PAGES = [
  ['/', (page) => page.getByText('Nobody came').waitFor()],
  ['/experiments/new', (page) => page.getByRole('button', {name: 'Create', exact: true}).waitFor()],
  ['/experiments/draft/edit', (page) => page.getByRole('button', {name: /^Save/}).first().waitFor()],
  ['/experiments/draft', (page) => page.getByRole('button', {name: 'Start'}).first().waitFor()],
  ['/experiments/learning', (page) => page.locator('.uplot').first().waitFor()],
  ['/experiments/quiet', (page) => page.getByRole('heading', {level: 1, name: 'Nobody came'}).waitFor()],
  ['/experiments/ended', (page) => page.locator('.uplot').first().waitFor()],
  ['/experiments/gone', (page) => page.getByRole('heading', {level: 1, name: 'Archived'}).waitFor()],
  ['/experiments/unheard-of', (page) => page.getByRole('heading', {name: 'There is no such experiment'}).waitFor()],
  ['/accounts', (page) => page.getByText('eve@example.com').waitFor()],
  ['/keys', (page) => page.getByRole('table').waitFor()],
  ['/audit', (page) => page.getByRole('table').waitFor()],
  ['/settings', (page) => page.getByText('here', {exact: true}).waitFor()],
  ['/website', (page) => page.getByRole('tab', {name: 'Fixed version'}).waitFor()],
  ['/system', (page) => page.getByText('All is well').first().waitFor()],
  ['/experiments/no/such/page', (page) => page.getByRole('heading', {level: 1}).waitFor()],
];

for (const colorScheme of ['light', 'dark']) {
  test(`every page is whole, in ${colorScheme}`, async (t) => {
    const page = await signedIn(colorScheme);
    for (const [path, whole] of PAGES) {
      await t.test(path, async () => {
        await page.goto(url + path);
        await whole(page);
        await page.locator('.loading').first().waitFor({state: 'detached'});
        await checkPage(page, path, colorScheme);
      });
    }
    await page.context().close();
  });
}

async function checkPage(page, path, colorScheme) {
  for (const width of WIDTHS) {
    await page.setViewportSize({width, height: 900});
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(overflow, 0, `${path} is wider than ${width} pixels`);
    if (AXE_WIDTHS.includes(width)) assert.deepEqual(await accessibilityFaults(page), [], `${path} at ${width}`);
    if (screenshots) await page.screenshot({path: `${screenshots}/${path.replaceAll('/', '_')}-${colorScheme}-${width}.png`, fullPage: true});
  }
  const text = await page.evaluate(() => document.body.innerText);
  assert.doesNotMatch(text, /undefined|NaN|\[object|Infinity/, path);
}

test('the console stayed clean and no policy was violated', () => {
  // A page that is asked for without a session learns so by a 401, and of what is not there by a 404.
  assert.deepEqual(complaints.filter((text) => !/status of (401|404)/.test(text)), []);
});
