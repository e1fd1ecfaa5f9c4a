// What becomes of what is typed into the editor, in a real Chromium against a real system: it is saved once, whatever becomes of the
// answer, and kept until then, in each tab its own.
// tests/browser/system.mjs says what it runs against.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {launch, watch} from './chromium.mjs';
import {ADMIN, call, done, setUp, until, url} from './system.mjs';

const TWO = [{name: 'Today'}, {name: 'Short', payload: {text: 'Ship'}}];
const KEPT = /This is what you typed/;

let browser;
let page;
let token;
const complaints = [];

const nameOf = (tab) => tab.getByRole('textbox', {name: 'Name'}).first();
const press = (name, tab = page) => tab.getByRole('button', {name, exact: true}).click();
const keysLike = async (q) => (await done(`/api/experiments?q=${q}`, undefined, token)).experiments.map(({key}) => key).sort();

async function signIn(tab) {
  await tab.getByLabel('E-mail').fill(ADMIN.email);
  await tab.getByLabel('Password').fill(ADMIN.password);
  await tab.getByRole('button', {name: 'Sign in'}).click();
}

async function open(path, tab = page) {
  await tab.goto(url + path);
  await nameOf(tab).waitFor();
}

async function newTab() {
  const tab = await page.context().newPage();
  watch(tab, complaints);
  await open('/experiments/new', tab);
  return tab;
}

async function fill(name, tab = page) {
  await nameOf(tab).fill(name);
  await tab.getByRole('textbox', {name: 'Text', exact: true}).fill('Ship');
}

// The server does what it is asked for, and nobody hears of it.
const loseAnswer = (pattern) => page.route(pattern, async (route) => {
  await route.fetch();
  await route.abort();
}, {times: 1});

before(async () => {
  token = await setUp();
  browser = await launch();
  const context = await browser.newContext({viewport: {width: 1280, height: 900}});
  page = await context.newPage();
  watch(page, complaints);
  await page.goto(`${url}/login`);
  await signIn(page);
  await page.getByRole('heading', {name: 'Experiments'}).waitFor();
});

after(() => browser?.close());

test('an answer that is lost makes no second experiment', async () => {
  await open('/experiments/new');
  await fill('Lost');
  await loseAnswer('**/api/experiments');
  await press('Create');
  await page.getByText('It is not known whether it was saved').waitFor();
  await press('Create');
  await page.getByText('It is likely what you tried to save before').waitFor();
  await page.reload();
  await page.getByText(KEPT).waitFor();
  await press('Create');
  assert.equal(await page.getByRole('link', {name: '“Lost”'}).getAttribute('href'), '/experiments/lost');
  assert.deepEqual(await keysLike('lost'), ['lost']);
  await press('Go on with that one');
  await page.waitForURL('**/experiments/lost');
  await open('/experiments/new');
  assert.equal(await page.getByText(KEPT).count(), 0);
});

test('a key that another experiment has is made free, and who wants another one gets it', async () => {
  await open('/experiments/new');
  await fill('Lost');
  await press('Create');
  await page.waitForURL('**/experiments/lost-2');
  await open('/experiments/new');
  await fill('Again');
  await loseAnswer('**/api/experiments');
  await press('Create');
  await page.getByText('It is not known whether it was saved').waitFor();
  await press('Create');
  await press('Create another one');
  await page.waitForURL('**/experiments/again-2');
  assert.deepEqual(await keysLike('again'), ['again', 'again-2']);
});

test('a change whose answer is lost is no collision', async () => {
  await done('/api/experiments', {name: 'Change', variants: TWO}, token);
  await open('/experiments/change/edit');
  await nameOf(page).fill('Changed');
  await loseAnswer('**/api/experiments/*');
  await press('Save');
  await page.getByText('It is not known whether it was saved').waitFor();
  await press('Save');
  await page.waitForURL('**/experiments/change');
  assert.equal((await done('/api/experiments/change', undefined, token)).name, 'Changed');
});

