import assert from 'node:assert/strict';
import {test} from 'node:test';
import {ASSUMED, daysText, durationSentence, forecastRequest, otherPolicy, worthSentence} from './forecast_model.js';
import {emptyForm} from './form_model.js';
import {isSafeSrcset, isSafeStyle, isSafeUrl} from './safe_url.js';

test('asks for an experiment in which one variant is better', () => {
  assert.deepEqual(forecastRequest({...emptyForm(), share: '50'}, ASSUMED), {
    rates: [0.05, 0.055], visitors_per_day: 500, maximum_days: 90, policy: 'THOMPSON', burn_in_exposures: 0, threshold_of_caring: 0.0005, minimum_exposures: 100,
  });
});

test('the comparison has equal shares, whatever the weights', () => {
  const form = {...emptyForm(), policy: 'FIXED'};
  form.variants[1].weight = '3';
  assert.deepEqual(forecastRequest(form, ASSUMED).weights, [1, 3]);
  assert.equal(otherPolicy('FIXED'), 'THOMPSON');
  assert.equal(forecastRequest(form, ASSUMED, 'THOMPSON').weights, undefined);
  assert.equal(forecastRequest(emptyForm(), ASSUMED, otherPolicy('THOMPSON')).policy, 'FIXED');
});

test('leaves to the server what is no number', () => {
  const request = forecastRequest(emptyForm(), {visitors: 'many', rate: 'x', lift: '10', days: ''});
  assert.deepEqual([request.visitors_per_day, request.rates[0], 'maximum_days' in request], ['many', 'x', false]);
});

const days = (p10, p50, p90, decided = 1) => ({days_to_verdict: {p10, p50, p90}, share_decided: decided});

test('says how long it takes', () => {
  assert.equal(daysText(0.4), '10 hours');
  assert.equal(daysText(7.27), '7 days');
  assert.equal(durationSentence(days(6, 7.3, 36.7), 90), 'Half of all experiments like this have their verdict within 7 days, nine in ten within 37 days.');
  assert.match(durationSentence(days(1, 20, null, 0.6), 90), /one in ten takes longer than 90 days/);
  assert.match(durationSentence(days(1, null, null, 0.3), 90), /: three in ten/);
  assert.match(durationSentence(days(null, null, null, 0.02), 90), /: fewer than one in ten/);
  assert.match(durationSentence(days(null, null, null, 0), 90), /No verdict within 90 days/);
});

test('says what is gained and lost', () => {
  const answer = (gain) => ({gained_over_equal_split: {mean: gain}, lost_to_best: {mean: 20.6}, visitors: 13586.8});
  assert.equal(worthSentence(answer(13.4)), 'On the way, with 13.6\u00a0k visitors, it converts about 13 more than an equal split would, and about 21 fewer than if all had seen the best variant.');
  assert.match(worthSentence(answer(-3)), /about 3 fewer than an equal split/);
  assert.match(worthSentence(answer(0.1)), /as many as an equal split/);
});

test('knows safe addresses and styles', () => {
  for (const url of ['/a', 'a?b', '#c', '//cdn.example/x', 'https://x.example', 'HTTP://x', 'mailto:a@b.example', '']) assert.ok(isSafeUrl(url), url);
  for (const url of ['javascript:alert(1)', ' java\nscript:alert(1)', '\u0001javascript:x', 'data:text/html,x', 'vbscript:x', 'blob:x', 'file:///x', 'https://[']) assert.ok(!isSafeUrl(url), url);
  assert.ok(isSafeSrcset('/a.png 1x, https://x.example/b.png 2x'));
  assert.ok(!isSafeSrcset('/a.png 1x, data:image/svg+xml;x 2x'));
  for (const [property, value] of [['color', 'red'], ['--brand', '1px'], ['transform', 'rotate(3deg)']]) assert.ok(isSafeStyle(property, value));
  for (const [property, value] of [['background', 'url(x)'], ['background', 'u\\72l(x)'], ['position', 'fixed'], ['color; x', 'red'], ['width', 'expression(1)']]) assert.ok(!isSafeStyle(property, value));
});
