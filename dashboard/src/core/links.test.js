import assert from 'node:assert/strict';
import {test} from 'node:test';
import {linkOf, nextOf} from './links.js';
import {Router} from './router.js';

test('a link’s token is read, and what is none is none', () => {
  assert.deepEqual(linkOf('#setup=a%2Fb'), {kind: 'setup', token: 'a/b'});
  assert.deepEqual(linkOf('#password=abc'), {kind: 'password', token: 'abc'});
  for (const hash of ['', '#', '#content', '#setup=', '#setup=%', '#password=%E0%A4', '#other=x']) assert.equal(linkOf(hash), null, hash);
});

const router = new Router([['/'], ['/login'], ['/system'], ['/experiments/:id/edit'], ['/experiments/:id'], ['/:unknown']], {});
const next = (path) => nextOf(`?next=${path}`, 'https://mab.example', (one) => router.has(one));

test('signing in leads to the page that was asked for', () => {
  for (const path of ['/', '/system', '/experiments/a', '/experiments/new?from=a', '/experiments/a/edit']) {
    assert.deepEqual(next(encodeURIComponent(path)), {path, isPage: true});
  }
  assert.deepEqual(nextOf('', 'https://mab.example', (one) => router.has(one)), {path: '/', isPage: true});
  assert.deepEqual(next('/docs'), {path: '/docs', isPage: false});
});

test('and never to another site, to signing in, or to nothing', () => {
  const elsewhere = [
    '/%09/evil.example/x', '//evil.example', '/%5Cevil.example', 'https://evil.example/system', 'javascript:alert(1)', '//', 'https://[',
    '/%252e%252e//evil.example', '/experiments/..//evil.example', '/login', '/login?next=/login', '/nothing', '/api/experiments', '/docsx',
  ];
  for (const path of elsewhere) assert.deepEqual(next(path), {path: '/', isPage: true}, path);
});