test('nothing can be typed while it is saved, and everything after', async () => {
  await open('/experiments/new');
  await fill('Slow');
  let asked;
  const answer = new Promise((resolve) => (asked = resolve));
  await page.route('**/api/experiments', async (route) => asked(route), {times: 1});
  await nameOf(page).focus();
  await page.keyboard.press('Enter');
  const route = await answer;
  await page.keyboard.type('lost');
  await page.keyboard.press('Enter');
  assert.equal(await nameOf(page).inputValue(), 'Slow');
  assert.equal(await page.getByRole('button', {name: 'Create', exact: true, includeHidden: true}).isDisabled(), true);
  await route.abort();
  await page.getByText('It is not known whether it was saved').waitFor();
  await until('the name has the focus again', () => page.evaluate(() => document.activeElement === document.querySelector('#editor input')));
  await page.keyboard.press('End');
  await page.keyboard.type('er');
  await press('Create');
  await page.waitForURL('**/experiments/slower');
});

test('what was archived meanwhile can’t be saved', async () => {
  await done('/api/experiments', {name: 'Over', variants: TWO}, token);
  await done('/api/experiments/over:start', {}, token);
  await done('/api/experiments/over:complete', {winner: 'b'}, token);
  await open('/experiments/over/edit');
  await nameOf(page).fill('Mine');
  await done('/api/experiments/over:archive', {}, token);
  await press('Save');
  await press('Back to the form');
  assert.equal(await page.getByRole('button', {name: 'Save', exact: true}).isDisabled(), true);
  await page.getByRole('button', {name: 'Discard', exact: true}).click();
  await page.getByRole('dialog').getByRole('button', {name: 'Discard'}).click();
  assert.equal(await page.getByRole('button', {name: 'Save', exact: true}).isDisabled(), true);
});

test('each tab keeps its own, and what a closed one left goes to the next', async () => {
  const [first, second] = [await newTab(), await newTab()];
  await fill('First', first);
  await fill('Second', second);
  for (const [tab, name] of [[first, 'First'], [second, 'Second']]) {
    await tab.reload();
    await tab.getByText(KEPT).waitFor();
    assert.equal(await nameOf(tab).inputValue(), name);
  }
  const third = await newTab();
  assert.equal(await nameOf(third).inputValue(), '');
  await third.close();
  await first.close();
  const fourth = await newTab();
  await fourth.getByText(KEPT).waitFor();
  assert.equal(await nameOf(fourth).inputValue(), 'First');
  await fourth.close();
  await second.close();
});

test('a draft that was changed after the question is not deleted', async () => {
  await done('/api/experiments', {name: 'Doomed', variants: TWO}, token);
  await page.goto(`${url}/experiments/doomed`);
  await press('Delete');
  await done('/api/experiments/doomed', {description: 'Not yet'}, token, 'PATCH');
  await page.getByRole('dialog').getByRole('button', {name: 'Delete'}).click();
  await page.getByText('Somebody changed this experiment meanwhile, so nothing was done').waitFor();
  assert.equal((await call('/api/experiments/doomed', undefined, token)).status, 200);
  await press('Delete');
  await page.getByRole('dialog').getByRole('button', {name: 'Delete'}).click();
  await page.waitForURL(`${url}/`);
  assert.equal((await call('/api/experiments/doomed', undefined, token)).status, 404);
});

test('who signs out leaves nothing of what was typed', async () => {
  await open('/experiments/new');
  await fill('Mine alone');
  await page.getByText('What you type is kept').waitFor();
  assert.notEqual(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('mab:editor')).length), 0);
  await press('Sign out');
  await page.getByLabel('Password').waitFor();
  assert.equal(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('mab:editor')).length), 0);
  await signIn(page);
  await nameOf(page).waitFor();
  assert.equal(await nameOf(page).inputValue(), '');
});

test('the console stayed clean and no policy was violated', () => {
  assert.deepEqual(complaints.filter((text) => !/status of (401|404|409)|ERR_FAILED/.test(text)), []);
});
