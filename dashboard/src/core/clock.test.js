import assert from 'node:assert/strict';
import {test} from 'node:test';
import {hearTime, now} from './clock.js';

const answerAt = (time) => ({headers: new Headers(time === null ? {} : {date: new Date(time).toUTCString()})});

test('a clock that is hours off is set right by the server’s', () => {
  const answer = answerAt(Date.now() - 7200000);
  assert.equal(hearTime(answer), answer);
  assert.ok(Math.abs(now() - (Date.now() - 7200000)) < 2000);
  hearTime(answerAt(null));
  assert.ok(Math.abs(now() - (Date.now() - 7200000)) < 2000, 'an answer without a time changes nothing');
  hearTime(answerAt(Date.now() - 3000));
  assert.ok(Math.abs(now() - Date.now()) < 50, 'seconds are what an answer takes');
});
