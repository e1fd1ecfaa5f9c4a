// The dashboard in a real Chromium against a real system: from the setup link to a completed experiment.
//
// MAB_TEST_URL: the gateway of a fresh system. MAB_TEST_SETUP_TOKEN: its setup token. MAB_TEST_SCREENSHOTS: a folder, optional.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {launch, watch} from './chromium.mjs';

const url = process.env.MAB_TEST_URL;
const setupToken = process.env.MAB_TEST_SETUP_TOKEN;
const screenshots = process.env.MAB_TEST_SCREENSHOTS;
const HOSTILE = '<img src=x onerror=alert(1)>';
const ACCOUNT = {email: 'admin@example.com', password: 'correct horse battery staple'};

let browser;
let page;
const complaints = [];

before(async () => {
  assert.ok(url && setupToken, 'MAB_TEST_URL and MAB_TEST_SETUP_TOKEN must be set');
  browser = await launch();
  page = await browser.newPage({viewport: {width: 1280, height: 900}});
  watch(page, complaints);
});

after(() => browser?.close());

async function screenshot(name) {
  if (screenshots) await page.screenshot({path: `${screenshots}/${name}.png`, fullPage: true});
}

// What the console may say: a page that is asked for without a session learns so by a 401,
// and of the experiment that the API documents are tried with, that there is none.
function unexpected() {
  return complaints.filter((text) => !/status of (401|400|404)/.test(text));
}

async function post(path, body) {
  const response = await fetch(url + path, {method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify(body)});
  assert.equal(response.status, 200, await response.clone().text());
  return response.json();
}

test('an unknown visitor is sent to sign in', async () => {
  await page.goto(`${url}/experiments/new`);
  await page.waitForURL('**/login?next=%2Fexperiments%2Fnew');
  await page.getByRole('heading', {name: 'Sign in'}).waitFor();
});

test('the setup link creates the first administrator and signs him in', async () => {
  await page.goto('about:blank');
  await page.goto(`${url}/login#setup=${encodeURIComponent(setupToken)}`);
  await page.getByLabel('E-mail').fill(ACCOUNT.email);
  await page.getByLabel('Password').fill('short');
  await page.getByRole('button', {name: 'Create the administrator'}).click();
  await page.locator('.field-error:visible').waitFor();
  await page.getByLabel('Password').fill(ACCOUNT.password);
  await page.getByRole('button', {name: 'Create the administrator'}).click();
  await page.getByRole('heading', {name: 'Experiments'}).waitFor();
  await page.getByText('No experiment yet').waitFor();
  await screenshot('empty');
});

test('the session outlives a reload', async () => {
  await page.reload();
  await page.getByText('No experiment yet').waitFor();
});

test('creates an experiment, with what is wrong beside its field', async () => {
  await page.getByRole('link', {name: 'New experiment'}).click();
  await page.getByRole('group', {name: 'What visitors see'}).nth(1).waitFor();
  await page.getByRole('radio', {name: 'JSON'}).nth(1).check();
  await page.getByRole('button', {name: 'Create'}).click();
  await page.locator('.field-error:visible').first().waitFor();
  await page.getByRole('textbox', {name: 'Name'}).first().fill('Hero title');
  await page.getByRole('textbox', {name: 'Name'}).nth(2).fill(HOSTILE);
  await page.getByRole('textbox', {name: 'JSON'}).fill('{"text": ');
  await page.getByRole('button', {name: 'Create'}).click();
  await page.locator('.field-error:visible').filter({hasText: 'is not JSON'}).waitFor();
  await page.getByRole('textbox', {name: 'JSON'}).fill('{"text": "Ship today"}');
  await screenshot('create');
  await page.getByRole('button', {name: 'Create'}).click();
  await page.waitForURL('**/experiments/hero-title');
  await page.getByText(HOSTILE).waitFor();
});

test('starts it, and the numbers of visitors appear by themselves', async () => {
  await page.getByRole('button', {name: 'Start'}).click();
  await page.getByRole('dialog').getByRole('button', {name: 'Start'}).click();
  await page.locator('.badge-running').waitFor();
  const served = await firstAssignment('visitor-0');
  for (let visitor = 1; visitor < 60; visitor++) await post('/api/experiments/hero-title/assign', {user_id: `visitor-${visitor}`});
  const conversion = await post('/api/experiments/hero-title/convert', {user_id: 'visitor-0'});
  assert.equal(conversion.variant.key, served);
  const tile = (label, number) => page.locator('.tile').filter({hasText: label}).getByText(number, {exact: true}).waitFor();
  await tile('Visitors', '60');
  await tile('Conversions', '1');
  await screenshot('running');
});

