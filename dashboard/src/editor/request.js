// What is sent to the server: a new experiment, or only what changed of one.
import {equal} from './canonical.js';
import {FIELDS, numberOf, sameField} from './form_fields.js';
import {variantKeys} from './form_model.js';
import {payloadOf} from './payload_model.js';

/**
 * {body, order, problems} of a new experiment. order: the uids of the variants as they stand in the body. problems: what can't be
 * sent, in the form of the server's violations.
 */
export function createRequest(form) {
  const body = {};
  const problems = [];
  if (form.key.trim()) body.key = form.key.trim();
  for (const {path, part, valueOf} of FIELDS) {
    const value = valueOf(form[part]);
    if (value !== null) body[path] = value;
  }
  body.variants = form.variants.map((variant, index) => {
    const {value, problem} = payloadOf(variant.payload);
    if (problem) problems.push({field: `variants[${index}].payload`, description: problem});
    const weight = numberOf(variant.weight);
    return {
      ...(variant.key.trim() && {key: variant.key.trim()}),
      ...(variant.name.trim() && {name: variant.name}),
      ...(variant.isControl && {is_control: true}),
      ...(weight !== null && weight !== 1 && {weight}),
      ...(value !== null && value !== undefined && {payload: value}),
    };
  });
  return {body, order: form.variants.map(({uid}) => uid), problems};
}

/**
 * {body, remove, order, problems, changed}: what makes the experiment that `base` is the form of into what the form says. remove:
 * keys of variants to be taken out.
 */
export function updateRequest(form, base, etag) {
  const body = {etag};
  for (const field of FIELDS) {
    if (!sameField(field, form, base)) body[field.path] = field.valueOf(form[field.part]);
  }
  const {entries, order, problems} = changedVariants(form, base);
  if (entries.length > 0) body.variants = entries;
  const keys = new Set(variantKeys(form.variants));
  const remove = base.variants.map(({key}) => key).filter((key) => !keys.has(key));
  return {body, remove, order, problems, changed: Object.keys(body).length > 1 || remove.length > 0};
}

function changedVariants(form, base) {
  const before = new Map(base.variants.map((variant) => [variant.key, variant]));
  const keys = variantKeys(form.variants);
  const entries = [];
  const order = [];
  const problems = [];
  for (const [index, variant] of form.variants.entries()) {
    const {value, problem} = payloadOf(variant.payload);
    const entry = variantEntry(keys[index], variant, before.get(keys[index]), value);
    if (problem) problems.push({field: `variants[${entries.length}].payload`, description: problem});
    if (!problem && Object.keys(entry).length < 2 && before.has(keys[index]) && !repeated(keys, index)) continue;
    entries.push(entry);
    order.push(variant.uid);
  }
  return {entries, order, problems};
}

// A key that stands there twice is for the server to refuse.
const repeated = (keys, index) => keys.indexOf(keys[index]) !== index;

function variantEntry(key, variant, before, payload) {
  const weight = numberOf(variant.weight);
  const isNew = before === undefined;
  return {
    key,
    ...((isNew ? variant.name.trim() !== '' : variant.name !== before.name) && {name: variant.name}),
    ...(variant.isControl && !before?.isControl && {is_control: true}),
    ...((isNew ? weight !== null && weight !== 1 : !equal(weight, numberOf(before.weight))) && {weight}),
    ...((isNew ? payload !== null : !equal(payload, payloadOf(before.payload).value)) && {payload}),
  };
}

/** The address of an update. */
export function updatePath(id, remove) {
  const query = remove.map((key) => `remove_variants=${encodeURIComponent(key)}`).join('&');
  return `/api/experiments/${encodeURIComponent(id)}${query && `?${query}`}`;
}
