// What surrounds the pages: how they are reached and left, who they act as, where the focus is, and what is said while the server
// is away. tests/browser/system.mjs says what it runs against.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {accessibilityFaults} from './axe.mjs';
import {launch, watch} from './chromium.mjs';
import {ADMIN, done, setUp, until, url} from './system.mjs';

const EVE = {email: 'eve@example.com', password: 'nine purple llamas'};
const PEOPLE = 30; // more than a page of them

let browser;
let page; // the administrator's
let token;
let eve; // her account
const complaints = [];

before(async () => {
  token = await setUp();
  const invited = await done('/api/accounts', {email: EVE.email, role: 'EDITOR'}, token);
  eve = invited.account;
  await done('/api/auth/password', {token: invited.token, password: EVE.password});
  for (let person = 10; person < 10 + PEOPLE; person++) await done('/api/accounts', {email: `person-${person}@example.com`, role: 'VIEWER'}, token);
  await done('/api/experiments', {key: 'hero', name: 'Hero', variants: [{key: 'a', name: 'A'}, {key: 'b', name: 'B'}]}, token);
  browser = await launch();
  page = await newPage();
});

after(() => browser?.close());

async function newPage() {
  const fresh = await (await browser.newContext({viewport: {width: 1280, height: 900}})).newPage();
  watch(fresh, complaints);
  return fresh;
}

async function signIn({email, password}) {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', {name: 'Sign in'}).click();
}

const heading = (name) => page.getByRole('heading', {level: 1, name});
const follow = (name) => page.getByRole('navigation').getByRole('link', {name, exact: true}).click();
const rowOf = (email) => page.getByRole('row').filter({hasText: email});
const confirm = (name) => page.getByRole('dialog').getByRole('button', {name}).click();
const focused = (locator) => until('the focus is there', () => locator.evaluate((one) => one === document.activeElement));
const problem = (status, more) => ({status, contentType: 'application/problem+json', body: JSON.stringify({status, code: 'UNAVAILABLE', detail: 'it is away', ...more})});

test('the page to sign in has the focus in its first field', async () => {
  await page.goto(`${url}/login`);
  await focused(page.getByLabel('E-mail'));
});

test('a link that is opened where signing in is shown asks for its password', async () => {
  await page.getByLabel('E-mail').fill('typed@example.com');
  await page.evaluate(() => (location.hash = '#content'));
  assert.equal(await page.getByLabel('E-mail').inputValue(), 'typed@example.com');
  await page.evaluate(() => (location.hash = '#password=something'));
  await heading('Set your password').waitFor();
  await page.evaluate(() => (location.hash = '#setup=something'));
  await heading('Create the first administrator').waitFor();
});

test('a link that is cut off is none', async () => {
  await page.goto('about:blank');
  await page.goto(`${url}/login#setup=%`);
  await heading('Sign in').waitFor();
});

test('signing in leads nowhere but to pages of this site', async () => {
  await page.goto('about:blank');
  await page.goto(`${url}/login?next=/%09/evil.example/x`);
  await signIn(ADMIN);
  await heading('Experiments').waitFor();
  assert.equal(page.url(), `${url}/`);
  for (const next of ['/login', '//evil.example', '/%09/evil.example/x']) {
    await page.goto(`${url}/login?next=${next}`);
    await heading('Experiments').waitFor();
    assert.equal(page.url(), `${url}/`);
  }
  await page.goto(`${url}/login?next=/docs`);
  await page.locator('#swagger, .swagger-ui').first().waitFor();
  assert.equal(new URL(page.url()).pathname, '/docs');
});

test('a table says that it loads, and keeps its rows where more can’t be had', async () => {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route('**/api/accounts?*', async (route) => {
    await held;
    return route.continue();
  });
  await page.goto(`${url}/accounts`);
  await page.getByText('Loading …').waitFor();
  release();
  const rows = page.locator('tbody tr');
  await until('a page is there', async () => (await rows.count()) === 25);
  await page.unroute('**/api/accounts?*');
  await page.route('**/api/accounts?*', (route) => route.fulfill(problem(503)));
  await page.getByRole('button', {name: 'Show more'}).click();
  await page.getByRole('alert').filter({hasText: 'it is away'}).waitFor();
  assert.equal(await rows.count(), 25);
  await page.unroute('**/api/accounts?*');
  await page.getByRole('button', {name: 'Try again'}).click();
  await until('all are there', async () => (await rows.count()) === PEOPLE + 2);
  assert.equal(await page.getByRole('alert').filter({hasText: 'it is away'}).count(), 0);
  await focused(rows.nth(25).locator('th'));
});

test('what was done is said, and the focus stays in its row', async () => {
  const last = page.locator('tbody tr').nth(PEOPLE + 1);
  const email = (await last.locator('th').innerText()).split(' ')[0];
  for (const [action, state, said] of [['Disable', 'Disabled', 'is disabled'], ['Enable', 'Pending', 'is enabled']]) {
    await rowOf(email).getByRole('button', {name: action}).click();
    await confirm(action);
    await rowOf(email).getByText(state, {exact: true}).waitFor();
    assert.equal(await page.locator('#announcements').innerText(), `${email} ${said}`);
    assert.ok(await rowOf(email).evaluate((row) => row.contains(document.activeElement)), `after “${action}” the focus is in the row`);
  }
  assert.equal(await page.locator('tbody tr').count(), PEOPLE + 2, 'what was shown is shown again');
});

