// A website for the script tag to be on: pages on an origin of their own, the API behind a door that can be slow, shut or out of
// order and that notes who goes through, and experiments of the system that tests/browser/system.mjs describes.
import assert from 'node:assert/strict';
import {createServer} from 'node:http';
import {launch} from './chromium.mjs';
import {ADMIN, call, done, setupToken, until, url} from './system.mjs';

// Headless browsers say that they are machines, and those count nowhere.
export const AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
export const scriptFile = '/static/frontend/gtm/mab-script.js';

const run = Date.now().toString(36);
let token;

/** All that a test of the script needs: {browser, door, site, close}, for an administrator who is signed in. options: of the browser. */
export async function startWebsite(options = {}) {
  await signIn();
  const [door, site, browser] = await Promise.all([startDoor(), startSite(), launch(options)]);
  const close = async () => {
    await browser.close();
    door.close();
    site.close();
  };
  return {browser, door, site, close};
}

// As the administrator, who is created in a fresh system.
async function signIn() {
  assert.ok(url && setupToken, 'MAB_TEST_URL and MAB_TEST_SETUP_TOKEN must be set');
  const made = await call('/api/auth/setup', {token: setupToken, ...ADMIN});
  token = made.status === 200 ? made.body.access_token : (await done('/api/auth/login', ADMIN)).access_token;
}

/** Starts an experiment, waits until it is served, and returns its key. payloads: by variant, the first one's is the control. */
export async function experiment(name, payloads) {
  const key = `${name}-${run}`;
  const variants = payloads.map((payload, index) => ({key: String.fromCharCode(97 + index), name: `Variant ${index}`, payload}));
  await done('/api/experiments', {key, name, variants}, token);
  await done(`/api/experiments/${key}:start`, {}, token);
  await until(`${key} is served`, async () => {
    const answer = await call('/api/assign', {user_id: 'preview', experiments: [key], force: {[key]: 'a'}});
    return answer.body.assignments.length === 1;
  });
  return key;
}

export const change = (key, verb, body = {}) => done(`/api/experiments/${key}:${verb}`, body, token);

/** What the server counted: {exposures, conversions, variants}. */
export const analytics = (key) => done(`/api/experiments/${key}/analytics`, undefined, token);

/** Waits until the server has counted exactly so much, and looks once more a moment later that it stays so. */
export async function counted(key, exposures, conversions) {
  let last;
  await until(`${key}: ${exposures} exposures and ${conversions} conversions`, async () => {
    last = await analytics(key);
    return last.exposures >= exposures && last.conversions >= conversions;
  }).catch((error) => assert.fail(`${error.message}; it has ${last.exposures} and ${last.conversions}`));
  await new Promise((resolve) => setTimeout(resolve, 300));
  last = await analytics(key);
  assert.deepEqual([last.exposures, last.conversions], [exposures, conversions], key);
  return last;
}

