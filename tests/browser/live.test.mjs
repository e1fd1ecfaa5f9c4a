// What a page does while it is open: it follows what the server says without jumping, outlives the server and the session, and
// tells what is wrong. tests/browser/system.mjs says what it runs against.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {launch, watch} from './chromium.mjs';
import {ADMIN, done, setUp, url, visit} from './system.mjs';

let browser;
let page;
let token;
const complaints = [];

before(async () => {
  token = await setUp();
  await done('/api/experiments', {key: 'learning', name: 'Learning', variants: [{key: 'a', name: 'Today'}, {key: 'b', name: 'New'}]}, token);
  await done('/api/experiments/learning:start', {}, token);
  await visit('learning', 20, (visitor) => visitor % 3 === 0);
  browser = await launch();
  page = await browser.newPage({viewport: {width: 1280, height: 700}});
  watch(page, complaints);
});

after(() => browser?.close());

test('nobody is asked for a session that he can’t have, and signing in leads to the page that was asked for', async () => {
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(`${url}/experiments/learning`);
  await page.waitForURL('**/login?next=%2Fexperiments%2Flearning');
  await page.getByLabel('E-mail').fill(ADMIN.email);
  assert.ok(!asked.includes('/api/auth/refresh'));
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', {level: 1, name: 'Learning'}).waitFor();
});

const visitors = (number) => page.getByText(String(number), {exact: true}).first().waitFor();

test('numbers move where they stand: focus, selection and what is looked at stay', async () => {
  await visitors(20);
  await page.locator('.uplot').nth(2).waitFor(); // the last of what is loaded later
  const lookup = page.getByLabel('Visitor’s id');
  await lookup.fill('visitor-3');
  await lookup.evaluate((one) => one.setSelectionRange(2, 5));
  const top = () => lookup.evaluate((one) => Math.round(one.getBoundingClientRect().top));
  const before = await top();
  await visit('learning', 40, (visitor) => visitor % 3 === 0);
  await visitors(40);
  assert.equal(await lookup.inputValue(), 'visitor-3');
  assert.deepEqual(await lookup.evaluate((one) => [document.activeElement === one, one.selectionStart, one.selectionEnd]), [true, 2, 5]);
  assert.equal(await top(), before);
});

test('an access token that has expired is renewed, and nothing of that is seen', async () => {
  let refused = 0;
  await page.route('**/api/experiments/learning/analytics', async (route) => {
    if (refused++ > 0) return route.continue();
    return route.fulfill({status: 401, contentType: 'application/problem+json', body: JSON.stringify({status: 401, code: 'UNAUTHENTICATED', detail: 'the token has expired'})});
  });
  const renewed = page.waitForResponse('**/api/auth/refresh');
  assert.equal((await renewed).status(), 200);
  await page.waitForResponse('**/api/experiments/learning/analytics');
  await page.unroute('**/api/experiments/learning/analytics');
  assert.equal(await page.getByRole('heading', {level: 1, name: 'Learning'}).count(), 1);
  assert.equal(await page.getByRole('alert').filter({hasText: /./}).count(), 0);
});

test('a page without a server keeps what it shows, says so, and goes on by itself', async () => {
  await page.context().setOffline(true);
  await page.getByText('The server can’t be reached').first().waitFor();
  await visitors(40);
  await page.context().setOffline(false);
  await page.getByText('The server can’t be reached').first().waitFor({state: 'detached'});
  await visit('learning', 50, () => false);
  await visitors(50);
});

test('what somebody else changed meanwhile is not changed unseen', async () => {
  await page.route('**/api/experiments/learning', (route) => route.fulfill({status: 503, contentType: 'application/problem+json', body: JSON.stringify({status: 503, code: 'UNAVAILABLE', detail: 'try again'})}));
  await done('/api/experiments/learning', {name: 'Renamed'}, token, 'PATCH');
  await page.getByRole('button', {name: 'Pause'}).first().click();
  await page.getByRole('dialog').getByRole('button', {name: 'Pause'}).click();
  await page.getByRole('alert').filter({hasText: /chang/}).first().waitFor();
  await page.unroute('**/api/experiments/learning');
  await page.getByRole('heading', {level: 1, name: 'Renamed'}).waitFor();
  assert.equal((await done('/api/experiments/learning', undefined, token, 'GET')).state, 'RUNNING');
});

test('the system page says what it can while the admin service is away', async () => {
  await page.route('**/api/system', (route) => route.fulfill({status: 503, contentType: 'application/problem+json', body: JSON.stringify({status: 503, code: 'UNAVAILABLE', detail: 'try again'})}));
  await page.getByRole('link', {name: 'System'}).click();
  await page.getByRole('heading', {name: 'Journal'}).waitFor();
  assert.equal(await page.locator('.tile').filter({hasText: 'Assignments'}).count(), 0);
  await page.unroute('**/api/system');
  await page.locator('.tile').filter({hasText: 'Assignments'}).waitFor();
});

test('the list follows too', async () => {
  await page.getByRole('link', {name: 'Experiments'}).first().click();
  const row = page.getByRole('row').filter({hasText: 'Renamed'});
  await row.getByText('50', {exact: true}).waitFor();
  await page.getByRole('searchbox').fill('ren');
  await visit('learning', 60, () => false);
  await row.getByText('60', {exact: true}).waitFor();
  assert.equal(await page.getByRole('searchbox').evaluate((one) => one === document.activeElement && one.value), 'ren');
});

test('the console stayed clean', () => {
  // Of what was refused and cut off on purpose.
  assert.deepEqual(complaints.filter((text) => !/status of (401|409|503)|ERR_INTERNET_DISCONNECTED/.test(text)), []);
});
