// One variant in the editor: its name and key, whether it is the control, its weight, what it shows, and a preview of that.
import {h, replace} from '../core/dom.js';
import {describePayload, payloadOf} from './payload_model.js';
import {payloadEditor} from './payload_editor.js';
import {preview} from './preview.js';

const PREVIEW_DELAY_MS = 120;

/**
 * {element, variant, place({index, key, color, share, removable}), showPreview(), nameControl}. variant: of the form. remove():
 * takes it out. becomeControl(): makes it the control. sample(): what the preview is shown on. open: whether it is unfolded.
 */
export function variantCard(workspace, {variant, remove, becomeControl, sample, open, signal}) {
  const {uid} = variant;
  const path = (part) => `variant:${uid}.${part}`;
  const name = workspace.field({
    label: 'Name', path: path('name'), rule: 'variant', control: h('input', {maxlength: 200, autocomplete: 'off'}),
    read: () => variant.name, write: (value) => (variant.name = value),
  });
  const key = keyField(workspace, variant, path('key'));
  const weight = workspace.field({
    label: 'Weight', path: path('weight'), rule: 'variant', control: h('input', {inputmode: 'decimal', autocomplete: 'off', class: 'ed-short'}),
    read: () => variant.weight, write: (value) => (variant.weight = value),
  });
  const share = h('p', {class: 'hint'});
  weight.element.append(share);
  const control = controlChoice(workspace, variant, path('is_control'), becomeControl);
  const shown = preview(variant.name || 'a variant');
  const head = {
    dot: h('span', {class: 'ed-dot', 'aria-hidden': 'true'}), name: h('span', {class: 'ed-name'}), detail: h('span', {class: 'faint ed-detail'}),
    tags: h('span', {class: 'ed-tags'}),
  };
  const removeButton = h('button', {class: 'button ed-small', type: 'button', onclick: remove}, 'Remove');
  const element = h('details', {class: 'ed-variant', open, ontoggle: () => element.open && showPreview()},
    h('summary', {class: 'ed-summary'}, head.dot, h('h3', null, head.name), head.tags, head.detail),
    h('div', {class: 'ed-split'},
      h('div', null,
        h('div', {class: 'columns'}, name.element, key.element),
        control.element, weight.element, payloadEditor(workspace, variant)),
      h('div', {class: 'ed-side'}, h('p', {class: 'ed-label'}, 'Preview'), shown.element, h('div', {class: 'ed-remove'}, removeButton))));

  let timer;
  let drawn = '';
  function showPreview() {
    if (!element.open) return;
    const {value, problem} = payloadOf(variant.payload);
    const wanted = [{...sample()}, problem ? null : value];
    if (JSON.stringify(wanted) === drawn) return;
    drawn = JSON.stringify(wanted);
    shown.show(...wanted);
  }

  function drawHead() {
    const {value, problem} = payloadOf(variant.payload);
    replace(head.detail, problem ? '' : describePayload(value));
  }

  workspace.onChange(() => {
    clearTimeout(timer);
    timer = setTimeout(showPreview, PREVIEW_DELAY_MS);
    drawHead();
  });
  signal.addEventListener('abort', () => clearTimeout(timer));
  drawHead();

  return {
    element, variant, showPreview,
    focus: () => {
      element.open = true;
      name.control.focus();
    },
    place({index, key: ownKey, color, share: ownShare, removable}) {
      const title = variant.name.trim() || `Variant ${index + 1}`;
      head.dot.style.background = `var(--variant-${color})`;
      replace(head.name, title);
      replace(head.tags, variant.isControl && h('span', {class: 'tag'}, 'control'), variant.disabled && h('span', {class: 'tag'}, 'disabled'));
      key.control.placeholder = ownKey;
      name.control.placeholder = ownKey;
      weight.element.hidden = workspace.form.policy !== 'FIXED';
      replace(share, ownShare);
      control.input.checked = variant.isControl;
      removeButton.hidden = !removable;
      removeButton.setAttribute('aria-label', `Remove ${title}`);
      shown.rename(title);
    },
  };
}

function keyField(workspace, variant, path) {
  const control = h('input', {maxlength: 64, autocomplete: 'off', spellcheck: 'false', class: 'mono'});
  const one = workspace.field({label: 'Key', path, rule: 'variant', control, read: () => variant.key, write: (value) => (variant.key = value)});
  // Visitors are on record under it; for another key, another variant.
  if (variant.existing) control.disabled = true;
  return one;
}

function controlChoice(workspace, variant, path, becomeControl) {
  const fixed = workspace.why('control');
  const id = `control-${variant.uid}`;
  const error = h('p', {class: 'field-error', hidden: true});
  const input = h('input', {
    type: 'radio', name: 'control', id, checked: variant.isControl, disabled: Boolean(fixed), title: fixed || null, onchange: becomeControl,
  });
  workspace.add({path, control: input, setError: (text) => {
    error.textContent = text;
    error.hidden = !text;
  }});
  return {input, element: h('div', {class: 'choice'}, input, h('div', null, h('label', {for: id}, 'Control: what visitors see today'), error))};
}