// Starting takes a second or two to reach the assignment service.
async function firstAssignment(user) {
  const deadline = Date.now() + 15000;
  for (;;) {
    const response = await fetch(`${url}/api/experiments/hero-title/assign`, {method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify({user_id: user})});
    const answer = await response.json();
    if (response.status === 200 && answer.counted) return answer.variant.key;
    assert.ok(Date.now() < deadline, `never assigned: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test('pauses, resumes and completes it', async () => {
  for (const [action, badge] of [['Pause', 'paused'], ['Resume', 'running'], ['Complete', 'completed']]) {
    await page.getByRole('button', {name: action}).click();
    await page.getByRole('dialog').getByRole('button', {name: action}).click();
    await page.locator(`.badge-${badge}`).waitFor();
  }
  await page.getByText('everybody sees').first().waitFor();
  await screenshot('completed');
});

test('finds it in the list, and says when nothing matches', async () => {
  await page.getByRole('link', {name: 'Experiments'}).first().click();
  await page.getByRole('link', {name: 'Hero title'}).waitFor();
  await page.getByRole('searchbox').fill('no such thing');
  await page.getByText('No experiment matches').waitFor();
  await page.getByRole('searchbox').fill('hero');
  await page.getByRole('link', {name: 'Hero title'}).waitFor();
  await screenshot('list');
});

test('the audit page says who changed what, to an administrator', async () => {
  await page.getByRole('link', {name: 'Audit'}).click();
  await page.getByRole('heading', {name: 'Audit'}).waitFor();
  const completed = page.getByRole('row').filter({hasText: 'experiment.complete'});
  await completed.getByText(ACCOUNT.email).waitFor();
  await completed.getByText('state').first().click();
  await completed.locator('pre').first().waitFor();
  await page.getByLabel('Action').fill('experiment.create');
  await page.getByRole('row').filter({hasText: 'experiment.complete'}).waitFor({state: 'detached'});
  await page.getByText('created').click();
  await page.locator('pre').filter({hasText: HOSTILE}).waitFor();
  await page.getByLabel('Action').fill('no.such.thing');
  await page.getByText('No entry matches').waitFor();
  await screenshot('audit');
  await page.getByRole('link', {name: 'Experiments'}).first().click();
  await page.getByRole('link', {name: 'Hero title'}).waitFor();
});

test('fits a phone', async () => {
  await page.setViewportSize({width: 375, height: 800});
  await page.getByRole('link', {name: 'Hero title'}).click();
  await page.locator('.tile dd').first().waitFor();
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(overflow, 0);
  await screenshot('phone');
  await page.setViewportSize({width: 1280, height: 900});
});

test('signs out, and in again with the password', async () => {
  await page.getByRole('button', {name: 'Sign out'}).click();
  await page.getByRole('heading', {name: 'Sign in'}).waitFor();
  await page.goto(`${url}/`);
  await page.getByRole('heading', {name: 'Sign in'}).waitFor();
  await page.getByLabel('E-mail').fill(ACCOUNT.email);
  await page.getByLabel('Password').fill('not the password at all');
  await page.getByRole('button', {name: 'Sign in'}).click();
  await page.getByRole('alert').filter({hasText: 'wrong'}).waitFor();
  await page.getByLabel('Password').fill(ACCOUNT.password);
  await page.getByRole('button', {name: 'Sign in'}).click();
  await page.getByRole('link', {name: 'Hero title'}).waitFor();
});

test('the link of an invitation sets a password and signs in', async () => {
  const post = async (path, data, token) => {
    const headers = {'content-type': 'application/json', ...(token && {authorization: `Bearer ${token}`})};
    return (await fetch(url + path, {method: 'POST', headers, body: JSON.stringify(data)})).json();
  };
  const {access_token: token} = await post('/api/auth/login', ACCOUNT);
  const invited = await post('/api/accounts', {email: 'invited@example.com', role: 'VIEWER'}, token);
  await page.goto('about:blank');
  await page.goto(`${url}/login#password=${encodeURIComponent(invited.token)}`);
  await page.getByRole('heading', {name: 'Set your password'}).waitFor();
  await page.getByLabel('Password').fill('password1234');
  await page.getByRole('button', {name: 'Set the password'}).click();
  await page.locator('.field-error:visible').waitFor();
  await page.getByLabel('Password').fill('nine purple llamas');
  await page.getByRole('button', {name: 'Set the password'}).click();
  await page.getByRole('link', {name: 'Hero title'}).waitFor();
});

test('the API documents load under their own policy', async () => {
  await page.goto(`${url}/docs`);
  await page.getByText('/api/experiments/{experiment}/assign').first().click();
  await page.getByRole('button', {name: 'Try it out'}).click();
  await page.getByPlaceholder('experiment').fill('nothing');
  await page.getByRole('button', {name: 'Execute'}).click();
  await page.getByText('EXPERIMENT_NOT_FOUND').first().waitFor();
  await screenshot('docs');
});

test('the console stayed clean and no policy was violated', () => {
  assert.deepEqual(unexpected(), []);
});
