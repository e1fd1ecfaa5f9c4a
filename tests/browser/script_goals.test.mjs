// Conversions: by click, submit, address, data layer and call; each once, after its exposure. tests/browser/site.mjs has the website.
import assert from 'node:assert/strict';
import {after, before, beforeEach, test} from 'node:test';
import {analytics, change, counted, debug, experiment, html, ready, scriptAddress, startWebsite, visitor} from './site.mjs';
import {until} from './system.mjs';

let browser;
let door;
let site;
let close;
let key;
let number = 0;

before(async () => ({browser, door, site, close} = await startWebsite()));

after(() => close?.());

beforeEach(async () => {
  door.reset();
  key = await experiment(`goal-${++number}`, [{text: 'New'}, {text: 'New'}]);
});

const heading = (more, options) => html(door, `<h1 data-test="${key}">Old</h1>${more}`, options);
const conversions = () => door.to(/convert/);

test('a click on a marked element, or on what is in it: once, with an id of its own, though the page is left by it', async () => {
  const {page, context, complaints} = await visitor(browser);
  site.page('/thanks', html(door, '<h1>Thanks</h1>'));
  await page.goto(site.page('/click', heading(`<a href="/thanks" data-test-goal="${key}"><b>Buy</b></a>
    <button data-test-goal="${key}" onclick="event.stopPropagation()">Stopped</button>`)));
  await counted(key, 1, 0);
  await page.locator('b').click();
  await page.getByText('Thanks').waitFor();
  await counted(key, 1, 1);
  await until('nothing is left', async () => (await debug(page)).outbox.length === 0);
  assert.match(conversions()[0].body.event_id, /^\d+-\d+-\d+-\d+$/);
  assert.match(conversions()[0].headers['content-type'], /^text\/plain/);
  await page.goBack();
  await page.getByRole('button').click();
  await page.getByRole('button').click();
  // A call whose answer the page did not live to see is sent again, with the same id.
  const ids = () => new Set(conversions().map(({body}) => body.event_id)).size;
  await until('a handler that stops the event does not matter', () => ids() === 2);
  await page.waitForTimeout(200);
  assert.equal(ids(), 2, 'a second click on the page is no second conversion');
  assert.equal(door.calls.some(({method}) => method === 'OPTIONS'), false);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a submit, by the keyboard too, and not a click within the form', async () => {
  const {page, context} = await visitor(browser);
  await page.goto(site.page('/submit', heading(`<form data-test-goal="${key}" onsubmit="event.preventDefault()"><input aria-label="Mail"><p>text</p><button>Send</button></form>`)));
  await counted(key, 1, 0);
  await page.getByText('text').click();
  await page.waitForTimeout(200);
  assert.equal(conversions().length, 0);
  await page.getByLabel('Mail').press('Enter');
  await counted(key, 1, 1);
  await context.close();
});

test('an address, on the page that is loaded and by the route of an application', async () => {
  const other = await experiment(`goal-other-${number}`, [{text: 'New'}, {text: 'New'}]);
  const config = `<script>window.mabConfig = {goals: {'/thanks*': '${key}', '/app/done?ok=1': ['${other}'], '/a.b': 'never'}};</script>`;
  const {page, context} = await visitor(browser);
  await page.goto(site.page('/shop', heading(`<h2 data-test="${other}">Old</h2>`, {head: config})));
  await counted(key, 1, 0);
  await counted(other, 1, 0);
  await page.evaluate(() => history.pushState({}, '', '/app/done'));
  await page.evaluate(() => history.pushState({}, '', '/aXb'));
  await page.waitForTimeout(100);
  assert.equal(conversions().length, 0);
  await page.evaluate(() => history.replaceState({}, '', '/app/done?ok=1#there'));
  await counted(other, 1, 1);
  await page.evaluate(() => {
    location.hash = 'elsewhere';
    history.pushState({}, '', '#again');
  });
  await page.goto(site.page('/thanks-a-lot', html(door, '<h1>Thanks</h1>', {head: config})));
  await counted(key, 1, 1);
  assert.equal(conversions().length, 2);
  await context.close();
});

