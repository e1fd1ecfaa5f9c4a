// The script tag while the API is slow, away or out of order: the original is shown in time, nothing is counted that was not seen, and
// no conversion is lost. tests/browser/site.mjs has the website.
import assert from 'node:assert/strict';
import {after, before, beforeEach, test} from 'node:test';
import {analytics, change, counted, debug, experiment, film, html, ready, startWebsite, textOf, visitor} from './site.mjs';
import {until} from './system.mjs';

let browser;
let door;
let site;
let close;
let key;

before(async () => ({browser, door, site, close} = await startWebsite()));

after(() => close?.());

beforeEach(async ({name}) => {
  door.reset();
  key = await experiment(`fail-${name.length}-${name.slice(0, 12).replaceAll(/\W+/g, '-').toLowerCase()}`, [{text: 'New'}, {text: 'New'}]);
});

const heading = (options) => html(door, `<h1 data-test="${key}">Old</h1><a id="goal" data-test-goal="${key}" href="#x">Buy</a>`, options);

async function original(page, context, problem) {
  await ready(page);
  assert.equal(await textOf(page, key), 'Old');
  assert.deepEqual((await film(page)).seen, ['Old']);
  assert.match((await debug(page)).problems.join('\n'), problem);
  await page.waitForTimeout(300);
  assert.equal(door.to(/expose/).length, 0);
  assert.equal((await analytics(key)).exposures, 0);
  await context.close();
}

test('a slow API: the original after a second, and a late answer changes nothing', async () => {
  door.mode = {delay: 2500, only: /assign/};
  const {page, context, complaints} = await visitor(browser);
  await page.goto(site.page('/slow', heading()));
  await ready(page);
  const {hidden} = await film(page);
  assert.ok(hidden > 800 && hidden < 1300, `hidden for ${hidden} ms`);
  await page.waitForTimeout(2200);
  assert.deepEqual(complaints, []);
  await original(page, context, /late/);
});

test('a shorter patience, by an option', async () => {
  door.mode = {delay: 1500, only: /assign/};
  const {page, context} = await visitor(browser);
  await page.goto(site.page('/impatient', heading({options: {timeout: 250}})));
  await ready(page);
  const {hidden} = await film(page);
  assert.ok(hidden < 500, `hidden for ${hidden} ms`);
  await original(page, context, /late/);
});

test('an API that is down', async () => {
  door.mode = {down: true};
  const {page, context} = await visitor(browser);
  await page.goto(site.page('/down', heading()));
  await ready(page);
  assert.ok((await film(page)).hidden < 500);
  await original(page, context, /Failed to fetch/);
});

test('an API that answers 503', async () => {
  door.mode = {status: 503};
  const {page, context, complaints} = await visitor(browser);
  await page.goto(site.page('/503', heading()));
  await ready(page);
  assert.ok((await film(page)).hidden < 500);
  assert.deepEqual(complaints.filter((text) => !text.includes('503')), []);
  await original(page, context, /Error/);
});

test('answers that are none', async () => {
  const {page, context, complaints} = await visitor(browser);
  await page.route('**/api/assign', (route) => route.fulfill({contentType: 'application/json', headers: {'access-control-allow-origin': '*'}, body: '{"assignments": 7'}));
  await page.goto(site.page('/nonsense', heading()));
  assert.deepEqual(complaints, []);
  await original(page, context, /Error/);
});

test('a browser without IntersectionObserver: the original, and the promise is kept', async () => {
  const {page, context, complaints} = await visitor(browser);
  await page.addInitScript(() => delete globalThis.IntersectionObserver);
  await page.goto(site.page('/ancient', heading()));
  await ready(page);
  assert.equal(await textOf(page, key), 'Old');
  assert.equal((await film(page)).hidden, 0);
  assert.deepEqual([door.calls, await context.cookies(), complaints], [[], [], []]);
  await context.close();
});

test('a script that can’t be loaded: the page is a page', async () => {
  const {page, context} = await visitor(browser);
  await page.route('**/mab-script.js*', (route) => route.abort());
  await page.goto(site.page('/noscript', heading()));
  assert.equal(await textOf(page, key), 'Old');
  assert.deepEqual((await film(page)).seen, ['Old']);
  await context.close();
});

