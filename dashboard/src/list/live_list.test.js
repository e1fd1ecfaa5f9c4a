import assert from 'node:assert/strict';
import {test} from 'node:test';
import {LiveList} from './live_list.js';

// A server of `count` experiments, whose pages have at most 40; `asked` are the addresses that were asked for.
function server(count) {
  const asked = [];
  const all = Array.from({length: count}, (_, index) => ({id: `id-${index}`, state: index % 10 === 0 ? 'DRAFT' : 'RUNNING'}));
  return {
    asked,
    call: async (method, path) => {
      asked.push(path);
      const query = new URL(path, 'http://server').searchParams;
      if (path.startsWith('/api/experiments:summaries')) return {summaries: query.getAll('ids').map((id) => ({experiment_id: id, exposures: 7}))};
      const first = Number(query.get('page_token') ?? 0);
      const end = Math.min(count, first + Math.min(40, Number(query.get('page_size'))));
      return {experiments: all.slice(first, end), next_page_token: end < count ? String(end) : ''};
    },
  };
}

test('the first page is read, and then the summaries of what has started', async () => {
  const api = server(60);
  const list = new LiveList(api);
  let shownFirst = 0;
  assert.equal(await list.read(() => (shownFirst = list.experiments.length)), true);
  assert.equal(shownFirst, 25, 'the list is shown before the summaries are there');
  assert.equal(list.more, true);
  assert.equal(list.summaries.size, 22, 'drafts have learned nothing');
  assert.equal(list.summaries.get('id-1').exposures, 7);
});

test('more are read page by page, and the list itself less often than the summaries', async () => {
  const api = server(60);
  const list = new LiveList(api);
  for (let shown = 25; shown < 60; shown += 25) {
    await list.read(() => {});
    list.showMore();
  }
  await list.read(() => {});
  assert.equal(list.experiments.length, 60);
  assert.equal(list.more, false);
  api.asked.length = 0;
  for (let times = 0; times < 3; times++) await list.read(() => {});
  assert.equal(api.asked.filter((path) => path.startsWith('/api/experiments:summaries')).length, 3);
  assert.equal(api.asked.filter((path) => path.startsWith('/api/experiments?')).length, 2, 'two pages, once');
});

test('an answer to a query that nobody asks any more changes nothing', async () => {
  const list = new LiveList(server(60));
  const reading = list.read(() => assert.fail('is drawn'));
  list.query = {state: '', q: 'hero'};
  list.restart();
  assert.equal(await reading, false);
  assert.deepEqual(list.experiments, []);
});
