// The variants of an experiment in the editor, and the element that their previews are shown on.
import {h, replace} from '../core/dom.js';
import {formatPercent} from '../core/format.js';
import {numberOf} from './form_fields.js';
import {newVariant, VARIANTS_MAX, VARIANTS_MIN, variantKeys} from './form_model.js';
import {SAMPLES} from './preview.js';
import {variantCard} from './variant_card.js';

// More are folded, so that the page stays short.
const OPEN_MAX = 4;
const COLORS = 9;

/** A section. announce(text): for readers of the screen. */
export function variantsSection(workspace, {signal, announce}) {
  const {form} = workspace;
  const sample = {kind: SAMPLES[0][0], text: SAMPLES[0][2]};
  const list = h('div', {class: 'ed-variants'});
  const undo = h('div');
  const fixed = workspace.why('variants');
  const add = h('button', {class: 'button', type: 'button', onclick: addVariant}, 'Add a variant');
  const error = h('p', {class: 'field-error', hidden: true});
  let cards = [];

  function makeCard(variant, open) {
    return variantCard(workspace, {
      variant, open, signal, sample: () => sample,
      remove: () => removeVariant(variant),
      becomeControl: () => {
        for (const one of form.variants) one.isControl = one === variant;
        workspace.changed();
      },
    });
  }

  function addVariant() {
    const variant = newVariant('text');
    form.variants.push(variant);
    const card = makeCard(variant, true);
    cards.push(card);
    list.append(card.element);
    card.focus();
    workspace.changed();
  }

  function removeVariant(variant) {
    const index = form.variants.indexOf(variant);
    const [card] = cards.splice(index, 1);
    form.variants.splice(index, 1);
    if (variant.isControl) form.variants[0].isControl = true;
    card.element.remove();
    const name = variant.name || 'The variant';
    const back = h('button', {class: 'link', type: 'button', onclick: () => bringBack(variant, card, index)}, 'Undo');
    replace(undo, h('p', {class: 'hint'}, `${name} is removed. `, back));
    announce(`${name} is removed`);
    back.focus();
    workspace.changed();
  }

  function bringBack(variant, card, index) {
    for (const one of variant.isControl ? form.variants : []) one.isControl = false;
    form.variants.splice(index, 0, variant);
    cards.splice(index, 0, card);
    list.insertBefore(card.element, list.children[index] ?? null);
    replace(undo);
    card.focus();
    workspace.changed();
  }

  function arrange() {
    const keys = variantKeys(form.variants);
    const shares = sharesOf(form.variants);
    let color = 0;
    cards.forEach((card, index) => card.place({
      index, key: keys[index], removable: !fixed && cards.length > VARIANTS_MIN,
      color: card.variant.isControl ? 'control' : (color++ % COLORS) + 1,
      share: shares[index],
    }));
    add.disabled = Boolean(fixed) || cards.length >= VARIANTS_MAX;
  }

  cards = form.variants.map((variant) => makeCard(variant, form.variants.length <= OPEN_MAX));
  list.append(...cards.map(({element}) => element));
  arrange();
  workspace.onChange(arrange);
  workspace.add({path: 'variants', control: add, setError: (text) => {
    error.textContent = text;
    error.hidden = !text;
  }});
  return h('section', {class: 'card', 'aria-labelledby': 'variants-title'},
    h('div', {class: 'title'},
      h('div', null, h('h2', {id: 'variants-title'}, 'Variants'), h('p', {class: 'hint'}, isServed(workspace.state)
        ? 'What you change here, visitors see within seconds. What was counted stays with the variant.'
        : 'What visitors may see. All are compared with the control.')),
      sampleChoice(sample, () => cards.forEach((card) => card.showPreview()))),
    list, undo, error,
    h('div', {class: 'ed-add'}, add, fixed && h('p', {class: 'hint'}, fixed)));
}

const isServed = (state) => state === 'RUNNING' || state === 'PAUSED';

function sampleChoice(sample, changed) {
  const text = h('input', {'aria-label': 'Its text today', autocomplete: 'off', maxlength: 200, oninput: () => {
    sample.text = text.value;
    changed();
  }});
  const kind = h('select', {'aria-label': 'Element of the preview', onchange: () => {
    const own = SAMPLES.some(([, , usual]) => usual === text.value);
    sample.kind = kind.value;
    if (own) text.value = SAMPLES.find(([name]) => name === kind.value)[2];
    sample.text = text.value;
    changed();
  }}, SAMPLES.map(([name, label]) => h('option', {value: name}, label)));
  text.value = sample.text;
  return h('div', {class: 'ed-sample'}, h('span', {class: 'faint'}, 'Preview on'), kind, text);
}

// What each gets under fixed shares, as a text.
function sharesOf(variants) {
  const weights = variants.map(({weight, disabled}) => (disabled ? 0 : Math.max(0, Number(numberOf(weight) ?? 1))));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => (Number.isFinite(all) && all > 0 ? `${formatPercent(weight / all, 1)} of the visitors` : ''));
}
