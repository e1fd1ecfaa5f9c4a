import assert from 'node:assert/strict';
import {test} from 'node:test';
import {pageOf} from './routes.js';

test('a place on a page is no other page, a route of an application is one', () => {
  for (const href of ['https://x/a', 'https://x/a#', 'https://x/a#top', 'https://x/a#top#/x', 'https://x/a#:~:text=y']) assert.equal(pageOf(href), 'https://x/a', href);
  for (const href of ['https://x/a?b', 'https://x/a/b', 'https://x/a#/b', 'https://x/a#!/b']) assert.equal(pageOf(href), href);
});