test('entries of the data layer, those from before the script too; an order counts once', async () => {
  const head = `<script>window.dataLayer = [{event: 'gtm.js'}, {event: 'sign_up', value: 2}];
    window.mabConfig = {events: {purchase: '${key}', sign_up: '${key}'}};</script>`;
  const {page, context, complaints} = await visitor(browser);
  await page.goto(site.page('/layer', heading('', {head})));
  await counted(key, 1, 1);
  assert.equal(conversions()[0].body.value, 2);
  await page.evaluate(() => {
    for (let times = 0; times < 2; times++) globalThis.dataLayer.push({event: 'purchase', ecommerce: {transaction_id: 'T-1', value: 49.9}}, {event: 'other'}, null, 'x');
  });
  await until('both are sent', () => conversions().length === 3);
  assert.deepEqual(conversions().slice(1).map(({body}) => [body.event_id, body.value]), [['T-1', 49.9], ['T-1', 49.9]]);
  await counted(key, 1, 1);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('calls: of one and of several, with value and id, before the script is there, and with nonsense', async () => {
  const other = await experiment(`goal-second-${number}`, [{text: 'New'}, {text: 'New'}]);
  const {snippet} = await (await fetch(`${process.env.MAB_TEST_URL}/static/frontend/gtm/mab-script.json`)).json();
  const {page, context, complaints} = await visitor(browser);
  const tag = `<script>${snippet}</script><script>mab.q.push(['convert', '${key}', {value: 5}]);</script><script async src="${scriptAddress(door)}"></script>`;
  await page.goto(site.page('/calls', html(door, `<h1 data-test="${key}">Old</h1><h2 data-test="${other}">Old</h2>`, {tag: null, head: tag})));
  await counted(key, 1, 1);
  assert.equal(conversions()[0].body.value, 5);
  await counted(other, 1, 0);
  await page.evaluate(([one, two]) => {
    for (const nonsense of [undefined, null, 7, {}, '', '!!', () => 1, Symbol.iterator]) globalThis.mab.convert(nonsense);
    globalThis.mab.convert([one, two], {value: 'no number', eventId: 12});
    globalThis.mab.convert(two, null);
    globalThis.mab.convert(two, {eventId: null});
    globalThis.mab.get(null);
    globalThis.mab.expose({});
    globalThis.mab.q.push(['nothing']);
    globalThis.mab.q.push();
  }, [key, other]);
  await counted(other, 1, 1);
  // They are on their way at once, and may come in any order.
  const bodies = () => conversions().filter(({path}) => path.includes(other)).map((one) => one.body);
  await until('those without options too', () => bodies().length === 3);
  const ids = bodies().map((one) => one.event_id).sort();
  assert.equal(bodies().find((one) => one.event_id === '12')?.value, undefined);
  assert.deepEqual(ids.map((id) => /^(12|\d+-\d+-\d+-\d+)$/.test(id)), [true, true, true], ids.join(' '));
  assert.ok(ids.includes('12'), ids.join(' '));
  assert.deepEqual(complaints.filter((text) => !text.includes('404')), []);
  await context.close();
});

test('a conversion comes after its exposure, however slow that is', async () => {
  door.mode = {delay: 700, only: /expose/};
  const {page, context} = await visitor(browser);
  await page.goto(site.page('/order', heading(`<button data-test-goal="${key}">Buy</button>`)));
  await page.getByText('New').waitFor();
  await page.getByRole('button').click();
  await until('it is sent', () => conversions().length === 1);
  assert.ok(conversions()[0].at - door.to(/expose/)[0].at >= 700);
  await counted(key, 1, 1);
  await context.close();
});

test('a conversion before the variant is known waits for it', async () => {
  door.mode = {delay: 600, only: /assign/};
  const {page, context} = await visitor(browser);
  await page.goto(site.page('/early', heading(`<button data-test-goal="${key}">Buy</button>`)));
  await page.getByRole('button').click();
  await counted(key, 1, 1);
  await context.close();
});

test('who has not seen the variant does not convert by it, and may later', async () => {
  const {page, context} = await visitor(browser);
  await page.goto(site.page('/unseen', html(door, `<button data-test-goal="${key}">Buy</button><div style="height:3000px"></div><h1 data-test="${key}">Old</h1>`)));
  await ready(page);
  await page.getByRole('button').click();
  await until('it is dropped', async () => (await debug(page)).outbox.length === 0);
  assert.equal(conversions().length, 0);
  await page.locator('h1').scrollIntoViewIfNeeded();
  await counted(key, 1, 0);
  await page.getByRole('button').evaluate((button) => button.click());
  await counted(key, 1, 1);
  await context.close();
});

test('who leaves before the variant is known converts after his exposure, on the next page', async () => {
  door.mode = {delay: 2000, only: /assign/};
  const {page, context} = await visitor(browser);
  const address = site.page('/hasty', heading(`<button data-test-goal="${key}">Buy</button>`, {options: {timeout: 5000}}));
  await page.goto(address);
  await page.getByRole('button').click();
  await page.goto(site.page('/between', '<h1>Between</h1>'));
  await page.waitForTimeout(2200);
  assert.equal(conversions().length, 0, JSON.stringify(door.calls.map(({path, at}) => [path, at])));
  door.mode = {};
  await page.goto(address);
  await counted(key, 1, 1);
  assert.ok(door.calls.findIndex(({path}) => /expose/.test(path)) < door.calls.findIndex(({path}) => /convert/.test(path)));
  await context.close();
});

test('code that shows a variant itself: get, expose, convert', async () => {
  const {page, context} = await visitor(browser);
  await page.goto(site.page('/code', html(door, '<h1>Price</h1>', {options: {experiments: key}})));
  await ready(page);
  assert.deepEqual(await page.evaluate((name) => globalThis.mab.get(name).payload, key), {text: 'New'});
  await page.waitForTimeout(200);
  assert.equal((await analytics(key)).exposures, 0);
  await page.evaluate((name) => globalThis.mab.expose(name), key);
  await counted(key, 1, 0);
  await page.evaluate((name) => globalThis.mab.convert(name), key);
  await counted(key, 1, 1);
  await context.close();
});

test('conversions of completed experiments are recorded for visitors who were counted', async () => {
  const {page, context} = await visitor(browser);
  await page.goto(site.page('/completed', heading(`<button data-test-goal="${key}">Buy</button>`)));
  await counted(key, 1, 0);
  await change(key, 'complete', {winner: 'a'});
  await until('the winner is served', async () => {
    await page.reload();
    await ready(page);
    return page.evaluate((name) => !globalThis.mab.debug().experiments[name].assignment.assigned_at, key);
  });
  await page.getByRole('button').click();
  await counted(key, 1, 1);
  await context.close();
});
