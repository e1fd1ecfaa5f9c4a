import assert from 'node:assert/strict';
import {test} from 'node:test';
import {csv} from './csv.js';

test('quotes what RFC 4180 wants quoted', () => {
  assert.equal(csv([['a', 'b,c', 'say "hi"', 'two\nlines'], [1, 0.1, true, null]]), 'a,"b,c","say ""hi""","two\nlines"\r\n1,0.1,true,\r\n');
});

test('a text that begins like a formula is a text', () => {
  for (const start of ['=', '+', '-', '@', '\t', '\r']) {
    const written = csv([[`${start}cmd|' /C calc'!A0`]]);
    assert.ok(written.startsWith(`'${start}`) || written.startsWith(`"'${start}`), JSON.stringify(written));
  }
  assert.equal(csv([['=1,2']]), '"\'=1,2"\r\n');
});

test('numbers stay numbers, and those that are none are empty', () => {
  assert.equal(csv([[-0.5, 1e-20, NaN, Infinity, undefined]]), '-0.5,1e-20,,,\r\n');
});
