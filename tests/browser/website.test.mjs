// The page on websites: what to paste, the template for Tag Manager, and a look at a page. tests/browser/system.mjs says what it
// runs against.
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import {after, before, test} from 'node:test';
import {launch, watch} from './chromium.mjs';
import {ADMIN, done, setUp, url} from './system.mjs';

let browser;
let page;
let site;
let html = '';
const complaints = [];

before(async () => {
  const token = await setUp();
  await done('/api/experiments', {key: 'hero-title', name: 'Hero', variants: [{key: 'a'}, {key: 'b'}]}, token);
  await done('/api/experiments/hero-title:start', {}, token);
  site = createServer((request, response) => response.writeHead(200, {'content-type': 'text/html'}).end(html));
  await new Promise((listening) => site.listen(0, '127.0.0.1', listening));
  browser = await launch();
  page = await browser.newPage();
  watch(page, complaints);
  await page.goto(`${url}/login`);
  await page.getByLabel('E-mail').fill(ADMIN.email);
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.getByRole('button', {name: 'Sign in'}).click();
  await page.getByRole('link', {name: 'Website'}).click();
});

after(async () => {
  await browser?.close();
  site?.close();
});

async function look(address) {
  await page.getByLabel('Address of a page').fill(address);
  await page.getByRole('button', {name: 'Look'}).click();
}

const siteUrl = () => `http://127.0.0.1:${site.address().port}/`;
const finding = (text) => page.locator('.finding').filter({hasText: text}).waitFor();

test('what is to be pasted is what is served', async () => {
  await page.getByRole('tab', {name: 'Fixed version'}).click();
  const code = await page.getByRole('region', {name: 'Fixed version code'}).innerText();
  const [, address] = code.match(/src="([^"]+)"/);
  assert.equal((await fetch(address)).status, 200);
  const {integrity, snippet} = await done('/static/frontend/gtm/mab-script.json', undefined, null, 'GET');
  assert.ok(code.includes(integrity));
  await page.getByRole('tab', {name: 'No flicker'}).click();
  assert.ok((await page.getByRole('region', {name: 'No flicker code'}).innerText()).includes(snippet));
});

test('the template for Tag Manager is of this system', async () => {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', {name: 'Download the template'}).click()]);
  assert.equal(download.suggestedFilename(), 'mab-experiments.tpl');
  assert.ok((await readFile(await download.path(), 'utf8')).includes(`"string": "${url}/static/frontend/gtm/mab-script.js"`));
});

test('a page without the script is told to be so, with what to do', async () => {
  html = '<!doctype html><h1>Shop</h1>';
  await look(siteUrl());
  await finding('does not load the script');
  await finding('Nothing in the page is marked');
});

test('a page with the script is told what it marks', async () => {
  html = `<!doctype html><meta http-equiv="Content-Security-Policy" content="script-src ${url}; connect-src 'self'">
    <script async src="${url}/static/frontend/gtm/mab-script.js"></script>
    <h1 data-test="hero-title">Shop</h1><h2 data-test="hero-titel">Sale</h2><a data-test-goal="hero-title">Buy</a>`;
  await look(siteUrl());
  await finding('The page loads the script');
  await finding('“hero-title” (1 element, 1 goal): running');
  await finding('“hero-titel” (1 element): there is no experiment with this key');
  await finding('to connect-src');
});

test('what can’t be looked at is said beside the address', async () => {
  await look('shop.example');
  await page.locator('.field-error').filter({hasText: 'must begin with https://'}).waitFor();
  await look('http://127.0.0.1:1/');
  await page.locator('.field-error').filter({hasText: 'does not answer'}).waitFor();
});

test('the console stayed clean', () => {
  // Of what is asked for and is not there.
  assert.deepEqual(complaints.filter((text) => !/status of (400|404)/.test(text)), []);
});
