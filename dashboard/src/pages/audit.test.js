import assert from 'node:assert/strict';
import {test} from 'node:test';
import {changedFields, who} from './audit.js';

test('names the fields that a change touched', () => {
  assert.deepEqual(changedFields({a: 1, b: {c: [1]}, update_time: 'x'}, {a: 1, b: {c: [2]}, d: null, update_time: 'y'}), ['b', 'd']);
  assert.deepEqual(changedFields({a: 1}, {a: 1}), []);
});

test('takes sides that are no objects', () => {
  for (const side of [null, 1, 'x', [1], true]) assert.deepEqual(changedFields(side, {a: 1}), []);
});

test('says whether an account, an API key or the system made a change', () => {
  assert.equal(who({account: {id: '1', email: 'a@example.com'}, api_key: null}), 'a@example.com');
  assert.equal(who({account: {id: '1', email: ''}, api_key: null}), '1');
  assert.equal(who({account: null, api_key: {id: '2', name: 'deploys'}}), 'API key deploys');
  assert.equal(who({account: null, api_key: {id: '2', name: ''}}), 'API key 2');
  assert.equal(who({account: null, api_key: null}), 'the system');
  assert.equal(who({}), 'the system');
});
