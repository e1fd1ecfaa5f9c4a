// What a variant shows: a choice of its kind, and the fields for it.
import {h, replace} from '../core/dom.js';
import {formatCount} from '../core/format.js';
import {attributeRows} from './attribute_rows.js';
import {PAYLOAD_BYTES_MAX, PAYLOAD_TYPES, payloadBytes, payloadOf} from './payload_model.js';

const NEARLY_FULL = 0.75;

/** An element. payload: of the variant's form, changed in place. uid: of the variant. */
export function payloadEditor(workspace, {payload, uid}) {
  const fixed = workspace.why('variant');
  const panel = h('div', {class: 'ed-panel'});
  const size = h('p', {class: 'hint', role: 'status', hidden: true});

  const choice = ([type, label]) => h('label', {class: 'segment'},
    h('input', {
      type: 'radio', name: `type-${uid}`, value: type, checked: payload.type === type, disabled: Boolean(fixed), onchange: () => choose(type),
    }), label);

  function choose(type) {
    // Who goes on in JSON begins with what there is.
    const {value} = payloadOf(payload);
    if (type === 'json' && !payload.json.trim() && value) payload.json = JSON.stringify(value, null, 2);
    payload.type = type;
    drawPanel();
    workspace.changed();
  }

  function drawPanel() {
    replace(panel, h('p', {class: 'hint'}, PAYLOAD_TYPES.find(([type]) => type === payload.type)[2]), PANELS[payload.type]?.(workspace, {payload, uid}));
  }

  function drawSize() {
    const {value, problem} = payloadOf(payload);
    const bytes = problem ? 0 : payloadBytes(value);
    size.hidden = bytes < NEARLY_FULL * PAYLOAD_BYTES_MAX;
    size.classList.toggle('field-error', bytes > PAYLOAD_BYTES_MAX);
    size.textContent = size.hidden ? '' : `${formatCount(bytes)} of ${formatCount(PAYLOAD_BYTES_MAX)} bytes${bytes > PAYLOAD_BYTES_MAX ? ': too much' : ''}`;
  }

  drawPanel();
  drawSize();
  workspace.onChange(drawSize);
  return h('fieldset', {class: 'ed-payload'},
    h('legend', null, 'What visitors see'),
    h('div', {class: 'segments ed-types'}, PAYLOAD_TYPES.map(choice)),
    fixed && h('p', {class: 'hint'}, fixed),
    panel, size);
}

const PANELS = {
  text: (workspace, variant) => [
    bound(workspace, variant, 'text', {label: 'Text', control: h('textarea', {rows: 2, class: 'ed-prose', placeholder: 'Ship today'})}),
    attributes(workspace, variant),
  ],
  html: (workspace, variant) => [
    bound(workspace, variant, 'html', {label: 'HTML', control: h('textarea', {rows: 4, spellcheck: 'false', placeholder: 'Ship <strong>today</strong>'})}),
    bound(workspace, variant, 'plain', {
      label: 'Text where HTML can’t be shown (optional)', path: 'plain', hint: 'For apps and e-mails that read the same experiment.',
      control: h('input', {autocomplete: 'off'}),
    }),
    attributes(workspace, variant),
  ],
  attributes: (workspace, variant) => attributes(workspace, variant),
  redirect: (workspace, variant) => bound(workspace, variant, 'redirect', {
    label: 'Address', hint: 'A whole address of http or https. Who is there already, or there with more in the query, stays and counts all the same.',
    control: h('input', {type: 'url', inputmode: 'url', autocomplete: 'off', spellcheck: 'false', placeholder: 'https://shop.example/new'}),
  }),
  json: (workspace, variant) => bound(workspace, variant, 'json', {
    label: 'JSON', control: h('textarea', {rows: 5, spellcheck: 'false', placeholder: '{"discount": 0.1}'}),
  }),
};

function bound(workspace, {payload, uid}, part, {label, hint, control, path = 'payload'}) {
  return workspace.field({
    label, hint, control, path: `variant:${uid}.${path}`, rule: 'variant',
    read: () => payload[part],
    write: (value) => (payload[part] = value),
  }).element;
}

function attributes(workspace, {payload, uid}) {
  return attributeRows(workspace, {rows: payload.attributes, path: payload.type === 'attributes' ? `variant:${uid}.payload` : null});
}
