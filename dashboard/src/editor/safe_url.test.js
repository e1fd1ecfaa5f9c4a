import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {isSafeSrcset, isSafeStyle, isSafeUrl} from './safe_url.js';

const {styles, addresses} = JSON.parse(readFileSync(new URL('../../../tests/payload_vectors.json', import.meta.url), 'utf8'));

test('styles neither load nor run anything, nor leave their place', () => {
  for (const [property, value] of styles.safe) assert.ok(isSafeStyle(property, value), `${property}: ${value}`);
  for (const [property, value] of [...styles.unsafe, ['color; x', 'red'], ['behavior', 'x'], ['-moz-binding', 'x'], ['width', 'expression(1)']]) {
    assert.ok(!isSafeStyle(property, value), `${property}: ${value}`);
  }
});

test('addresses are read as browsers read them', () => {
  for (const [name, value] of [...addresses.safe, ['href', '']]) assert.ok(isSafeUrl(value, name), value);
  for (const [name, value] of [...addresses.unsafe, ['href', 'https://[']]) assert.ok(!isSafeUrl(value, name), value);
  assert.ok(isSafeSrcset('/a.png 1x, https://x.example/b.png 2x'));
  assert.ok(!isSafeSrcset('/a.png 1x, data:image/svg+xml;x 2x'));
});
