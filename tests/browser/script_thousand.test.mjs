// A thousand page views, some in a browser and the rest by the same calls: visitors, assignments and conversions agree to the last one.
// tests/browser/site.mjs has the website.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {AGENT, analytics, counted, experiment, html, startWebsite, visitor} from './site.mjs';
import {call, until, url} from './system.mjs';

const VIEWS = 1000;
const IN_BROWSER = 50;
const TABS = 5;

let browser;
let door;
let site;
let close;

before(async () => ({browser, door, site, close} = await startWebsite()));

after(() => close?.());

const converts = (number) => number % 3 === 0;

// What the script sends for a visitor, by hand.
async function send(path, body) {
  const response = await fetch(url + path, {method: 'POST', body: JSON.stringify(body), headers: {'content-type': 'text/plain;charset=UTF-8', 'user-agent': AGENT, origin: site.origin}});
  assert.equal(response.status, 200, path);
  return response.json();
}

async function view(key, number) {
  const user = {user_id: `hand-${number}`};
  const {assignments: [{variant}]} = await send('/api/assign', {...user, experiments: [key], expose: false, force: null});
  await send('/api/expose', {...user, experiments: [key]});
  if (converts(number)) await send(`/api/experiments/${key}/convert`, {...user, event_id: `event-${number}`});
  return variant.key;
}

async function viewInBrowser(key, address, number) {
  const {page, context, complaints} = await visitor(browser);
  await page.goto(address);
  await page.waitForFunction((name) => globalThis.mab.debug().experiments[name]?.seen && !globalThis.mab.debug().outbox.length, key);
  const variant = await page.evaluate((name) => globalThis.mab.get(name).key, key);
  assert.equal(await page.locator('h1').textContent(), {a: 'Today', b: 'New', c: 'Newer'}[variant]);
  if (converts(number)) {
    await page.getByRole('button').click();
    await page.waitForFunction(() => !globalThis.mab.debug().outbox.length);
  }
  assert.deepEqual(complaints, []);
  await context.close();
  return variant;
}

test('a thousand page views agree to the last one', {timeout: 240_000}, async () => {
  const key = await experiment('thousand', [null, {text: 'New'}, {text: 'Newer'}]);
  const address = site.page('/thousand', html(door, `<h1 data-test="${key}">Today</h1><button data-test-goal="${key}">Buy</button>`, {options: {timeout: 10000}}));
  const shown = {};
  const converted = {};
  const inTabs = async (from, to, tabs, look) => {
    let next = from;
    await Promise.all(Array.from({length: tabs}, async () => {
      while (next < to) {
        const number = next++;
        const variant = await look(number);
        shown[variant] = (shown[variant] ?? 0) + 1;
        if (converts(number)) converted[variant] = (converted[variant] ?? 0) + 1;
      }
    }));
  };
  await inTabs(0, IN_BROWSER, TABS, (number) => viewInBrowser(key, address, number));
  await inTabs(IN_BROWSER, VIEWS, 10, (number) => view(key, number));
  const {variants} = await counted(key, VIEWS, Array.from({length: VIEWS}, (_, number) => number).filter(converts).length);
  for (const {variant, exposures, conversions} of variants) {
    assert.deepEqual([variant.key, exposures, conversions], [variant.key, shown[variant.key] ?? 0, converted[variant.key] ?? 0]);
  }
  // One of each in the browser: nothing was asked or sent twice.
  const users = new Set(door.to(/assign/).map(({body}) => body.user_id));
  assert.deepEqual([users.size, door.to(/assign/).length, door.to(/expose/).length, door.to(/convert/).length],
    [IN_BROWSER, IN_BROWSER, IN_BROWSER, Array.from({length: IN_BROWSER}, (_, number) => number).filter(converts).length]);
  // The journal and the database agree with what was answered.
  const again = await call('/api/assign', {user_id: `hand-${VIEWS - 1}`, experiments: [key], expose: false});
  assert.deepEqual([again.body.assignments[0].returning, again.body.assignments[0].counted], [true, true]);
  await until('nothing changes any more', async () => (await analytics(key)).exposures === VIEWS);
});
