import assert from 'node:assert/strict';
import {test} from 'node:test';
import {consentOf} from './consent.js';

const entry = (kind, state) => ({0: 'consent', 1: kind, 2: state});

test('updates decide', () => {
  assert.equal(consentOf(entry('update', {analytics_storage: 'granted'})), true);
  assert.equal(consentOf(entry('update', {analytics_storage: 'granted'}), true), true);
  assert.equal(consentOf(entry('update', {analytics_storage: 'denied'})), false);
  assert.equal(consentOf(entry('update', {ad_storage: 'granted'})), undefined);
});

test('a default grants where none denies and no region is named', () => {
  assert.equal(consentOf(entry('default', {analytics_storage: 'granted'})), true);
  assert.equal(consentOf(entry('default', {analytics_storage: 'granted'}), true), undefined);
  assert.equal(consentOf(entry('default', {analytics_storage: 'granted', region: ['US']})), undefined);
  assert.equal(consentOf(entry('default', {analytics_storage: 'denied', region: ['DE']})), false);
});

test('other entries say nothing', () => {
  for (const other of [{event: 'gtm.js'}, {0: 'config', 1: 'G-1'}, {0: 'event', 1: 'x', 2: {}}, []]) assert.equal(consentOf(other), undefined);
});
