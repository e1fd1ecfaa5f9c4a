// update() of dashboard/src/core/dom.js in a real browser: what differs changes, and nothing else does.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {build} from 'esbuild';
import {fileURLToPath} from 'node:url';
import {launch, watch} from './chromium.mjs';

let browser;
let page;
const complaints = [];

before(async () => {
  const source = fileURLToPath(new URL('../../dashboard/src/core/dom.js', import.meta.url));
  const {outputFiles: [script]} = await build({entryPoints: [source], bundle: true, format: 'iife', globalName: 'dom', write: false});
  browser = await launch();
  page = await browser.newPage();
  watch(page, complaints);
  await page.setContent('<main></main>');
  await page.evaluate(script.text.replace('var dom', 'globalThis.dom'));
});

after(() => browser?.close());

// Runs in the page, with `main` empty before each.
const inPage = (work) => page.evaluate(`(() => {
  const {h, svg, update} = dom;
  const main = document.querySelector('main');
  main.replaceChildren();
  return (${work})(main, h, update, svg);
})()`);

test('nodes stay, their texts and attributes change', async () => {
  assert.deepEqual(await inPage(`(main, h, update) => {
    update(main, h('p', {class: 'a', title: 'x'}, 'one'), 'text');
    const [p, text] = main.childNodes;
    update(main, h('p', {class: 'b', lang: 'en'}, 'two', h('b', null, 'more')), 'other');
    return [main.firstChild === p, main.childNodes[1] === text, main.innerHTML];
  }`), [true, true, '<p class="b" lang="en">two<b>more</b></p>other']);
});

test('what came goes, and what is another element is another one', async () => {
  assert.equal(await inPage(`(main, h, update) => {
    update(main, h('p', null, '1'), h('p', null, '2'), h('p', null, '3'));
    update(main, h('p', null, '1'), h('div', null, '2'));
    return main.innerHTML;
  }`), '<p>1</p><div>2</div>');
});

test('elements with a key are moved, not made again', async () => {
  assert.deepEqual(await inPage(`(main, h, update) => {
    const row = (key) => h('li', {'data-key': key}, key);
    update(main, ['a', 'b', 'c'].map(row));
    const [a, b, c] = main.children;
    update(main, ['c', 'x', 'a'].map(row));
    return [main.textContent, main.children[0] === c, main.children[2] === a, b.isConnected];
  }`), ['cxa', true, true, false]);
});

test('a new element before one with a key takes nothing of it', async () => {
  assert.deepEqual(await inPage(`(main, h, update) => {
    update(main, h('section', {'data-key': 'chart', 'data-own': '1'}, 'drawn'));
    const chart = main.firstChild;
    update(main, h('section', null, 'note'), h('section', {'data-key': 'chart', 'data-own': '1'}));
    return [main.textContent, main.children[1] === chart];
  }`), ['notedrawn', true]);
});

test('the newest listener is called, once, and none that went', async () => {
  assert.deepEqual(await inPage(`(main, h, update) => {
    const calls = [];
    update(main, h('button', {onclick: () => calls.push('old')}));
    const button = main.firstChild;
    update(main, h('button', {onclick: () => calls.push('new')}));
    button.click();
    update(main, h('button'));
    button.click();
    return calls;
  }`), ['new']);
});

test('what the reader did stays: fields, focus, opened details', async () => {
  assert.deepEqual(await inPage(`(main, h, update) => {
    const draw = (text) => update(main, h('input', {value: 'first'}), h('details', null, h('summary', null, text), 'inside'));
    draw('one');
    const [input, details] = main.children;
    input.value = 'typed';
    input.focus();
    details.open = true;
    draw('two');
    return [input.value, document.activeElement === input, details.open, details.textContent];
  }`), ['typed', true, true, 'twoinside']);
});

test('what is an element’s own affair stays while it says so', async () => {
  assert.deepEqual(await inPage(`(main, h, update) => {
    update(main, h('div', {'data-own': 'chart-1'}));
    main.firstChild.append('drawn');
    update(main, h('div', {'data-own': 'chart-1'}));
    const kept = main.textContent;
    update(main, h('div', {'data-own': 'chart-2'}));
    return [kept, main.textContent];
  }`), ['drawn', '']);
});

test('SVG keeps its namespace, and a text is never markup', async () => {
  assert.deepEqual(await inPage(`(main, h, update, svg) => {
    update(main, svg('svg', {width: 10}, svg('rect', {width: 1})), '<b>bold</b>');
    update(main, svg('svg', {width: 20}, svg('rect', {width: 2})), '<img src=x onerror=alert(1)>');
    const [drawing, text] = main.childNodes;
    return [drawing.getAttribute('width'), drawing.firstChild.namespaceURI, drawing.firstChild.getAttribute('width'), text.nodeType, main.querySelectorAll('img').length];
  }`), ['20', 'http://www.w3.org/2000/svg', '2', 3, 0]);
});

test('the page had nothing to complain about', () => assert.deepEqual(complaints, []));
