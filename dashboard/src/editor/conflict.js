// Somebody else changed the experiment meanwhile: what it was, theirs and mine, field by field, and the reader's choice.
import {h, replace} from '../core/dom.js';
import {excerpts} from './excerpts.js';

/** {element, focus()}. rows: of merge.js. save(choices): with 'theirs' or 'mine' by path. back(): to the form. */
export function conflictView({rows, save, back}) {
  const choices = Object.fromEntries(rows.map(({path, side}) => [path, side]));
  const error = h('p', {class: 'field-error', role: 'alert', hidden: true});
  const heading = h('h2', {tabindex: '-1', id: 'conflict-title'}, 'Somebody else changed this experiment meanwhile');

  function saveChosen() {
    const missing = rows.findIndex(({path}) => choices[path] === '');
    error.hidden = missing < 0;
    if (missing < 0) {
      save(choices);
      return;
    }
    replace(error, `Choose a version of “${rows[missing].label}”.`);
    body.children[missing].querySelector('input:not(:disabled)')?.focus();
  }

  const body = h('tbody', null, rows.map((row, index) => rowElement(row, index, (side) => {
    choices[row.path] = side;
    error.hidden = true;
  })));
  const element = h('section', {class: 'card ed-conflict', 'aria-labelledby': 'conflict-title'},
    heading,
    h('p', null, introduction(rows)),
    rows.length > 0 && h('table', {class: 'table ed-versions'},
      h('thead', null, h('tr', null, ['Field', 'It was', 'Theirs', 'Mine'].map((name) => h('th', {scope: 'col'}, name)))), body),
    error,
    h('div', {class: 'actions'}, h('button', {class: 'button', type: 'button', onclick: back}, 'Back to the form'),
      h('button', {class: 'button button-primary', type: 'button', onclick: saveChosen}, 'Save these')));
  return {element, focus: () => heading.focus()};
}

function introduction(rows) {
  const open = rows.filter(({side}) => side === '').length;
  if (rows.length === 0) return 'Both of you made the same changes: there is nothing left to choose.';
  const both = open === 0 ? 'No field was' : open === 1 ? 'One field was' : `${open} fields were`;
  return `Nothing is lost: choose for each field which version stays. ${both} changed by both of you.`;
}

function rowElement({path, label, was, theirs, mine, side, fixed}, index, choose) {
  const [before, ...versions] = excerpts([was, theirs, mine]);
  const version = (name, text) => h('td', {'data-label': name === 'mine' ? 'Mine' : 'Theirs'},
    h('label', {class: 'ed-version'},
      h('input', {
        type: 'radio', name: `version-${index}`, checked: side === name, disabled: Boolean(fixed), 'aria-label': `${label}, ${name}: ${text}`,
        onchange: () => choose(name),
      }),
      h('span', null, text)));
  return h('tr', {'data-path': path},
    h('th', {scope: 'row'}, label, side === '' && h('span', {class: 'tag ed-both'}, 'both changed it'), fixed && h('p', {class: 'hint'}, fixed)),
    h('td', {'data-label': 'It was'}, before), version('theirs', versions[0]), version('mine', versions[1]));
}
