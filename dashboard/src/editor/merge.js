// Two people changed an experiment at once: what differs, field by field, and the form that the reader's choices make.
import {equal} from './canonical.js';
import {FIELDS, numberOf, sameField} from './form_fields.js';
import {variantKeys} from './form_model.js';
import {describePayload, payloadOf} from './payload_model.js';
import {whyFixed} from './rules.js';

/**
 * The rows of the comparison. base: what both began from. mine: what was typed. theirs: what the server has. state: its state now.
 * Each row: {path, label, was, theirs, mine (texts), side, fixed, apply}. side: 'theirs' or 'mine' where only one of them changed it,
 * else '' and the reader chooses. fixed: why only theirs can stand, or ''. apply(form): gives `form` their value.
 */
export function differences({base, mine, theirs, state}) {
  const rows = [...fieldRows(base, mine, theirs), ...variantRows(base, mine, theirs), ...controlRow(base, mine, theirs)];
  return rows.map((row) => {
    const fixed = whyFixed(row.rule, state);
    return {...row, fixed, side: fixed ? 'theirs' : row.side};
  });
}

/** The form to save. choices: 'theirs' or 'mine' by path. */
export function merged({mine, theirs, rows, choices}) {
  const form = structuredClone(mine);
  for (const row of rows) {
    if (choices[row.path] === 'theirs') row.apply(form);
  }
  const known = new Set(theirs.variants.map(({key}) => key));
  const keys = variantKeys(form.variants);
  form.variants = form.variants.map((variant, index) => ({...variant, key: variant.existing ? variant.key : keys[index], existing: known.has(keys[index])}));
  if (form.variants.length > 0 && !form.variants.some(({isControl}) => isControl)) form.variants[0].isControl = true;
  return form;
}

// Whose change it is.
function sideOf(same, base, mine, theirs) {
  if (same(base, mine)) return 'theirs';
  return same(base, theirs) ? 'mine' : '';
}

function fieldRows(base, mine, theirs) {
  return FIELDS.filter((field) => !sameField(field, mine, theirs)).map((field) => {
    const {path, part, label, textOf} = field;
    return {
      path, label, rule: path, was: textOf(base[part]), theirs: textOf(theirs[part]), mine: textOf(mine[part]),
      side: sideOf((a, b) => sameField(field, a, b), base, mine, theirs),
      apply: (form) => (form[part] = structuredClone(theirs[part])),
    };
  });
}

const VARIANT_FIELDS = [
  {name: 'name', label: 'name', valueOf: ({name}) => name, textOf: ({name}) => name},
  {name: 'payload', label: 'content', valueOf: ({payload}) => payloadOf(payload).value ?? null, textOf: ({payload}) => payloadText(payload)},
  {name: 'weight', label: 'weight', valueOf: ({weight}) => numberOf(weight), textOf: ({weight}) => weight},
];

// Both versions can be told apart, wherever they differ.
const WHOLE = 16 * 1024;

function payloadText(form) {
  const {value, problem} = payloadOf(form);
  return problem ? 'unfinished' : describePayload(value, WHOLE);
}

function byKey(form) {
  const keys = variantKeys(form.variants);
  return new Map(form.variants.map((variant, index) => [keys[index], variant]));
}

function variantRows(base, mine, theirs) {
  const [was, own, other] = [byKey(base), byKey(mine), byKey(theirs)];
  const rows = [];
  for (const key of new Set([...other.keys(), ...own.keys()])) {
    if (own.has(key) && other.has(key)) rows.push(...contentRows(key, was.get(key), own.get(key), other.get(key)));
    else rows.push(presenceRow(key, was.get(key), own.get(key), other.get(key)));
  }
  return rows;
}

function contentRows(key, was, mine, theirs) {
  return VARIANT_FIELDS.filter(({valueOf}) => !equal(valueOf(mine), valueOf(theirs))).map(({name, label, valueOf, textOf}) => ({
    path: `variants.${key}.${name}`, rule: 'variant', label: `Variant ${key}: ${label}`,
    was: was ? textOf(was) : 'not there', theirs: textOf(theirs), mine: textOf(mine),
    // Without a base both added it.
    side: was ? sideOf((a, b) => equal(valueOf(a), valueOf(b)), was, mine, theirs) : '',
    apply: (form) => {
      const target = byKey(form).get(key);
      if (target) target[name] = structuredClone(theirs[name]);
    },
  }));
}

function presenceRow(key, was, mine, theirs) {
  const text = (variant) => (variant ? `${variant.name || key}: ${payloadText(variant.payload)}` : was ? 'taken out' : 'not there');
  const present = mine ?? theirs;
  const unchanged = was !== undefined && VARIANT_FIELDS.every(({valueOf}) => equal(valueOf(was), valueOf(present)));
  const byThem = was ? !theirs : Boolean(theirs);
  return {
    path: `variants.${key}`, rule: 'variants', label: `Variant ${key}`, was: was ? text(was) : 'not there', theirs: text(theirs), mine: text(mine),
    side: was && !unchanged ? '' : byThem ? 'theirs' : 'mine',
    apply: (form) => {
      if (theirs) form.variants.push({...structuredClone(theirs), isControl: false});
      else form.variants = form.variants.filter((variant) => variant !== byKey(form).get(key));
    },
  };
}

function controlRow(base, mine, theirs) {
  const control = (form) => [...byKey(form)].find(([, {isControl}]) => isControl)?.[0] ?? '';
  if (control(mine) === control(theirs)) return [];
  return [{
    path: 'control', rule: 'control', label: 'Control', was: control(base), theirs: control(theirs), mine: control(mine),
    side: sideOf((a, b) => control(a) === control(b), base, mine, theirs),
    apply: (form) => {
      const chosen = byKey(form).get(control(theirs));
      if (chosen) for (const variant of form.variants) variant.isControl = variant === chosen;
    },
  }];
}
