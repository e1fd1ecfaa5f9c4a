// A new experiment. The server validates; its word appears beside the field.
import {h} from '../core/dom.js';
import {field, showViolations} from '../ui/form.js';
import {errorNotice} from '../ui/notice.js';

const VARIANTS_MAX = 100;
const POLICIES = [
  ['THOMPSON', 'Thompson sampling: more visitors for what is probably best'],
  ['TOP_TWO_THOMPSON', 'Top-two Thompson: names the best variant soonest'],
  ['FIXED', 'Fixed shares: a classic A/B test'],
];

export function createPage({api, root, go}) {
  document.title = 'New experiment · MAB';
  const name = field({label: 'Name', path: 'name', control: h('input', {maxlength: 200, autocomplete: 'off'})});
  const key = field({
    label: 'Key',
    path: 'key',
    hint: 'What pages and services call it: a–z, 0–9, - and _. Made from the name when left empty.',
    control: h('input', {maxlength: 64, autocomplete: 'off', spellcheck: 'false'}),
  });
  const policy = field({
    label: 'How new visitors are distributed',
    path: 'policy',
    control: h('select', null, POLICIES.map(([value, label]) => h('option', {value}, label))),
  });
  const share = field({
    label: 'Share of visitors that take part, in %',
    path: 'traffic_share',
    control: h('input', {type: 'number', min: 0, max: 100, step: 'any', value: 100}),
  });
  const variants = [];
  const list = h('div', {class: 'variants'});
  const variantsError = field({label: 'Variants', path: 'variants', control: h('input', {type: 'hidden'})});
  const problem = h('div');
  const submit = h('button', {class: 'button button-primary', type: 'submit'}, 'Create');
  const add = h('button', {class: 'button', type: 'button', onclick: () => addVariant().name.control.focus()}, 'Add a variant');

  function addVariant() {
    const variant = variantFields(() => {
      variants.splice(variants.indexOf(variant), 1);
      variant.element.remove();
      renumber();
    });
    variants.push(variant);
    list.append(variant.element);
    renumber();
    return variant;
  }

  function renumber() {
    variants.forEach((variant, index) => variant.number(index, variants.length > 2));
    add.disabled = variants.length >= VARIANTS_MAX;
  }

  async function send(event) {
    event.preventDefault();
    const fields = [name, key, ...variants.flatMap((variant) => variant.fields), policy, share, variantsError];
    const unreadable = variants.map((variant) => variant.payloadProblem()).filter(Boolean);
    if (unreadable.length > 0) {
      showViolations(fields, unreadable);
      return;
    }
    submit.disabled = true;
    problem.replaceChildren();
    try {
      const created = await api.call('POST', '/api/experiments', {
        name: name.control.value,
        ...(key.control.value && {key: key.control.value}),
        policy: policy.control.value,
        traffic_share: Number(share.control.value) / 100,
        variants: variants.map((variant) => variant.value()),
      });
      go(`/experiments/${created.key}`);
    } catch (error) {
      const left = showViolations(fields, error.violations ?? []);
      if (left.length > 0 || !error.violations?.length) problem.replaceChildren(errorNotice({message: error.message, requestId: error.requestId, violations: left}));
    } finally {
      submit.disabled = false;
    }
  }

  root.append(
    h('div', {class: 'medium'},
      h('h1', null, 'New experiment'),
      problem,
      h('form', {class: 'card', onsubmit: send, novalidate: true},
        name.element, key.element,
        h('fieldset', null,
          h('legend', null, 'Variants'),
          h('p', {class: 'hint'}, 'The first one is the control: what visitors see today.'),
          list, add, variantsError.element.querySelector('.field-error')),
        policy.element, share.element,
        h('div', {class: 'actions'}, h('a', {class: 'button', href: '/'}, 'Cancel'), submit))));
  addVariant().name.control.value = 'Today';
  addVariant();
  name.control.focus();
}

function variantFields(remove) {
  const name = field({label: 'Name', path: '', control: h('input', {maxlength: 200, autocomplete: 'off'})});
  const key = field({label: 'Key', path: '', control: h('input', {maxlength: 64, autocomplete: 'off', spellcheck: 'false'})});
  const payload = field({
    label: 'Payload (JSON)',
    path: '',
    control: h('textarea', {rows: 2, spellcheck: 'false', placeholder: '{"text": "Ship today"}'}),
  });
  const removeButton = h('button', {class: 'link', type: 'button', onclick: remove}, 'Remove');
  const heading = h('h3');
  const element = h('div', {class: 'variant'}, h('div', {class: 'title'}, heading, removeButton), h('div', {class: 'columns'}, name.element, key.element), payload.element);
  let index = 0;
  return {
    element,
    name,
    fields: [name, key, payload],
    number(position, removable) {
      index = position;
      heading.textContent = `Variant ${position + 1}${position === 0 ? ' (control)' : ''}`;
      key.control.placeholder = position < 26 ? String.fromCharCode(97 + position) : '';
      name.path = `variants[${position}].name`;
      key.path = `variants[${position}].key`;
      payload.path = `variants[${position}].payload`;
      removeButton.hidden = !removable;
      removeButton.setAttribute('aria-label', `Remove variant ${position + 1}`);
    },
    payloadProblem() {
      try {
        if (payload.control.value.trim()) JSON.parse(payload.control.value);
        return null;
      } catch (error) {
        return {field: `variants[${index}].payload`, description: `is not JSON: ${error.message}`};
      }
    },
    value() {
      return {
        ...(name.control.value && {name: name.control.value}),
        ...(key.control.value && {key: key.control.value}),
        ...(payload.control.value.trim() && {payload: JSON.parse(payload.control.value)}),
      };
    },
  };
}
