// A table that is a list of cards where it is too narrow for columns (styles/tables.css).
import {h} from '../core/dom.js';

/** label: for readers of the screen. columns: the heads. rows: tr elements, whose cells get the heads as labels of the cards. */
export function table({label, columns, rows}) {
  const body = h('tbody', null, rows.map((row) => labelled(row, columns)));
  return h('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label},
    h('table', {class: 'table cards'},
      h('thead', null, h('tr', null, columns.map((name) => h('th', {scope: 'col'}, name)))),
      body));
}

function labelled(row, columns) {
  [...row.children].forEach((cell, index) => cell.setAttribute('data-label', columns[index]));
  row.querySelector('th')?.setAttribute('tabindex', '-1'); // for ui/keep_focus.js
  return row;
}
