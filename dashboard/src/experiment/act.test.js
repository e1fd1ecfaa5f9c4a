import assert from 'node:assert/strict';
import {test} from 'node:test';
import {remove} from './act.js';

function fakeApi(etag) {
  const calls = [];
  const call = async (method, path) => {
    calls.push(`${method} ${path}`);
    return method === 'GET' ? {etag} : {};
  };
  return {calls, call};
}

test('deletes what is as it was seen', async () => {
  const api = fakeApi('1');
  await remove(api, '/x', '1');
  assert.deepEqual(api.calls, ['GET /x', 'DELETE /x']);
});

test('does not delete what somebody changed meanwhile', async () => {
  const api = fakeApi('2');
  await assert.rejects(remove(api, '/x', '1'), {code: 'ETAG_MISMATCH', status: 409});
  assert.deepEqual(api.calls, ['GET /x']);
});