test('the companion snippet: nothing flickers though the script comes late, and nothing is hidden for more than a second', async () => {
  const {snippet, snippet_csp: hash} = await (await fetch(`${process.env.MAB_TEST_URL}/static/frontend/gtm/mab-script.json`)).json();
  const policy = {'content-security-policy': `default-src 'none'; img-src data:; script-src ${hash} ${process.env.MAB_TEST_URL} ${site.origin}; connect-src ${door.origin}`};
  const late = (wait) => {
    site.page('/late.js', `const s = document.createElement('script'); s.src = ${JSON.stringify(`${process.env.MAB_TEST_URL}/static/frontend/gtm/mab-script.js?endpoint=${door.origin}`)}; document.head.append(s);`,
      {'content-type': 'text/javascript'}, wait);
    return site.page(`/snippet-${wait}`, html(door, `<h1 data-test="${key}">Old</h1><script async src="/late.js"></script>`, {tag: null, head: `<script>${snippet}</script>`}), policy);
  };
  const {page, context, complaints} = await visitor(browser);
  await page.goto(late(100));
  await page.getByText('New').waitFor();
  const {seen, hidden} = await film(page);
  assert.deepEqual(seen, ['New']);
  assert.ok(hidden < 1000, `hidden for ${hidden} ms`);
  await counted(key, 1, 0);
  await context.close();

  const second = await visitor(browser);
  await second.page.goto(late(1600));
  await second.page.waitForTimeout(2000);
  const slow = await film(second.page);
  assert.deepEqual(slow.seen, ['Old'], 'who has seen the original keeps it');
  assert.ok(slow.hidden > 800 && slow.hidden < 1200, `hidden for ${slow.hidden} ms`);
  await counted(key, 1, 0);
  assert.deepEqual([...complaints, ...second.complaints], []);
  await second.context.close();

  // The script late and its answer later: a second in all.
  door.mode = {delay: 2500, only: /assign/};
  const third = await visitor(browser);
  await third.page.goto(late(600));
  await third.page.waitForTimeout(2000);
  const {seen: original, hidden: inAll} = await film(third.page);
  assert.deepEqual(original, ['Old']);
  assert.ok(inAll > 700 && inAll < 1300, `hidden for ${inAll} ms`);
  await third.context.close();
});