test('a session that ends leaves the focus with the others', async () => {
  await done('/api/auth/login', ADMIN);
  await follow('Settings');
  const sessions = page.getByRole('region', {name: 'Sessions'});
  await sessions.getByRole('button').first().waitFor();
  const before = await sessions.getByRole('button').count();
  await page.getByLabel('Password, to sign out elsewhere').fill(ADMIN.password);
  await sessions.getByRole('button').first().click();
  await until('it has ended', async () => (await sessions.getByRole('button').count()) === before - 1);
  await focused(sessions);
});

test('a question goes with its page, and is answered by no', async () => {
  let asked = 0;
  await page.route('**/api/accounts/*', (route) => (asked++, route.continue()));
  await follow('Accounts');
  await rowOf(EVE.email).getByRole('button', {name: 'Disable'}).click();
  await page.getByRole('dialog').waitFor();
  await page.goBack();
  await heading('Settings').waitFor();
  await page.getByRole('dialog').waitFor({state: 'detached'});
  assert.equal(asked, 0);
  await page.unroute('**/api/accounts/*');
});

test('going back twice asks once whether to leave', async () => {
  await follow('Experiments');
  await page.getByRole('link', {name: 'New experiment'}).click();
  await page.getByLabel('Name', {exact: true}).first().fill('Half done');
  for (let step = 0; step < 3; step++) {
    await page.evaluate(() => history.back());
    await page.waitForTimeout(200);
  }
  assert.equal(await page.getByRole('dialog').count(), 1);
  assert.match(page.url(), /\/experiments\/new$/);
  await confirm('Leave');
  await page.waitForURL(`${url}/`);
  assert.equal(await page.getByRole('dialog').count(), 0);
});

test('a page that asks for nothing notices by itself that the server is back', async () => {
  const away = (route) => route.abort();
  await page.route(/\/(api|health)(\/|$)/, away);
  await follow('Audit');
  await page.getByText('The server can’t be reached since').waitFor();
  await page.getByRole('alert').filter({hasText: 'can’t be reached'}).waitFor();
  assert.doesNotMatch(await page.locator('body').innerText(), /tries again by itself/);
  await page.unroute(/\/(api|health)(\/|$)/, away);
  await page.getByText('The server can’t be reached since').waitFor({state: 'detached'});
  await page.getByRole('button', {name: 'Try again'}).click();
  await page.getByRole('table').waitFor();
});

test('the number of a request that failed is not read out again at each try', async () => {
  let times = 0;
  await page.route('**/api/system', (route) => route.fulfill(problem(500, {request_id: `request-${++times}`})));
  await follow('System');
  await page.getByText('Request request-2').waitFor();
  assert.equal(await page.getByRole('alert').filter({hasText: 'it is away'}).innerText(), 'it is away');
  await page.unroute('**/api/system');
});

test('signing out that fails is told once, and stays told while the page lives', async () => {
  await page.route('**/api/auth/logout', (route) => route.fulfill(problem(503)));
  await page.goto(`${url}/experiments/hero`);
  await heading('Hero').waitFor();
  const told = page.getByRole('alert').filter({hasText: 'it is away'});
  for (let click = 0; click < 3; click++) {
    const answered = page.waitForResponse('**/api/auth/logout');
    await page.getByRole('button', {name: 'Sign out'}).click();
    await answered;
    await told.first().waitFor();
  }
  await page.waitForResponse('**/api/experiments/hero');
  await page.waitForResponse('**/api/experiments/hero');
  assert.equal(await told.count(), 1);
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.unroute('**/api/auth/logout');
});

test('another tab that signs in as somebody else makes this one begin anew', async () => {
  let asked = 0;
  await page.route('**/api/accounts/*', (route) => (asked++, route.fulfill({...problem(401), status: 401})));
  await page.goto(`${url}/accounts`);
  await rowOf('person-10@example.com').waitFor();
  await page.evaluate((who) => fetch('/api/auth/login', {method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify(who)}), EVE);
  await rowOf('person-10@example.com').getByRole('button', {name: 'Disable'}).click();
  await confirm('Disable');
  await page.getByText('This page is for administrators').waitFor();
  assert.equal(await page.getByRole('link', {name: 'Accounts'}).count(), 0);
  assert.equal(asked, 1, 'nothing is done in her name');
  await page.unroute('**/api/accounts/*');
});

test('a page that is loaded while nobody can say who one is comes by itself', async () => {
  await page.route('**/api/auth/refresh', (route) => route.fulfill(problem(503)));
  await page.goto(`${url}/settings`);
  await page.getByRole('alert').filter({hasText: 'it is away'}).waitFor();
  await page.getByRole('link', {name: 'How the system is'}).click();
  await page.getByRole('heading', {name: 'Journal'}).waitFor();
  assert.equal(await page.getByRole('button', {name: 'Sign out'}).count(), 0);
  await page.goBack();
  await page.getByRole('alert').filter({hasText: 'it is away'}).waitFor();
  await page.unroute('**/api/auth/refresh');
  await page.getByText(eve.email).first().waitFor();
});

test('the system page goes on as who one is once that can be said', async () => {
  await page.route('**/api/auth/refresh', (route) => route.fulfill(problem(503)));
  await page.goto(`${url}/system`);
  await page.getByRole('heading', {name: 'Journal'}).waitFor();
  await page.unroute('**/api/auth/refresh');
  await page.getByRole('button', {name: 'Sign out'}).waitFor();
  await page.locator('.tile').filter({hasText: 'Assignments'}).waitFor();
});

test('the console stayed clean', () => {
  // Of what was refused and cut off on purpose.
  assert.deepEqual(complaints.filter((text) => !/status of (401|403|500|503)|ERR_FAILED/.test(text)), []);
});
