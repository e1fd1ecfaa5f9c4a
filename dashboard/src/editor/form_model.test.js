import assert from 'node:assert/strict';
import {test} from 'node:test';
import {numberOf, priorOf, shareOf} from './form_fields.js';
import {copyOf, emptyForm, formOf, letterKey, newVariant, slugOf, variantKeys} from './form_model.js';
import {EXPERIMENT} from './sample_experiment.js';

test('makes the key of a name as the server does', () => {
  assert.equal(slugOf('  Hero Title: Über 2! '), 'hero-title-ber-2');
  assert.equal(slugOf('???'), 'experiment');
  assert.equal(slugOf('x'.repeat(80)), 'x'.repeat(64));
  assert.equal(slugOf(`${'x'.repeat(63)} y`), 'x'.repeat(63));
  assert.equal(slugOf(`${'x'.repeat(62)} yz`), `${'x'.repeat(62)}-y`);
});

test('gives variants without a key the letters of their places', () => {
  assert.deepEqual([0, 25, 26, 99].map(letterKey), ['a', 'z', 'aa', 'cv']);
  const variants = ['', 'c', '', 'a'].map((key) => ({...newVariant(), key}));
  assert.deepEqual(variantKeys(variants), ['b', 'c', 'd', 'a']);
});

test('shows numbers as people write them', () => {
  const form = formOf({...EXPERIMENT, floor: 0.07, traffic_share: 0.3, threshold_of_caring: 0.0005, prior: {alpha: 10, beta: 190}, conversion_window_seconds: 5400});
  assert.equal(form.floor, '7');
  assert.equal(form.share, '30');
  assert.equal(form.threshold, '0.05');
  assert.deepEqual(form.prior, {known: true, rate: '5', visitors: '200'});
  assert.deepEqual(form.window, {amount: '90', unit: 'minutes'});
  assert.deepEqual(priorOf(form.prior), {alpha: 10, beta: 190});
  assert.equal(shareOf(form.floor), 0.07);
});

test('Beta(1, 1) is no prior knowledge', () => {
  assert.equal(formOf(EXPERIMENT).prior.known, false);
  assert.equal(priorOf(emptyForm().prior), null);
});

test('reads numbers with commas, and leaves to the server what is none', () => {
  assert.equal(shareOf('12,5'), 0.125);
  assert.deepEqual(['10,000', '1 234 567', '1,234.5', '0,125', '1,5', '1000', '12,34,567'].map(numberOf), [10000, 1234567, 1234.5, 0.125, 1.5, 1000, '12,34,567']);
  assert.equal(shareOf(''), null);
  assert.equal(shareOf('many'), 'many');
});

test('a copy has another name, no key and no past', () => {
  const copy = copyOf({...EXPERIMENT, variants: [...EXPERIMENT.variants, {...EXPERIMENT.variants[1], key: 'c', disabled: true}]});
  assert.equal(copy.name, 'Copy of Hero title');
  assert.equal(copy.key, '');
  assert.deepEqual(copy.variants.map(({key, existing}) => [key, existing]), [['a', false], ['b', false]]);
  assert.equal([...copyOf({...EXPERIMENT, name: '🦙'.repeat(200)}).name].length, 200);
});
