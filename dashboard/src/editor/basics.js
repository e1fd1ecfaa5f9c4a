// Name, key and description of an experiment, and what counts as a conversion.
import {h, replace} from '../core/dom.js';
import {slugOf, WINDOW_UNITS} from './form_model.js';

/** A section. nameField: gets the focus of a new form. */
export function basicsSection(workspace) {
  const {form} = workspace;
  const name = workspace.field({
    label: 'Name', path: 'name', control: h('input', {maxlength: 200, autocomplete: 'off', placeholder: 'Hero title'}),
    read: () => form.name, write: (value) => (form.name = value),
  });
  const key = workspace.field({
    label: 'Key', path: 'key',
    hint: workspace.state === null
      ? 'What pages and services call it: a–z, 0–9, - and _. Made from the name when left empty; it can’t change later.'
      : null,
    control: h('input', {maxlength: 64, autocomplete: 'off', spellcheck: 'false', class: 'mono'}),
    read: () => form.key, write: (value) => (form.key = value),
  });
  const description = workspace.field({
    label: 'Description (optional)', path: 'description',
    control: h('textarea', {rows: 2, class: 'ed-prose', maxlength: 4000, placeholder: 'What you try, and why you think it works.'}),
    read: () => form.description, write: (value) => (form.description = value),
  });
  const suggest = () => (key.control.placeholder = slugOf(form.name));
  suggest();
  workspace.onChange(suggest);
  return {
    nameField: name,
    element: h('section', {class: 'card', 'aria-labelledby': 'basics-title'},
      h('h2', {id: 'basics-title'}, 'Basics'),
      h('div', {class: 'columns'}, name.element, key.element), description.element),
  };
}

/** A section: how conversions are sent, and for how long they are credited. */
export function conversionsSection(workspace) {
  const {form} = workspace;
  const call = h('code');
  const draw = () => replace(call, `POST ${location.origin}/api/experiments/${form.key.trim() || slugOf(form.name)}/convert  {"user_id": "…"}`);
  draw();
  workspace.onChange(draw);
  return h('section', {class: 'card', 'aria-labelledby': 'conversions-title'},
    h('h2', {id: 'conversions-title'}, 'What counts as a conversion'),
    h('p', null, 'You decide: a purchase, a sign-up, a click. When a visitor does it, your page or service makes this call, ',
      'with the same user id as for the variant:'),
    h('pre', {tabindex: '0', class: 'ed-code'}, call),
    h('p', {class: 'hint'}, 'A visitor counts once, however often the call is made, and only after the variant was shown.'),
    conversionWindow(workspace));
}

function conversionWindow(workspace) {
  const {form: {window: span}} = workspace;
  const unit = h('select', {'aria-label': 'Unit of the conversion window', oninput: () => {
    span.unit = unit.value;
    amount.setError('');
    workspace.changed();
  }}, WINDOW_UNITS.map(([name]) => h('option', {value: name}, name)));
  unit.value = span.unit;
  unit.disabled = Boolean(workspace.why('conversion_window_seconds'));
  const amount = workspace.field({
    label: 'Conversion window', path: 'conversion_window_seconds',
    hint: 'How long after seeing the variant a conversion counts. Default: 7 days.',
    control: h('input', {inputmode: 'decimal', autocomplete: 'off', class: 'ed-short'}),
    read: () => span.amount, write: (value) => (span.amount = value),
  });
  beside(amount, unit);
  amount.element.classList.add('ed-last');
  return amount.element;
}

/** Puts something behind a field's control: a unit, or another control. */
export function beside({control}, after) {
  const line = h('div', {class: 'ed-inline'});
  control.replaceWith(line);
  line.append(control, after);
}
