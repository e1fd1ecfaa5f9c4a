import assert from 'node:assert/strict';
import {test} from 'node:test';
import {emptyForm, formOf, newVariant} from './form_model.js';
import {EXPERIMENT} from './sample_experiment.js';
import {createRequest, updatePath, updateRequest} from './request.js';
import {placed} from './violations.js';

const base = () => formOf(EXPERIMENT);
const update = (change) => {
  const form = base();
  change(form);
  return updateRequest(form, base(), EXPERIMENT.etag);
};

test('a new experiment leaves to the server what is left empty', () => {
  const form = emptyForm();
  form.name = 'Hero';
  form.variants[1].payload.text = 'Ship';
  const {body, problems} = createRequest(form);
  assert.deepEqual(problems, []);
  assert.deepEqual(body, {
    name: 'Hero', description: '', policy: 'THOMPSON', traffic_share: 1, conversion_window_seconds: 604800, allowed_origins: [],
    threshold_of_caring: 0.0005, minimum_exposures: 100, burn_in_exposures: 0, variants: [{name: 'Today', is_control: true}, {payload: {text: 'Ship'}}],
  });
});

test('what can’t be read is not sent', () => {
  assert.deepEqual(createRequest(emptyForm()).problems.map(({field}) => field), ['variants[1].payload']);
});

test('an update has only what changed', () => {
  assert.equal(update(() => {}).changed, false);
  assert.deepEqual(update((form) => (form.name = 'Other')).body, {etag: '17', name: 'Other'});
  assert.deepEqual(update((form) => (form.window = {amount: '168', unit: 'hours'})).body, {etag: '17'});
  assert.deepEqual(update((form) => (form.floor = '')).body, {etag: '17', floor: null});
  assert.deepEqual(update((form) => (form.prior = {known: true, rate: '5', visitors: '200'})).body.prior, {alpha: 10, beta: 190});
  assert.deepEqual(update((form) => (form.origins = 'https://a.example\n\n https://b.example ')).body.allowed_origins, ['https://a.example', 'https://b.example']);
});

test('numbers that the form can’t hold whole are not changed by being shown', () => {
  const odd = {...EXPERIMENT, floor: 1 / 3, prior: {alpha: 1 / 7, beta: 3.3333333333333335}};
  assert.equal(updateRequest(formOf(odd), formOf(odd), '17').changed, false);
});

test('of the variants those that changed are sent, by key', () => {
  const {body, order, remove} = update((form) => {
    form.variants[1].payload.text = 'Ship today';
    form.variants.push({...newVariant('hide'), name: 'New'});
  });
  assert.deepEqual(body.variants, [{key: 'b', payload: {text: 'Ship today'}}, {key: 'c', name: 'New', payload: {hide: true}}]);
  assert.equal(order.length, 2);
  assert.deepEqual(remove, []);
});

test('taking a variant out names its key', () => {
  const {remove, body, changed} = update((form) => {
    form.variants.splice(0, 1);
    form.variants[0].isControl = true;
    form.variants.push({...newVariant('hide'), key: 'x'});
  });
  assert.ok(changed);
  assert.deepEqual(remove, ['a']);
  assert.deepEqual(body.variants, [{key: 'b', is_control: true}, {key: 'x', payload: {hide: true}}]);
  assert.equal(updatePath('01', ['a', 'ä']), '/api/experiments/01?remove_variants=a&remove_variants=%C3%A4');
});

test('one that was taken out and written again is changed', () => {
  const {remove, body} = update((form) => form.variants.splice(1, 1, {...newVariant('hide'), key: 'b', name: 'Short'}));
  assert.deepEqual(remove, []);
  assert.deepEqual(body.variants, [{key: 'b', payload: {hide: true}}]);
});

test('the server’s words come to the form’s fields, in its units', () => {
  const words = placed([
    {field: 'variants[1].payload', description: 'must be at most 16384 bytes of JSON, not 20000'},
    {field: 'prior.alpha', description: 'must be 0.1 to 1,000,000'}, {field: 'prior.beta', description: 'must be 0.1 to 1,000,000'},
    {field: 'allowed_origins[0]', description: 'must be an origin'}, {field: 'allowed_origins[2]', description: 'is allowed_origins[1] too'},
    {field: 'floor', description: 'must be 0 to 1 / number of variants: with 2 variants at most 0.5'},
    {field: 'traffic_share', description: 'must be 0 to 1'}, {field: 'name', description: 'must be 1 to 200 characters'},
  ], ['u1', 'u2']);
  assert.deepEqual(Object.fromEntries(words.map(({field, description}) => [field, description])), {
    'variant:u2.payload': 'Must be at most 16384 bytes of JSON, not 20000.',
    prior: 'Rate × visitors must be 0.1 to 1,000,000. (100 % − rate) × visitors must be 0.1 to 1,000,000.',
    allowed_origins: 'Website 1 must be an origin. Website 3 is website 2 too.',
    floor: 'Must be 0 to 100 % / number of variants: with 2 variants at most 50 %.',
    traffic_share: 'Must be 0 to 100 %.', name: 'Must be 1 to 200 characters.',
  });
});
