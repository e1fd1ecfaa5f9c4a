// Accounts, API keys and one's own password in a real Chromium against a real system: what an administrator, an editor and a
// viewer see there, and what they are refused.
//
// MAB_TEST_URL: the gateway of a fresh system. MAB_TEST_SETUP_TOKEN: its setup token. MAB_TEST_SCREENSHOTS: a folder, optional.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {launch, watch} from './chromium.mjs';

const url = process.env.MAB_TEST_URL;
const screenshots = process.env.MAB_TEST_SCREENSHOTS;
const ADMIN = {email: 'admin@example.com', password: 'correct horse battery staple'};
const EVE = {email: 'eve@example.com', password: 'nine purple llamas'};
const ADMIN_PAGES = [['Accounts', '/accounts'], ['API keys', '/keys'], ['Audit', '/audit']];

let browser;
let admin; // pages of sessions of their own
let eve;
const complaints = [];

async function call(path, body, token, method = 'POST') {
  const headers = {'content-type': 'application/json', ...(token && {authorization: `Bearer ${token}`})};
  const response = await fetch(url + path, {method, headers, ...(body && {body: JSON.stringify(body)})});
  return {status: response.status, body: await response.json()};
}

async function newSession(options = {}) {
  const context = await browser.newContext({viewport: {width: 1280, height: 900}, permissions: ['clipboard-read', 'clipboard-write'], ...options});
  const page = await context.newPage();
  watch(page, complaints);
  return page;
}

async function signIn(page, {email, password}) {
  await page.goto(`${url}/login`);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', {name: 'Sign in'}).click();
}

async function tokenOf({email, password}) {
  const {status, body} = await call('/api/auth/login', {email, password});
  assert.equal(status, 200, JSON.stringify(body));
  return body.access_token;
}

async function confirm(page, name) {
  await page.getByRole('dialog').getByRole('button', {name}).click();
}