const listen = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`)));

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/**
 * The API behind a door: {origin, calls, mode}. mode: {delay: ms, status: a refusal, down: connections are cut off}, for paths that
 * `only` matches. calls: {path, body, at, headers} in the order in which they came.
 */
async function startDoor() {
  const door = {calls: [], mode: {}};
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const {delay = 0, status, down, only = /./} = door.mode;
    door.calls.push({method: request.method, path: request.url, body: body && JSON.parse(body), headers: request.headers, at: Date.now()});
    const concerned = only.test(request.url);
    if (concerned && down) return request.socket.destroy();
    if (concerned && delay) await new Promise((resolve) => setTimeout(resolve, delay));
    if (concerned && status) {
      response.writeHead(status, {'content-type': 'application/problem+json', 'access-control-allow-origin': '*', 'retry-after': '1'});
      return response.end(JSON.stringify({status, code: 'UNAVAILABLE'}));
    }
    const {'content-type': type, 'user-agent': agent, origin} = request.headers;
    const answer = await fetch(url + request.url, {method: request.method, body, headers: {'content-type': type, 'user-agent': agent, ...(origin && {origin})}});
    const headers = {'content-type': answer.headers.get('content-type')};
    if (answer.headers.get('access-control-allow-origin')) headers['access-control-allow-origin'] = answer.headers.get('access-control-allow-origin');
    response.writeHead(answer.status, headers);
    response.end(await answer.text());
  });
  door.origin = await listen(server);
  door.close = () => server.closeAllConnections() ?? server.close();
  door.to = (path) => door.calls.filter((one) => path.test(one.path));
  door.reset = () => {
    door.calls.length = 0;
    door.mode = {};
  };
  return door;
}

/** The website: {origin, page(path, html, headers) which returns the page's address, slow(path, content, ms)}. */
async function startSite() {
  const pages = new Map();
  const server = createServer(async (request, response) => {
    const {html, headers, wait} = pages.get(request.url.split('?')[0]) ?? {};
    if (html === undefined) return response.writeHead(404).end();
    if (wait) await new Promise((resolve) => setTimeout(resolve, wait));
    response.writeHead(200, {'content-type': 'text/html; charset=utf-8', ...headers});
    response.end(html);
  });
  const origin = await listen(server);
  return {
    origin,
    page(path, html, headers, wait) {
      pages.set(path, {html, headers, wait});
      return origin + path;
    },
    close: () => server.closeAllConnections() ?? server.close(),
  };
}

/** A page with the script in its head. options: those of the script, as its address has them. */
export function html(door, body, {options = {}, head = '', tag = ''} = {}) {
  const query = new URLSearchParams({endpoint: door.origin, ...options});
  const script = tag === null ? '' : `<script src="${url}${scriptFile}?${String(query).replaceAll('&', '&amp;')}" ${tag}></script>`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">${head}${script}</head><body>${body}</body></html>`;
}

export const scriptAddress = (door, options = {}) => `${url}${scriptFile}?${new URLSearchParams({endpoint: door.origin, ...options})}`;

/** Notes in each frame of the page what a visitor sees of the marked elements, and what shifts. Read it with `film`. */
export function startFilm() {
  globalThis.film = {frames: [], shift: 0};
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) globalThis.film.shift += entry.value;
  }).observe({type: 'layout-shift', buffered: true});
  const look = () => {
    for (const element of document.querySelectorAll('[data-test]')) {
      globalThis.film.frames.push({
        at: performance.now(), key: element.dataset.test, text: element.textContent, hidden: getComputedStyle(element).visibility === 'hidden',
      });
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** {seen: texts that were visible, in order, each once in a row; hidden: for how many ms something was hidden; shift: layout shift} */
export async function film(page, key) {
  return page.evaluate((wanted) => {
    // An element of which the parser has come upon the beginning shows nothing yet.
    const frames = globalThis.film.frames.filter((frame) => frame.text && (!wanted || frame.key === wanted));
    const seen = frames.filter(({hidden}) => !hidden).map(({text}) => text).filter((text, index, all) => text !== all[index - 1]);
    const times = frames.filter(({hidden}) => hidden).map(({at}) => at);
    return {seen, hidden: times.length ? Math.max(...times) - Math.min(...times) : 0, shift: globalThis.film.shift};
  }, key);
}

/** A new visitor's page: {page, context, complaints}. */
export async function visitor(browser, options = {}) {
  const context = await browser.newContext({userAgent: AGENT, viewport: {width: 1000, height: 700}, ...options});
  const page = await context.newPage();
  page.setDefaultTimeout(10000);
  const complaints = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(`thrown: ${error.message}`));
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.addInitScript(startFilm);
  return {page, context, complaints};
}

export const ready = (page) => page.evaluate(() => globalThis.mab.ready.then(() => true));
export const debug = (page) => page.evaluate(() => JSON.parse(JSON.stringify(globalThis.mab.debug())));
export const textOf = (page, key) => page.locator(`[data-test="${key}"]`).first().textContent();
