// A table under filters that is loaded page by page. Of several requests that are under way the newest counts.
import {h, replace} from '../core/dom.js';
import {errorNotice} from './notice.js';
import {table} from './table.js';

const TYPING_DELAY_MS = 250;

/**
 * Loads the first page and returns {filters, results}, the elements to put on the page, and reload, which begins anew.
 *
 * path: of the API. entries: the name of the answer's list, and of what it has for readers of the screen.
 * columns: the table's heads. row(entry, now): a tr. empty(filtered): what stands in the place of an empty table.
 * inputs: elements by the name of their query parameter; one of type search is read once typing pauses.
 */
export function pagedTable({api, signal, announce, path, entries, columns, row, empty, inputs}) {
  let rows = [];
  const results = h('div', {class: 'results'});
  const more = h('button', {class: 'button', type: 'button', onclick: () => load(nextPage)}, 'Show more');
  let nextPage = '';
  let newest = 0;

  function filters() {
    return Object.entries(inputs).map(([name, input]) => [name, input.value.trim()]).filter(([, value]) => value);
  }

  async function load(pageToken) {
    const mine = ++newest;
    const query = new URLSearchParams({page_size: '25', ...Object.fromEntries(filters())});
    if (pageToken) query.set('page_token', pageToken);
    try {
      const answer = await api.call('GET', `${path}?${query}`);
      if (signal.aborted || mine !== newest) return;
      show(answer, Boolean(pageToken));
    } catch (error) {
      if (!signal.aborted && mine === newest) replace(results, errorNotice(error, () => load(pageToken)));
    }
  }

  function show({[entries]: found, next_page_token: token}, append) {
    const now = Date.now();
    rows = [...(append ? rows : []), ...found.map((entry) => row(entry, now))];
    nextPage = token;
    if (rows.length === 0) replace(results, empty(filters().length > 0));
    else replace(results, table({label: `Table of ${entries}`, columns, rows}), token && more);
    announce(`${rows.length} ${entries}`);
  }

  let timer;
  for (const input of Object.values(inputs)) {
    if (input.type !== 'search') {
      input.addEventListener('change', () => load(''));
      continue;
    }
    input.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(() => load(''), TYPING_DELAY_MS);
    });
  }
  signal.addEventListener('abort', () => clearTimeout(timer));
  load('');
  return {filters: h('div', {class: 'filters'}, Object.values(inputs)), results, reload: () => load('')};
}
