// An experiment as the editor's form holds it: text as it is typed, percentages for shares, a rate and a number of visitors for the
// prior. A form is plain data, so that it can be kept in the browser and compared.
import {emptyPayload, payloadForm} from './payload_model.js';

export const VARIANTS_MIN = 2;
export const VARIANTS_MAX = 100;
const KEY_LENGTH_MAX = 64;

/** [unit, seconds], the longest first. */
export const WINDOW_UNITS = [['days', 86400], ['hours', 3600], ['minutes', 60], ['seconds', 1]];

/** [policy, label, one sentence] */
export const POLICIES = [
  ['THOMPSON', 'Thompson sampling', 'The likelier a variant is the best, the more visitors see it: you lose the fewest conversions while you learn.'],
  ['TOP_TWO_THOMPSON', 'Top-two Thompson', 'Visitors go to the two best candidates in turn: the winner is named soonest, at the price of some conversions.'],
  ['FIXED', 'Fixed shares', 'A classic A/B test: each variant keeps its share, whatever the numbers say.'],
];

export function emptyForm() {
  const today = {...newVariant('nothing'), name: 'Today', isControl: true};
  return {
    name: '', key: '', description: '', variants: [today, newVariant('text')],
    policy: 'THOMPSON', floor: '', share: '100', burnIn: '0', minimum: '100', threshold: '0.05',
    prior: {known: false, rate: '', visitors: ''}, window: {amount: '7', unit: 'days'}, origins: '',
  };
}

/** existing: the server has it under this key, which can't change. */
export function newVariant(type = 'text') {
  return {uid: uniqueId(), existing: false, key: '', name: '', isControl: false, disabled: false, weight: '1', payload: emptyPayload(type)};
}

let lastId = 0;
const uniqueId = () => `${Date.now().toString(36)}-${++lastId}`;

/** The form of an experiment as the API answers it. */
export function formOf(experiment) {
  const {prior} = experiment;
  const visitors = prior.alpha + prior.beta;
  const known = prior.alpha !== 1 || prior.beta !== 1;
  return {
    name: experiment.name, key: experiment.key, description: experiment.description,
    variants: experiment.variants.map(variantForm),
    policy: experiment.policy,
    floor: percentText(experiment.floor), share: percentText(experiment.traffic_share), threshold: percentText(experiment.threshold_of_caring),
    burnIn: String(experiment.burn_in_exposures), minimum: String(experiment.minimum_exposures),
    prior: known ? {known, rate: percentText(prior.alpha / visitors), visitors: numberText(visitors)} : {known, rate: '', visitors: ''},
    window: windowForm(experiment.conversion_window_seconds),
    origins: experiment.allowed_origins.join('\n'),
  };
}

function variantForm(variant) {
  return {
    uid: uniqueId(), existing: true, key: variant.key, name: variant.name, isControl: variant.is_control, disabled: variant.disabled,
    weight: numberText(variant.weight), payload: payloadForm(variant.payload),
  };
}

/** A new form with all that the experiment has but its key and its past. */
export function copyOf(experiment) {
  const form = formOf(experiment);
  const room = 200 - 'Copy of '.length;
  const variants = form.variants.filter(({disabled}) => !disabled).map((variant) => ({...variant, existing: false}));
  if (variants.length > 0 && !variants.some(({isControl}) => isControl)) variants[0].isControl = true;
  return {...form, name: `Copy of ${[...form.name].slice(0, room).join('')}`, key: '', variants};
}

function windowForm(seconds) {
  const [unit, length] = WINDOW_UNITS.find(([, each]) => seconds % each === 0);
  return {amount: String(seconds / length), unit};
}

/** 12 digits: what a double holds for certain after a division. */
function numberText(value) {
  return String(Number(value.toPrecision(12)));
}

function percentText(share) {
  return numberText(100 * share);
}

/** The key that the server makes from a name. */
export function slugOf(name) {
  let slug = '';
  for (const word of name.toLowerCase().split(/[^a-z0-9]+/).filter(Boolean)) {
    const room = KEY_LENGTH_MAX - slug.length - (slug ? 1 : 0);
    if (room < 1) break;
    slug += (slug ? '-' : '') + word.slice(0, room);
    if (word.length > room) break;
  }
  // What looks like an experiment's id is no key.
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(slug) ? `experiment-${slug}` : slug || 'experiment';
}

/** The keys of the variants in order: where none is typed a, b, … by position, past those that are taken. */
export function variantKeys(variants) {
  const taken = new Set(variants.map(({key}) => key.trim()));
  return variants.map((variant, index) => {
    if (variant.key.trim()) return variant.key.trim();
    for (let position = index; ; position++) {
      const letters = letterKey(position);
      if (taken.has(letters)) continue;
      taken.add(letters);
      return letters;
    }
  });
}

/** 0 -> "a", 25 -> "z", 26 -> "aa". */
export function letterKey(position) {
  let key = '';
  for (let rest = position + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) key = String.fromCharCode(97 + ((rest - 1) % 26)) + key;
  return key;
}

/** The default floor for a number of variants, as a share. */
export function defaultFloor(variants) {
  return variants > 10 ? 0.1 / variants : 0.01;
}
