// A table under filters that is loaded page by page. Of several requests that are under way the newest counts.
import {now} from '../core/clock.js';
import {h} from '../core/dom.js';
import {focusRow, updateRows} from './keep_focus.js';
import {errorNotice} from './notice.js';
import {table} from './table.js';

const TYPING_DELAY_MS = 250;
const PAGE_SIZE = 25;
const LARGEST_PAGE = 100;

/**
 * Loads the first page and returns {filters, results}, the elements to put on the page, and reload, which asks again for what is
 * shown after something was done: who did it has said so, and the number of rows is not news.
 *
 * path: of the API. entries: the name of the answer's list, and of what it has for readers of the screen.
 * columns: the table's heads. row(entry, now): a tr, seen at that time. key(entry): what a row is known by when it is drawn again.
 * empty(filtered): what stands in the place of an empty table.
 * inputs: elements by the name of their query parameter; one of type search is read once typing pauses.
 */
export function pagedTable({api, signal, announce, path, entries, columns, row, key = ({id}) => id, empty, inputs}) {
  let found = [];
  let nextPage = '';
  let newest = 0;
  const results = h('div', {class: 'results', tabindex: '-1'}, h('p', {class: 'faint loading'}, 'Loading …'));

  function filters() {
    return Object.entries(inputs).map(([name, input]) => [name, input.value.trim()]).filter(([, value]) => value);
  }

  // Of the rows that are shown all are asked for again, as far as a page can have them.
  async function load({after = '', again = false} = {}) {
    const mine = ++newest;
    const size = again ? Math.min(LARGEST_PAGE, Math.max(PAGE_SIZE, found.length)) : PAGE_SIZE;
    const query = new URLSearchParams({page_size: String(size), ...(after && {page_token: after}), ...Object.fromEntries(filters())});
    try {
      const answer = await api.call('GET', `${path}?${query}`);
      if (!signal.aborted && mine === newest) show(answer, after, again);
    } catch (error) {
      if (signal.aborted || mine !== newest) return;
      if (!after && !again) found = [];
      updateRows(results, found.length > 0 && drawn(), errorNotice(error, () => load({after, again})));
    }
  }

  function show({[entries]: page, next_page_token: token}, after, again) {
    const before = after ? found.length : 0;
    const atButton = document.activeElement === document.body || results.contains(document.activeElement);
    found = after ? [...found, ...page] : page;
    nextPage = token;
    if (found.length === 0) updateRows(results, empty(filters().length > 0));
    else updateRows(results, drawn(), token && moreButton());
    if (after && atButton) focusRow(results, results.querySelectorAll('tbody tr')[before]);
    if (!again) announce(`${found.length} ${entries}`);
  }

  const moreButton = () => h('button', {class: 'button', type: 'button', 'data-key': 'more', onclick: () => load({after: nextPage})}, 'Show more');

  function drawn() {
    const seenAt = now();
    const times = new Map();
    const rows = found.map((entry) => {
      const name = key(entry);
      const time = (times.get(name) ?? 0) + 1;
      times.set(name, time);
      const element = row(entry, seenAt);
      element.setAttribute('data-key', time === 1 ? name : `${name} ${time}`);
      return element;
    });
    return table({label: `Table of ${entries}`, columns, rows});
  }

  let timer;
  for (const input of Object.values(inputs)) {
    if (input.type !== 'search') {
      input.addEventListener('change', () => load());
      continue;
    }
    input.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(() => load(), TYPING_DELAY_MS);
    });
  }
  signal.addEventListener('abort', () => clearTimeout(timer));
  load();
  return {filters: h('div', {class: 'filters'}, Object.values(inputs)), results, reload: () => load({again: true})};
}
