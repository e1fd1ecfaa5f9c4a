import assert from 'node:assert/strict';
import {test} from 'node:test';
import {snippets} from './snippets.js';

const variants = [{key: 'a', is_control: true, payload: null}, {key: 'b', is_control: false, payload: {text: 'Ship today'}}, {key: 'c', is_control: false, payload: {text: 'x', 'not a name': 'y'}}];
const code = (experiment) => snippets({key: 'hero-title', variants, ...experiment}, 'https://mab.example').map((one) => one.code).join('\n');

test('snippets name this experiment and this system', () => {
  assert.match(code(), /https:\/\/mab\.example\/api\/experiments\/hero-title/);
  assert.match(code(), /"experiment": "hero-title"/);
  assert.match(code(), /payload\.text/);
});

test('payloads that are no objects, and names that are no names, give code all the same', () => {
  for (const payload of [null, 1, 'text', [1], {}, {'a b': 'x'}, {'x");alert(1)//': 'y'}]) {
    const written = code({variants: [variants[0], {key: 'b', is_control: false, payload}]});
    assert.doesNotMatch(written, /alert|undefined|payload/);
    const script = snippets({key: 'k', variants: [variants[0], {key: 'b', is_control: false, payload}]}, 'https://mab.example').find(({label}) => label === 'JavaScript');
    new Function(script.code);
  }
});

test('what is no text is not written into a headline', () => {
  for (const payload of [{html: '<b>Ship</b>'}, {redirect: 'https://shop.example/'}, {hide: true}, {attributes: {href: '/new'}}, null]) {
    const written = code({variants: [variants[0], {key: 'b', is_control: false, payload}]});
    assert.doesNotMatch(written, /textContent|variant\.name/);
    assert.match(written, /variant\?\.key === 'b'/);
  }
  assert.match(code({variants: [variants[0], {key: 'b', is_control: false, payload: {html: '<b>Ship</b>', text: 'Ship'}}]}), /textContent = variant\.payload\.text/);
});
