import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Creation} from './creation.js';

// A server that has `keys`. By their number: lost, calls whose answer is lost; unsent, those that never arrive.
class FakeServer {
  experiments;
  posts = [];
  #lost;
  #unsent;

  constructor({keys = [], lost = [], unsent = []}) {
    this.experiments = keys.map((key) => ({key, name: key}));
    this.#lost = lost;
    this.#unsent = unsent;
  }

  async call(method, path, body) {
    if (method === 'POST') return this.#create(body);
    const {pathname, searchParams} = new URL(path, 'https://x.invalid');
    if (pathname === '/api/experiments') return {experiments: this.experiments.filter(({key}) => key.includes(searchParams.get('q')))};
    const found = this.experiments.find(({key}) => pathname.endsWith(`/${key}`));
    if (!found) throw {status: 404, code: 'NOT_FOUND'};
    return found;
  }

  #create(body) {
    const number = this.posts.push(body.key ?? '');
    if (this.#unsent.includes(number)) throw {status: 0, code: 'UNAVAILABLE'};
    const has = (key) => this.experiments.some((experiment) => experiment.key === key);
    if (body.key && has(body.key)) throw {status: 409, code: 'ALREADY_EXISTS'};
    if (body.name === 'bad') throw {status: 400, code: 'INVALID_ARGUMENT'};
    let key = body.key ?? 'x';
    for (let suffix = 2; has(key); suffix++) key = `x-${suffix}`;
    const made = {key, name: body.name};
    this.experiments.unshift(made);
    if (this.#lost.includes(number)) throw {status: 0, code: 'UNAVAILABLE'};
    return made;
  }
}

const X = {name: 'x'};
const keysOf = (server) => server.experiments.map(({key}) => key);

test('creates under the key that is suggested, and where another has it under one that the server makes', async () => {
  const server = new FakeServer({});
  assert.equal((await new Creation(server).send(X)).saved.key, 'x');
  assert.equal((await new Creation(server).send(X)).saved.key, 'x-2');
  await assert.rejects(new Creation(server).send({name: 'x', key: 'x'}), {code: 'ALREADY_EXISTS'});
  assert.deepEqual(server.posts, ['x', 'x', '', 'x']);
});

test('an answer that is lost makes no second experiment', async () => {
  const server = new FakeServer({lost: [1]});
  const creation = new Creation(server);
  await assert.rejects(creation.send(X), {status: 0});
  // Also after a reload, and under another name.
  for (const body of [X, {name: 'x', key: 'x'}, {name: 'y'}]) assert.equal((await new Creation(server, creation.tried).send(body)).earlier.key, 'x');
  assert.deepEqual(keysOf(server), ['x']);
  creation.forget();
  assert.equal((await creation.send(X)).saved.key, 'x-2');
});

test('what never arrived is sent again', async () => {
  const server = new FakeServer({unsent: [1]});
  const creation = new Creation(server);
  await assert.rejects(creation.send(X), {status: 0});
  assert.equal((await creation.send(X)).saved.key, 'x');
  assert.equal(creation.tried, null);
});

test('a try that comes through late is found when it stands in the way', async () => {
  const server = new FakeServer({unsent: [1]});
  const creation = new Creation(server);
  await assert.rejects(creation.send(X), {status: 0});
  const arrives = () => server.experiments.length === 0 && server.experiments.push({key: 'x', name: 'x'});
  assert.equal((await creation.send(X, arrives)).earlier.key, 'x');
  assert.deepEqual(keysOf(server), ['x']);
});

test('a key that the server chose is found by the name', async () => {
  const server = new FakeServer({keys: ['x'], lost: [2]});
  const creation = new Creation(server);
  await assert.rejects(creation.send(X), {status: 0});
  assert.equal((await creation.send(X)).earlier.key, 'x-2');
  assert.deepEqual(keysOf(server).sort(), ['x', 'x-2']);
});

test('what is refused leaves the try before in doubt', async () => {
  const server = new FakeServer({unsent: [1]});
  const creation = new Creation(server);
  await assert.rejects(creation.send(X), {status: 0});
  await assert.rejects(creation.send({name: 'bad'}), {status: 400});
  assert.equal(creation.tried.key, 'x');
  const fresh = new Creation(server);
  await assert.rejects(fresh.send({name: 'bad'}), {status: 400});
  assert.equal(fresh.tried, null);
});