async function shownLink() {
  const value = await admin.getByRole('textbox', {name: 'Link'}).inputValue();
  assert.match(value, /^http.*\/login#password=[\w%-]{20,}$/);
  return value;
}

const rowOf = (email) => admin.getByRole('row').filter({hasText: email});

async function screenshot(page, name) {
  if (screenshots) await page.screenshot({path: `${screenshots}/${name}.png`, fullPage: true});
}

async function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

before(async () => {
  assert.ok(url && process.env.MAB_TEST_SETUP_TOKEN, 'MAB_TEST_URL and MAB_TEST_SETUP_TOKEN must be set');
  browser = await launch();
  const made = await call('/api/auth/setup', {token: process.env.MAB_TEST_SETUP_TOKEN, ...ADMIN});
  assert.equal(made.status, 200, JSON.stringify(made.body));
  admin = await newSession();
  await signIn(admin, ADMIN);
  await admin.getByRole('heading', {name: 'Experiments'}).waitFor();
});

after(() => browser?.close());

test('an administrator reaches the pages for administrators', async () => {
  for (const [name, path] of ADMIN_PAGES) {
    await admin.getByRole('navigation').getByRole('link', {name}).click();
    await admin.waitForURL(`**${path}`);
    await admin.getByRole('heading', {name, level: 1}).waitFor();
  }
});

test('an invitation with a mistake says so beside its field', async () => {
  await admin.goto(`${url}/accounts`);
  await admin.getByLabel('E-mail').fill('not an address');
  await admin.getByRole('button', {name: 'Invite'}).click();
  await admin.locator('.field-error:visible').waitFor();
  assert.equal(await admin.getByLabel('E-mail').getAttribute('aria-invalid'), 'true');
  await admin.getByLabel('E-mail').fill(ADMIN.email);
  await admin.getByRole('button', {name: 'Invite'}).click();
  await admin.locator('.field-error:visible').getByText('an account with this address exists').waitFor();
});

test('an invitation shows its link once, which sets a password', async () => {
  await admin.getByLabel('E-mail').fill(EVE.email);
  await admin.getByRole('button', {name: 'Invite'}).click();
  const link = await shownLink();
  await admin.getByText('Works until').waitFor();
  await admin.getByRole('button', {name: 'Copy'}).click();
  await admin.getByRole('button', {name: 'Copied'}).waitFor();
  assert.equal(await admin.evaluate(() => navigator.clipboard.readText()), link);
  await rowOf(EVE.email).getByText('Pending').waitFor();
  await screenshot(admin, 'accounts');
  await admin.getByRole('button', {name: 'Done'}).click();
  await admin.reload();
  await rowOf(EVE.email).waitFor();
  assert.equal(await admin.getByRole('textbox', {name: 'Link'}).count(), 0);

  eve = await newSession();
  await eve.goto(link);
  await eve.getByLabel('Password').fill(EVE.password);
  await eve.getByRole('button', {name: 'Set the password'}).click();
  await eve.getByRole('heading', {name: 'Experiments'}).waitFor();
});

async function expectRefused(role) {
  for (const [name, path] of ADMIN_PAGES) {
    assert.equal(await eve.getByRole('navigation').getByRole('link', {name}).count(), 0, `${role} sees ${name}`);
    await eve.goto(url + path);
    await eve.getByText('This page is for administrators').waitFor();
    assert.equal(await eve.getByRole('button', {name: /Invite|Create key|Disable|Revoke/}).count(), 0);
  }
  const token = await tokenOf(EVE);
  const id = '01a3185c-5000-7f37-928e-c4d35adc7481';
  for (const [method, path, body] of [
    ['GET', '/api/accounts'], ['GET', `/api/accounts/${id}`], ['POST', '/api/accounts', {email: 'x@example.com', role: 'ADMIN'}],
    ['POST', `/api/accounts/${id}:changeRole`, {role: 'ADMIN'}], ['POST', `/api/accounts/${id}:disable`, {}],
    ['POST', `/api/accounts/${id}:enable`, {}], ['POST', `/api/accounts/${id}:resetPassword`, {}], ['GET', '/api/audit'],
    ['GET', '/api/keys'], ['POST', '/api/keys', {name: 'x', scopes: ['READ']}], ['POST', `/api/keys/${id}:revoke`, {}],
  ]) {
    const answer = await call(path, body, token, method);
    assert.deepEqual([answer.status, answer.body.code], [403, 'PERMISSION_DENIED'], `${role}: ${method} ${path}`);
  }
  const made = await call('/api/experiments', {name: `Of ${role}`, variants: [{name: 'a'}, {name: 'b'}]}, token);
  assert.equal(made.status, role === 'EDITOR' ? 200 : 403);
}

test('a viewer sees no page for administrators and is refused what they may', () => expectRefused('VIEWER'));

test('an administrator makes an editor of the viewer, at once', async () => {
  await rowOf(EVE.email).getByRole('button', {name: 'Change role'}).click();
  await admin.getByRole('dialog').getByLabel('New role').selectOption('EDITOR');
  await screenshot(admin, 'change_role');
  await confirm(admin, 'Change role');
  await rowOf(EVE.email).getByRole('cell', {name: 'Editor', exact: true}).waitFor();
});

test('an editor sees no page for administrators and is refused what they may', () => expectRefused('EDITOR'));

test('nobody changes his own account', async () => {
  await rowOf(ADMIN.email).getByText('Another administrator can change your account').waitFor();
  assert.equal(await rowOf(ADMIN.email).getByRole('button').count(), 0);
});

test('a cancelled question changes nothing', async () => {
  await rowOf(EVE.email).getByRole('button', {name: 'Disable'}).click();
  await admin.getByRole('dialog').getByText('All sessions end at once').waitFor();
  await admin.keyboard.press('Escape');
  await admin.getByRole('dialog').waitFor({state: 'detached'});
  await rowOf(EVE.email).getByText('Active').waitFor();
});

test('a disabled account is signed out, and comes back when it is enabled', async () => {
  await eve.goto(`${url}/`);
  await eve.getByRole('heading', {name: 'Experiments'}).waitFor();
  await rowOf(EVE.email).getByRole('button', {name: 'Disable'}).click();
  await confirm(admin, 'Disable');
  await rowOf(EVE.email).getByText('Disabled').waitFor();
  await eve.getByRole('searchbox').fill('anything');
  await eve.getByRole('heading', {name: 'Sign in'}).waitFor();
  await rowOf(EVE.email).getByRole('button', {name: 'Enable'}).click();
  await confirm(admin, 'Enable');
  await rowOf(EVE.email).getByText('Active').waitFor();
  await signIn(eve, EVE);
  await eve.getByRole('heading', {name: 'Experiments'}).waitFor();
});

test('a reset takes the password away and makes a link for another', async () => {
  await rowOf(EVE.email).getByRole('button', {name: 'Reset password'}).click();
  await confirm(admin, 'Reset password');
  const link = await shownLink();
  assert.equal((await call('/api/auth/login', EVE)).status, 401);
  EVE.password = 'seven silver otters';
  await eve.goto('about:blank');
  await eve.goto(link);
  await eve.getByLabel('Password').fill(EVE.password);
  await eve.getByRole('button', {name: 'Set the password'}).click();
  await eve.getByRole('heading', {name: 'Experiments'}).waitFor();
});

test('everybody changes his own password, with what is wrong beside its field', async () => {
  await eve.getByRole('navigation').getByRole('link', {name: 'Settings'}).click();
  await eve.getByText(EVE.email).waitFor();
  await eve.getByLabel('Current password').fill('not the current one');
  await eve.getByLabel('New password').fill('short');
  await eve.getByRole('button', {name: 'Change the password'}).click();
  await eve.getByText('must have at least 12').waitFor();
  await eve.getByLabel('New password').fill('four green parrots');
  await eve.getByRole('button', {name: 'Change the password'}).click();
  await eve.getByText('is not the current password').waitFor();
  await screenshot(eve, 'password');
  await eve.getByLabel('Current password').fill(EVE.password);
  await eve.getByRole('button', {name: 'Change the password'}).click();
  await eve.locator('.notice-good').waitFor();
  assert.equal(await eve.getByLabel('New password').inputValue(), '');
  EVE.password = 'four green parrots';
  await tokenOf(EVE);
});

test('everybody sees where he is signed in, and signs out elsewhere', async () => {
  const elsewhere = await tokenOf(EVE);
  await eve.reload();
  const sessions = eve.getByRole('region', {name: 'Sessions'});
  await sessions.getByText('here').waitFor();
  const others = eve.getByRole('button', {name: 'Sign out everywhere else'});
  await others.click();
  await eve.getByText('must be 1 to 1024 bytes').waitFor();
  await eve.getByLabel('Password, to sign out elsewhere').fill('not the current one');
  await sessions.getByRole('button', {name: 'End the session from 127.0.0.1'}).first().click();
  await eve.getByText('is not the current password').waitFor();
  await screenshot(eve, 'sessions');
  assert.equal((await call('/api/auth/me', null, elsewhere, 'GET')).status, 200);
  await eve.getByLabel('Password, to sign out elsewhere').fill(EVE.password);
  await others.click();
  await eve.waitForFunction(() => document.querySelectorAll('[aria-label="Sessions"] tbody tr').length === 1);
  assert.equal((await call('/api/auth/me', null, elsewhere, 'GET')).status, 401);
  assert.ok(await others.isDisabled(), 'there is no other one');
});

test('a key is made, its secret shown once, and revoked', async () => {
  await admin.getByRole('navigation').getByRole('link', {name: 'API keys'}).click();
  await admin.getByText('No key yet').waitFor();
  await admin.getByRole('button', {name: 'Create key'}).click();
  await admin.locator('.field-error:visible').first().waitFor();
  assert.equal(await admin.locator('.field-error:visible').count(), 2, 'name and scopes are both wrong');
  await admin.getByLabel('Name').fill('shop <b>backend</b>');
  await admin.getByLabel('Read', {exact: true}).check();
  const bulk = admin.getByLabel('Bulk evaluation counts as shown');
  await bulk.check();
  const publishable = admin.getByLabel('Visitors can read it');
  await publishable.check();
  await admin.getByRole('button', {name: 'Create key'}).click();
  await admin.getByText('must be false without the scope ASSIGN').waitFor();
  await admin.getByText('must be false with other scopes than ASSIGN').waitFor();
  await publishable.uncheck();
  await admin.getByLabel('Assign', {exact: true}).check();
  await admin.getByLabel('Expires').selectOption('90');
  await admin.getByRole('button', {name: 'Create key'}).click();
  const secret = await admin.getByRole('textbox', {name: 'Secret'}).inputValue();
  assert.match(secret, /^mab_[\w-]{43}$/);
  const row = admin.getByRole('row').filter({hasText: 'shop <b>backend</b>'});
  await row.getByText('Read, Assign').waitFor();
  await row.getByText('bulk counts').waitFor();
  assert.equal(await bulk.isChecked(), false);
  await row.getByText(`${secret.slice(0, 8)}…`).waitFor();
  await screenshot(admin, 'keys');
  const read = await call('/api/experiments', null, secret, 'GET');
  assert.equal(read.status, 200, JSON.stringify(read.body));
  const created = await call('/api/experiments', {name: 'Of a key', variants: [{name: 'a'}, {name: 'b'}]}, secret);
  assert.equal(created.status, 403, 'READ and ASSIGN do not write');
  assert.equal((await call('/api/keys', null, secret, 'GET')).status, 403);
  await admin.reload();
  await row.waitFor();
  assert.ok(!(await admin.content()).includes(secret));

  await row.getByRole('button', {name: 'Revoke'}).click();
  await confirm(admin, 'Revoke');
  await row.getByText('Revoked').waitFor();
  assert.equal((await call('/api/experiments', null, secret, 'GET')).status, 401);
});

test('the pages work by keyboard alone', async () => {
  await admin.goto(`${url}/accounts`);
  await rowOf(EVE.email).waitFor();
  const button = rowOf(EVE.email).getByRole('button', {name: 'Disable'});
  for (let presses = 0; presses < 40 && !(await button.evaluate((one) => one === document.activeElement)); presses++) await admin.keyboard.press('Tab');
  await admin.keyboard.press('Enter');
  await admin.getByRole('dialog', {name: `Disable ${EVE.email}?`}).waitFor();
  await admin.keyboard.press('Escape');
  await admin.getByRole('dialog').waitFor({state: 'detached'});
});

test('the pages fit a phone, in light and in dark', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const phone = await newSession({viewport: {width: 390, height: 844}, colorScheme});
    await signIn(phone, ADMIN);
    await phone.getByRole('heading', {name: 'Experiments'}).waitFor();
    for (const [heading, path] of [['Accounts', '/accounts'], ['API keys', '/keys'], ['Settings', '/settings']]) {
      await phone.goto(url + path);
      await phone.getByRole('heading', {name: heading, level: 1}).waitFor();
      if (path !== '/settings') await phone.getByRole('table').waitFor();
      assert.equal(await overflow(phone), 0, `${path} is wider than a phone`);
      await screenshot(phone, `phone_${colorScheme}${path.replace('/', '_')}`);
    }
    await phone.context().close();
  }
});

test('the console stayed clean and no policy was violated', () => {
  assert.deepEqual(complaints.filter((text) => !/status of (400|401|403|409)/.test(text)), []);
});
