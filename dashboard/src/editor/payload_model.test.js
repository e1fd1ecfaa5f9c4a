import assert from 'node:assert/strict';
import {test} from 'node:test';
import {describePayload, emptyPayload, payloadBytes, payloadForm, payloadOf} from './payload_model.js';

const KNOWN = [
  [null, 'nothing'],
  [{text: 'Ship today'}, 'text'],
  [{text: 'Buy', attributes: {href: '/buy'}}, 'text'],
  [{html: '<b>Ship</b>'}, 'html'],
  [{html: '<b>Ship</b>', text: 'Ship', attributes: {style: {color: 'red'}}}, 'html'],
  [{attributes: {href: '/new', class: 'big', style: {color: 'red', 'font-size': '2em'}}}, 'attributes'],
  [{hide: true}, 'hide'],
  [{redirect: 'https://shop.example/new'}, 'redirect'],
];

for (const [payload, type] of KNOWN) {
  test(`${JSON.stringify(payload)} is ${type}, and comes back as it was`, () => {
    const form = payloadForm(payload);
    assert.equal(form.type, type);
    assert.deepEqual(payloadOf(form).value, payload);
  });
}

const OTHER = [
  {}, [], 'x', 0, false, {hide: 'yes'}, {hide: true, text: 'x'}, {text: 5}, {text: 'x', more: 1}, {redirect: '/relative'}, {redirect: 'javascript:alert(1)'},
  {attributes: {href: null}}, {attributes: {style: 'color: red'}}, {attributes: {}}, {text: 'x', attributes: {value: 1}}, {text: ''}, {attributes: null},
  JSON.parse('{"attributes": {"__proto__": "x"}, "text": "y", "z": 1}'),
];

for (const payload of OTHER) {
  test(`${JSON.stringify(payload)} is JSON, and comes back as it was`, () => {
    const form = payloadForm(payload);
    assert.equal(form.type, 'json');
    assert.deepEqual(payloadOf(form).value, payload);
  });
}

test('attributes may have any name', () => {
  const payload = JSON.parse('{"attributes": {"__proto__": "x", "constructor": "y"}}');
  assert.equal(JSON.stringify(payloadOf(payloadForm(payload)).value), JSON.stringify(payload));
});

test('says what is missing', () => {
  for (const type of ['text', 'html', 'attributes', 'redirect']) assert.ok(payloadOf(emptyPayload(type)).problem, type);
  assert.match(payloadOf({...emptyPayload('json'), json: '{"text": '}).problem, /This is not JSON/);
  assert.equal(payloadOf(emptyPayload('json')).value, null);
  assert.match(payloadOf({...emptyPayload('redirect'), redirect: 'shop.example'}).problem, /whole address/);
  assert.match(payloadOf({...emptyPayload('redirect'), redirect: 'HTTPS://shop.example'}).problem, /whole address/);
});

test('says which row of the attributes is wrong', () => {
  const rows = (...attributes) => payloadOf({...emptyPayload('attributes'), attributes});
  const row = (name, value, kind = 'attribute') => ({kind, name, value});
  assert.match(rows(row('', 'red', 'style')).problem, /needs the name of a style/);
  assert.match(rows(row('href', '/a'), row('href', '/b')).problem, /twice/);
  assert.match(rows(row('style', 'color: red')).problem, /Add a style/);
  assert.deepEqual(rows(row('href', '/a'), row('', '')).value, {attributes: {href: '/a'}});
});

test('counts bytes, not characters', () => {
  assert.equal(payloadBytes({text: 'ü'}), 13);
  assert.equal(payloadBytes(null), 4);
});

test('says in a few words what a payload does', () => {
  assert.equal(describePayload(null), 'as it is');
  assert.equal(describePayload({text: 'Ship today'}), '“Ship today”');
  assert.equal(describePayload({hide: true}), 'hidden');
  assert.equal(describePayload({attributes: {href: '/x'}}), 'href changed');
  assert.ok(describePayload({text: '🦙'.repeat(500)}).length < 200);
  assert.equal(describePayload({discount: 0.1}), 'JSON: {"discount":0.1}');
});
