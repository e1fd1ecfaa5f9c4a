// The attributes and styles of a payload, a row each.
import {h, replace} from '../core/dom.js';

const KINDS = {
  attribute: {
    label: 'Attribute', add: 'Add an attribute', value: 'https://shop.example/new',
    names: ['href', 'src', 'srcset', 'alt', 'class', 'title', 'target', 'placeholder', 'aria-label'],
  },
  style: {
    label: 'Style', add: 'Add a style', value: 'red',
    names: ['color', 'background-color', 'font-size', 'font-weight', 'border-radius', 'padding', 'text-align', 'display'],
  },
};

/** An element. rows: [{kind, name, value}], changed in place. path: where errors about all of it appear, null: elsewhere. */
export function attributeRows(workspace, {rows, path}) {
  const fixed = Boolean(workspace.why('variant'));
  const list = h('div', {class: 'ed-rows'});
  const error = h('p', {class: 'field-error', hidden: true});
  const buttons = Object.entries(KINDS).map(([kind, {add}]) =>
    h('button', {class: 'button ed-small', type: 'button', disabled: fixed, onclick: () => addRow(kind)}, add));

  function addRow(kind) {
    rows.push({kind, name: '', value: ''});
    draw();
    list.lastElementChild.querySelector('input').focus();
    workspace.changed();
  }

  function removeRow(row) {
    const index = rows.indexOf(row);
    rows.splice(index, 1);
    draw();
    (list.children[Math.min(index, rows.length - 1)]?.querySelector('input') ?? buttons[0]).focus();
    workspace.changed();
  }

  function input(row, part, attributes) {
    const control = h('input', {autocomplete: 'off', spellcheck: 'false', disabled: fixed, ...attributes, oninput: () => {
      row[part] = control.value;
      setError('');
      workspace.changed();
    }});
    control.value = row[part];
    return control;
  }

  function rowElement(row, index) {
    const {label, names, value} = KINDS[row.kind];
    const number = rows.slice(0, index + 1).filter(({kind}) => kind === row.kind).length;
    const hints = h('datalist', {id: `names-${++listNumber}`}, names.map((name) => h('option', {value: name})));
    return h('div', {class: 'ed-row'},
      h('span', {class: 'tag'}, label),
      input(row, 'name', {'aria-label': `${label} ${number}: name`, placeholder: names[0], list: hints.id}), hints,
      input(row, 'value', {'aria-label': `${label} ${number}: value`, placeholder: value}),
      h('button', {
        class: 'button ed-small ed-close', type: 'button', disabled: fixed, 'aria-label': `Remove ${label.toLowerCase()} ${number}`,
        onclick: () => removeRow(row),
      }, '×'));
  }

  const draw = () => replace(list, rows.map(rowElement));
  function setError(text) {
    error.textContent = text;
    error.hidden = !text;
  }

  draw();
  if (path) workspace.add({path, get control() { return list.querySelector('input') ?? buttons[0]; }, setError});
  return h('div', {class: 'ed-attributes'}, list, error, h('div', {class: 'ed-row-actions'}, buttons));
}

let listNumber = 0;
