// How new visitors are distributed, and the settings that most experiments leave as they are.
import {h, replace} from '../core/dom.js';
import {formatShortCount} from '../core/format.js';
import {beside} from './basics.js';
import {numberOf, priorOf} from './form_fields.js';
import {defaultFloor, POLICIES} from './form_model.js';

/** A section: the policy, and who takes part. */
export function trafficSection(workspace) {
  const {form} = workspace;
  const share = workspace.field({
    label: 'Visitors that take part', path: 'traffic_share', hint: 'The others see the page as it is and are not counted. Default: 100 %.',
    control: shortInput(), read: () => form.share, write: (value) => (form.share = value),
  });
  beside(share, unit('%'));
  share.element.classList.add('ed-last');
  return h('section', {class: 'card', 'aria-labelledby': 'traffic-title'},
    h('h2', {id: 'traffic-title'}, 'How new visitors are distributed'),
    policyChoice(workspace), share.element);
}

const shortInput = () => h('input', {inputmode: 'decimal', autocomplete: 'off', class: 'ed-short'});
const unit = (text) => h('span', {class: 'faint'}, text);

function policyChoice(workspace) {
  const {form} = workspace;
  const fixed = workspace.why('policy');
  const error = h('p', {class: 'field-error', hidden: true});
  const choices = POLICIES.map(([policy, label, sentence]) => {
    const input = h('input', {type: 'radio', name: 'policy', value: policy, checked: form.policy === policy, disabled: Boolean(fixed), onchange: () => {
      form.policy = policy;
      workspace.changed();
    }});
    return h('label', {class: 'ed-option'}, input,
      h('span', null, h('span', {class: 'ed-option-name'}, label), h('span', {class: 'hint'}, sentence)));
  });
  workspace.add({path: 'policy', control: choices[0].firstChild, setError: (text) => {
    error.textContent = text;
    error.hidden = !text;
  }});
  return h('fieldset', {class: 'ed-options'}, h('legend', {class: 'sr-only'}, 'Policy'), choices, fixed && h('p', {class: 'hint'}, fixed), error);
}

/** A folded section. */
export function advancedSection(workspace) {
  const {form} = workspace;
  const field = (options) => workspace.field({control: shortInput(), ...options});
  const floor = field({
    label: 'Smallest share of a variant', path: 'floor', read: () => form.floor, write: (value) => (form.floor = value),
    hint: 'No variant gets fewer visitors, so that late surprises are noticed. Default: 1 %; with more than ten variants, 10 % among them all.',
  });
  const suggest = () => (floor.control.placeholder = String(Number((100 * defaultFloor(form.variants.length)).toPrecision(3))));
  suggest();
  workspace.onChange(suggest);
  beside(floor, unit('%'));
  const threshold = field({
    label: 'Threshold of caring', path: 'threshold_of_caring', read: () => form.threshold, write: (value) => (form.threshold = value),
    hint: 'A difference in conversion rate too small to matter to you. The verdict comes once a wrong choice would cost less. Default: 0.05 percentage points.',
  });
  beside(threshold, unit('percentage points'));
  const minimum = field({
    label: 'Visitors before a verdict', path: 'minimum_exposures', read: () => form.minimum, write: (value) => (form.minimum = value),
    hint: 'Each variant that may still be best has this many first. Default: 100.',
  });
  const burnIn = field({
    label: 'Visitors in equal shares first', path: 'burn_in_exposures', read: () => form.burnIn, write: (value) => (form.burnIn = value),
    hint: 'Until each variant has had this many, all get the same share. Default: 0.',
  });
  const origins = workspace.field({
    label: 'Allowed websites', path: 'allowed_origins', read: () => form.origins, write: (value) => (form.origins = value),
    hint: 'One a line: https, the host, perhaps a port. Pages of other sites are refused. Default: empty, which lets in all that this system allows.',
    control: h('textarea', {rows: 2, spellcheck: 'false', placeholder: 'https://shop.example'}),
  });
  return h('details', {class: 'card ed-advanced'},
    h('summary', null, h('h2', null, 'Advanced'),
      h('span', {class: 'hint'}, 'Smallest share, prior knowledge, when a verdict is given, allowed websites. The defaults suit most experiments.')),
    h('div', {class: 'ed-advanced-body'},
      priorChoice(workspace),
      h('div', {class: 'columns'}, floor.element, threshold.element, minimum.element, burnIn.element), origins.element));
}

function priorChoice(workspace) {
  const {form: {prior}} = workspace;
  const fixed = workspace.why('prior');
  const error = h('p', {class: 'field-error', id: 'prior-error', hidden: true});
  const meaning = h('p', {class: 'hint', role: 'status'});
  const inputs = [['rate', 'Rate in %'], ['visitors', 'Number of visitors']].map(([part, label]) => {
    const control = h('input', {
      class: 'ed-short', inputmode: 'decimal', autocomplete: 'off', 'aria-label': `Prior knowledge: ${label}`, 'aria-describedby': 'prior-error',
      oninput: () => {
        prior[part] = control.value;
        setError('');
        workspace.changed();
      },
    });
    control.value = prior[part];
    return control;
  });
  const radio = (known) => h('input', {type: 'radio', name: 'prior', id: `prior-${known}`, checked: prior.known === known, disabled: Boolean(fixed), onchange: () => {
    prior.known = known;
    setError('');
    workspace.changed();
  }});
  const none = radio(false);

  function setError(text) {
    error.textContent = text;
    error.hidden = !text;
    for (const input of inputs) {
      if (text) input.setAttribute('aria-invalid', 'true');
      else input.removeAttribute('aria-invalid');
    }
  }

  function draw() {
    for (const input of inputs) input.disabled = Boolean(fixed) || !prior.known;
    replace(meaning, priorMeaning(prior));
  }

  draw();
  workspace.onChange(draw);
  workspace.add({path: 'prior', get control() { return prior.known ? inputs[0] : none; }, setError});
  return h('fieldset', {class: 'ed-prior'},
    h('legend', null, 'What is known before'),
    h('div', {class: 'choice'}, none, h('label', {for: 'prior-false'}, 'Nothing (the default)')),
    h('div', {class: 'choice'}, radio(true),
      h('div', {class: 'ed-inline'}, h('label', {for: 'prior-true'}, 'A rate of'), inputs[0], unit('% from'), inputs[1], unit('visitors'))),
    h('p', {class: 'hint'}, 'Before the first visitor each variant is taken to have this rate, as if so many visitors had been seen.'),
    meaning, fixed && h('p', {class: 'hint'}, fixed), error);
}

const few = (count) => (count < 100 ? String(Number(count.toPrecision(3))) : formatShortCount(count));

function priorMeaning(prior) {
  const beta = priorOf(prior);
  const visitors = numberOf(prior.visitors);
  if (!beta || typeof visitors !== 'number' || beta.alpha <= 0) return null;
  return `As if ${few(visitors)} visitor${visitors === 1 ? '' : 's'} had seen each variant, and ${few(beta.alpha)} had converted.`;
}
