import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {isSafeAttribute, isSafeElement, isSafeStyle} from './safe.js';

// The same as for the dashboard's preview.
test('both let the same through', () => {
  const {styles, addresses} = JSON.parse(readFileSync(new URL('../../tests/payload_vectors.json', import.meta.url), 'utf8'));
  for (const [property, value] of styles.safe) assert.ok(isSafeStyle(property, value), `${property}: ${value}`);
  for (const [property, value] of styles.unsafe) assert.ok(!isSafeStyle(property, value), `${property}: ${value}`);
  for (const [name, value] of addresses.safe) assert.ok(isSafeAttribute(name, value), value);
  for (const [name, value] of addresses.unsafe) assert.ok(!isSafeAttribute(name, value), value);
});

test('elements are known by their interface', () => {
  const is = (interfaceName, localName) => isSafeElement({constructor: {name: interfaceName}, localName});
  for (const [interfaceName, localName] of [['HTMLElement', 'b'], ['HTMLAnchorElement', 'a'], ['HTMLTableCellElement', 'td'], ['HTMLHeadingElement', 'h1'], ['HTMLUListElement', 'ul'], ['HTMLElement', 'section'], ['HTMLPreElement', 'pre']]) {
    assert.ok(is(interfaceName, localName), localName);
  }
  for (const [interfaceName, localName] of [
    ['HTMLScriptElement', 'script'], ['HTMLIFrameElement', 'iframe'], ['HTMLUnknownElement', 'svg'], ['HTMLTemplateElement', 'template'], ['HTMLFormElement', 'form'], ['HTMLInputElement', 'input'],
    ['HTMLElement', 'noscript'], ['HTMLElement', 'noembed'], ['HTMLElement', 'plaintext'], ['HTMLPreElement', 'xmp'], ['HTMLElement', 'x-evil'], ['XEvil', 'x-evil'], ['SVGElement', 'svg'], ['HTMLMetaElement', 'meta'], ['HTMLBaseElement', 'base'],
  ]) assert.ok(!is(interfaceName, localName), localName);
});

test('addresses are read as browsers read them', () => {
  for (const [name, value] of [['href', '/a'], ['href', 'https://x/'], ['href', '#top'], ['href', 'mailto:a@b.c'], ['href', 'tel:+1'], ['src', 'data:image/png;base64,AA'], ['src', '//x/y.png']]) {
    assert.ok(isSafeAttribute(name, value), value);
  }
  for (const [name, value] of [
    ['href', 'javascript:x'], ['href', 'JavaScript:x'], ['href', ' \u0001javascript:x'], ['href', 'java\nscript:x'], ['href', 'java\tscript:x'], ['href', 'data:image/svg+xml,<svg/>'],
    ['href', 'vbscript:x'], ['href', 'blob:https://x/y'], ['href', 'file:///etc/passwd'], ['src', 'data:text/html,x'], ['src', 'javascript:data:image/'], ['href', 'https://['],
  ]) assert.ok(!isSafeAttribute(name, value), value);
});

test('attributes that are not on the list are not safe, whatever their value', () => {
  for (const name of ['class', 'title', 'alt', 'aria-label', 'colspan', 'hidden']) assert.ok(isSafeAttribute(name, 'x'), name);
  for (const name of ['onclick', 'style', 'srcdoc', 'id', 'name', 'formaction', 'action', 'xlink:href', 'is', 'aria-', '']) {
    assert.ok(!isSafeAttribute(name, 'https://x'), name);
  }
});

test('styles neither load nor cover', () => {
  for (const [property, value] of [['color', 'red'], ['background', 'linear-gradient(red, blue)'], ['border-image-width', '2'], ['width', 'calc(1px + 2%)'], ['--x', '1'], ['color', null]]) {
    assert.ok(isSafeStyle(property, value), property);
  }
  for (const [property, value] of [
    ['position', 'fixed'], ['POSITION', 'fixed'], ['z-index', '9'], ['content', '"x"'], ['background', 'url(x)'], ['background', 'UrL (x)'], ['background', 'u\\72l(x)'],
    ['background', 'image-set("x")'], ['--x', 'a\nurl(x)'], ['width', 'expression(1)'],
  ]) assert.ok(!isSafeStyle(property, value), `${property}: ${value}`);
});
