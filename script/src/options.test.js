import assert from 'node:assert/strict';
import {test} from 'node:test';
import {readOptions} from './options.js';

const FILE = 'https://mab.example/static/frontend/gtm/mab-script.js';

test('the endpoint is where the script comes from, a first-party path included', () => {
  assert.equal(readOptions(FILE).endpoint, 'https://mab.example');
  assert.equal(readOptions('https://shop.example/mab/static/frontend/gtm/mab-script-0123456789ab.js?x=1').endpoint, 'https://shop.example/mab');
  assert.equal(readOptions('https://shop.example/static/mab/static/frontend/gtm/mab-script.js').endpoint, 'https://shop.example/static/mab');
  assert.equal(readOptions(undefined).endpoint, '');
});

test('the query and window.mabConfig, which wins', () => {
  const options = readOptions(`${FILE}?timeout=500&spa=false&consent=gcm&endpoint=https://api.example&goals=%7B%22/a%22:%22hero%22%7D`, {timeout: 700});
  assert.deepEqual([options.timeout, options.spa, options.consent, options.endpoint, options.goals], [700, false, 'gcm', 'https://api.example', {'/a': 'hero'}]);
});

test('defaults', () => {
  const {timeout, cookie, days, attribute, consent, spa} = readOptions(FILE);
  assert.deepEqual([timeout, cookie, days, attribute, consent, spa], [1000, 'mab_id', 365, 'data-test', 'off', true]);
});
