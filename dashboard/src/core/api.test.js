import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Api, ApiError, sessionHint} from './api.js';

// A server of one's own: answers in turn, and remembers what was asked.
function server(...answers) {
  const calls = [];
  const fetch = async (path, options) => {
    calls.push({path, method: options.method, authorization: options.headers.authorization});
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    const [status, body] = answer;
    return {ok: status < 400, status, statusText: '', text: async () => (typeof body === 'string' ? body : JSON.stringify(body))};
  };
  return {fetch, calls};
}
const session = (token) => [200, {access_token: token, account: {email: 'a@b.c'}}];
const expired = [401, {status: 401, code: 'UNAUTHENTICATED'}];

test('renews an expired session once and repeats the call', async () => {
  const {fetch, calls} = server(session('t1'), expired, session('t2'), [200, {experiments: []}]);
  const api = new Api({fetch, locks: null, onSignedOut: assert.fail});
  await api.signIn('a@b.c', 'secret');
  assert.deepEqual(await api.call('GET', '/api/experiments'), {experiments: []});
  assert.deepEqual(calls.map((call) => call.authorization), [undefined, 'Bearer t1', undefined, 'Bearer t2']);
});

test('a session that can not be renewed is over', async () => {
  let signedOut = 0;
  const {fetch} = server(session('t1'), expired, expired);
  const api = new Api({fetch, locks: null, onSignedOut: () => signedOut++});
  await api.signIn('a@b.c', 'secret');
  await assert.rejects(api.call('GET', '/api/experiments'), {status: 401});
  assert.equal(signedOut, 1);
  assert.equal(api.signedIn, false);
});

test('a server that is away ends no session', async () => {
  const {fetch} = server(session('t1'), expired, new TypeError('network'));
  const api = new Api({fetch, locks: null, onSignedOut: assert.fail});
  await api.signIn('a@b.c', 'secret');
  await assert.rejects(api.call('GET', '/api/experiments'), {status: 0});
  assert.equal(api.signedIn, true);
});

test('of two calls that meet an expired token one renews', async () => {
  let queue = Promise.resolve();
  const locks = {request: (_, work) => (queue = queue.then(work))};
  const {fetch, calls} = server(session('t1'), expired, expired, session('t2'), [200, {n: 1}], [200, {n: 2}]);
  const api = new Api({fetch, locks, onSignedOut: assert.fail});
  await api.signIn('a@b.c', 'secret');
  await Promise.all([api.call('GET', '/1'), api.call('GET', '/2')]);
  assert.equal(calls.filter((call) => call.path === '/api/auth/refresh').length, 1);
});

test('what was asked for as one account is never done as another', async () => {
  const of = (id) => [200, {access_token: `of ${id}`, account: {id}}];
  const {fetch, calls} = server(of('ada'), expired, expired, of('eve'), of('eve'));
  let others = 0;
  const api = new Api({fetch, locks: null, onSignedOut: assert.fail, onOtherAccount: () => others++});
  await api.signIn('ada', 'secret');
  const refused = await Promise.allSettled([api.call('POST', '/1', {}), api.call('POST', '/2', {})]);
  await assert.rejects(api.call('POST', '/3', {}), {status: 401});
  assert.deepEqual(refused.map(({reason}) => reason?.status), [401, 401]);
  assert.equal(others, 1);
  assert.deepEqual(calls.filter(({authorization}) => authorization).map(({authorization}) => authorization), ['Bearer of ada', 'Bearer of ada']);
  assert.equal(calls.some(({path}) => path === '/3'), false);
});

test('an error carries what the server said, field by field', async () => {
  const problem = {status: 400, code: 'INVALID_ARGUMENT', detail: '1 field is invalid', errors: [{field: 'name', description: 'must be 1 to 200 characters'}]};
  const {fetch} = server([400, problem]);
  const api = new Api({fetch, locks: null, onSignedOut: assert.fail});
  await assert.rejects(api.call('POST', '/api/experiments', {}), (error) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual(error.violations, problem.errors);
    return true;
  });
});

test('an answer that is no JSON is still an error with a status', async () => {
  const {fetch} = server([502, '<html>']);
  const api = new Api({fetch, locks: null, onSignedOut: assert.fail});
  await assert.rejects(api.call('GET', '/x'), {status: 502});
});

test('a link signs in with the password that it sets', async () => {
  const {fetch, calls} = server(session('t1'), [200, {experiments: []}]);
  const api = new Api({fetch, locks: null, onSignedOut: assert.fail});
  assert.equal((await api.setPassword('token', 'nine purple llamas')).email, 'a@b.c');
  await api.call('GET', '/api/experiments');
  assert.deepEqual(calls.map((call) => [call.path, call.authorization]), [['/api/auth/password', undefined], ['/api/experiments', 'Bearer t1']]);
});

test('a browser that has no session is known by its storage', async () => {
  const kept = new Map();
  const storage = {getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value), removeItem: (name) => kept.delete(name)};
  const {fetch} = server(session('t1'), expired, expired);
  const api = new Api({fetch, locks: null, onSignedOut: () => {}, hint: sessionHint(storage)});
  assert.equal(api.mayRenew, false);
  await api.signIn('a@b.c', 'secret');
  assert.equal(api.mayRenew, true);
  await assert.rejects(api.call('GET', '/api/experiments'), {status: 401});
  assert.equal(api.mayRenew, false);
  assert.equal(sessionHint(null).get(), true, 'without storage it may have one');
});

test('how the system is, is told whatever the status', async () => {
  const down = [503, {status: 'down', checks: {}}];
  const {fetch} = server(down, [502, 'a proxy’s words'], new TypeError('network'));
  const api = new Api({fetch, locks: null, onSignedOut: assert.fail});
  assert.equal((await api.health()).status, 'down');
  await assert.rejects(api.health(), {status: 0});
  await assert.rejects(api.health(), {status: 0});
});