test('the companion snippet where style sheets can’t be made: nothing is thrown or hidden, and calls are kept', async () => {
  const {snippet} = await (await fetch(`${process.env.MAB_TEST_URL}/static/frontend/gtm/mab-script.json`)).json();
  const {page, context, complaints} = await visitor(browser);
  await page.addInitScript(() => {
    globalThis.CSSStyleSheet = function CSSStyleSheet() { throw new TypeError('Illegal constructor'); };
  });
  const script = `${process.env.MAB_TEST_URL}/static/frontend/gtm/mab-script.js?endpoint=${door.origin}`;
  await page.goto(site.page('/no-sheets', html(door, `<h1 data-test="${key}">Old</h1><script>mab.q.push(['convert', '${key}']);</script>
    <script>setTimeout(() => { const s = document.createElement('script'); s.src = '${script}'; document.head.append(s); }, 1200);</script>`, {tag: null, head: `<script>${snippet}</script>`})));
  await page.getByText('New').waitFor();
  assert.deepEqual([(await film(page)).seen, (await film(page)).hidden], [['Old', 'New'], 0]);
  await counted(key, 1, 1);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('an outage: exposure and conversion are kept, sent later in their order, and counted once', async () => {
  const {page, context} = await visitor(browser);
  door.mode = {down: true, only: /expose|convert/};
  await page.goto(site.page('/outage', heading()));
  await page.getByText('New').waitFor();
  await page.locator('#goal').click();
  await page.waitForTimeout(500);
  assert.equal(door.to(/convert/).length, 0, 'the conversion waits for the exposure');
  assert.equal((await debug(page)).outbox.length, 2);
  // The visitor leaves, and comes back another time.
  await page.goto(site.page('/elsewhere', '<h1>Elsewhere</h1>'));
  door.mode = {};
  door.calls.length = 0;
  await page.goto(site.page('/again', html(door, '<h1>Home</h1>')));
  await until('both were sent', () => door.to(/convert/).length === 1);
  await counted(key, 1, 1);
  assert.deepEqual(door.calls.map(({path}) => path.split('/').at(-1)), ['expose', 'convert']);
  await until('nothing is left', async () => (await debug(page)).outbox.length === 0);
  await context.close();
});

test('an API that recovers while the page is open: tried again by itself, with the same event id', async () => {
  const {page, context} = await visitor(browser);
  await page.goto(site.page('/recovers', heading()));
  await counted(key, 1, 0);
  door.mode = {status: 503, only: /convert/};
  await page.evaluate((name) => globalThis.mab.convert(name, {value: 3, eventId: 'order-1'}), key);
  await until('it was tried', () => door.to(/convert/).length === 1);
  door.mode = {};
  await until('it is tried again', () => door.to(/convert/).length === 2);
  await counted(key, 1, 1);
  assert.deepEqual(door.to(/convert/).map(({body}) => [body.event_id, body.value]), [['order-1', 3], ['order-1', 3]]);
  await context.close();
});

test('a conversion whose answer was lost is sent again, and counted once', async () => {
  const {page, context} = await visitor(browser);
  await page.goto(site.page('/lost', heading()));
  await counted(key, 1, 0);
  await page.route('**/convert', async (route) => {
    await route.fetch();
    await route.abort();
  }, {times: 1});
  await page.locator('#goal').click();
  await until('it is sent again', () => door.to(/convert/).length === 2);
  const [first, second] = door.to(/convert/);
  assert.equal(first.body.event_id, second.body.event_id);
  await counted(key, 1, 1);
  await context.close();
});

test('what the server refuses for good is not tried again', async () => {
  const {page, context} = await visitor(browser);
  await page.goto(site.page('/refused', heading()));
  await ready(page);
  await page.evaluate(() => globalThis.mab.convert('there-is-none'));
  await until('it was tried', () => door.to(/convert/).length === 1);
  await until('it is dropped', async () => (await debug(page)).outbox.length === 0);
  await context.close();
});

test('an exposure that the server has no room for, or never answered, is tried again; one that it refuses whole is not', async () => {
  const headers = {'access-control-allow-origin': '*'};
  for (const [status, body, kept] of [
    [200, {errors: [{experiment_key: key, code: 'RATE_LIMITED'}]}, 1], [200, {errors: [{experiment_key: key, code: 'OVERLOADED'}]}, 1], [400, {status: 400, code: 'INVALID_ARGUMENT'}, 0],
    [408, {status: 408, code: 'REQUEST_TIMEOUT'}, 1], [200, '<h1>We are building</h1>', 1], [404, '<h1>A proxy’s own</h1>', 1],
  ]) {
    const {page, context} = await visitor(browser);
    await page.route('**/api/expose', (route) => route.fulfill({status, contentType: 'application/json', headers, body: typeof body === 'string' ? body : JSON.stringify(body)}));
    const answered = page.waitForResponse('**/api/expose');
    await page.goto(site.page('/full', heading()));
    await answered;
    await page.waitForTimeout(200);
    assert.equal((await debug(page)).outbox.length, kept, JSON.stringify(body));
    await context.close();
  }
});

test('the outbox is bounded', async () => {
  const {page, context} = await visitor(browser);
  door.mode = {down: true, only: /convert/};
  await page.goto(site.page('/bounded', heading()));
  await ready(page);
  await page.evaluate(() => {
    for (let index = 0; index < 150; index++) globalThis.mab.convert(`none-${index}`);
  });
  const {outbox} = await debug(page);
  assert.equal(outbox.length, 100);
  assert.ok(outbox.some(({k}) => k[0] === 'none-149') && !outbox.some(({k}) => k[0] === 'none-0'), 'the oldest went');
  assert.ok(await page.evaluate(() => localStorage.mab_id_outbox.length) < 30000);
  await context.close();
});

test('an experiment that is paused, completed or has an origin of its own', async () => {
  await change(key, 'pause');
  const {page, context} = await visitor(browser);
  await page.goto(site.page('/paused', heading()));
  await until('paused is served', async () => {
    await page.reload();
    await ready(page);
    return page.evaluate((name) => globalThis.mab.debug().experiments[name].assignment?.counted === false && !globalThis.mab.debug().experiments[name].assignment.assigned_at, key);
  });
  door.calls.length = 0;
  await page.reload();
  await ready(page);
  await page.waitForTimeout(300);
  assert.equal(await textOf(page, key), 'New');
  assert.equal(door.to(/expose/).length, 0, 'what is not recorded is not exposed');
  await context.close();
});
