import assert from 'node:assert/strict';
import {test} from 'node:test';
import {conversionOf, keysOfAddress, matches} from './goals.js';

const shop = new URL('https://shop.example/thanks/42?ok=1#top');

test('a pattern is a path, a path with its query, or a whole address', () => {
  for (const pattern of ['/thanks/42', '/thanks/*', '/thanks*', '*/42', '*', '/thanks/42?ok=1', '/thanks/*ok=*', 'https://shop.example/thanks/42?ok=1#top', 'https://shop.example/*']) {
    assert.ok(matches(pattern, shop), pattern);
  }
  for (const pattern of ['/thanks', '/thanks/4', '/thanks/4.', '/Thanks/42', 'thanks/42', '/thanks/42?ok', 'http://shop.example/*', '', '.*', '/thanks/[0-9]+', '(']) {
    assert.ok(!matches(pattern, shop), pattern);
  }
});

test('every pattern that fits counts', () => {
  assert.deepEqual(keysOfAddress({'/thanks/*': 'hero', '/no': 'cta', '*': ['a', 'b']}, shop), ['hero', ['a', 'b']]);
  assert.deepEqual(keysOfAddress({}, shop), []);
});

test('an order keeps its number and value, of Google’s ecommerce or beside the event', () => {
  const events = {purchase: 'hero'};
  assert.deepEqual(conversionOf({event: 'purchase', ecommerce: {transaction_id: 'T1', value: 9}}, events), ['hero', {value: 9, eventId: 'T1'}]);
  assert.deepEqual(conversionOf({event: 'purchase', value: 3}, events), ['hero', {value: 3, eventId: undefined}]);
  for (const event of ['other', 'constructor', 'toString', '__proto__', undefined]) assert.deepEqual(conversionOf({event}, events)[0], [], event);
});
