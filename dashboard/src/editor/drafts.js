// What was typed and not saved, kept in the browser per account, experiment and tab, so that it survives a reload.
import {equal} from './canonical.js';
import {keysOf, PREFIX} from './draft_keys.js';
import {formOf} from './form_model.js';

// Of all drafts together. Browsers keep 5 million characters of a site.
const CHARACTERS_MAX = 4_000_000;
const DRAFTS_MAX = 10;
const AGE_MS_MAX = 30 * 86400 * 1000;

/** storage: localStorage, or null where there is none. name: of the account, the experiment and the tab. now: () => milliseconds. */
export class Draft {
  #storage;
  #key;
  #now;

  constructor({storage, name, now = Date.now}) {
    this.#storage = storage;
    this.#key = PREFIX + name;
    this.#now = now;
  }

  /**
   * Keeps {form, base, tried}: base is the experiment as it was read, null for a new one; tried: of creation.js. False where the browser
   * can't.
   */
  save({form, base, tried = null}) {
    return this.#guarded(() => {
      const text = JSON.stringify({at: this.#now(), ...thinned(form, base), tried});
      if (text.length > CHARACTERS_MAX) return false;
      const others = this.#makeRoom(CHARACTERS_MAX - text.length);
      // The browser may hold less than is asked for here: the newest stay.
      while (!this.#write(text)) {
        if (others.length === 0) return false;
        this.#storage.removeItem(others.pop().key);
      }
      return true;
    }, false);
  }

  /** {at, form, base, tried}, or null. current: the experiment as the server has it, null for a new one. */
  load(current = null) {
    return this.#guarded(() => {
      const kept = parse(this.#storage.getItem(this.#key));
      return kept && this.#isFresh(kept.at) ? whole(kept, current) : null;
    }, null);
  }

  drop() {
    this.#guarded(() => this.#storage.removeItem(this.#key), undefined);
  }

  /** Makes the draft that is kept under another key this one. */
  take(key) {
    this.#guarded(() => {
      const text = this.#storage.getItem(key);
      this.#storage.removeItem(key);
      if (!this.#write(text)) this.#storage.setItem(key, text);
    }, undefined);
  }

  #write(text) {
    try {
      this.#storage.setItem(this.#key, text);
      return true;
    } catch {
      return false;
    }
  }

  // Of other drafts only the newest stay, as many as there is room for, and none that is too old or unreadable. Returns those that stay,
  // the newest first.
  #makeRoom(room) {
    const others = listed(this.#storage, 'mab:editor:').filter(({key}) => key !== this.#key);
    const left = [];
    let characters = 0;
    for (const other of others) {
      characters += other.length;
      const stays = other.key.startsWith(PREFIX) && this.#isFresh(other.at) && left.length < DRAFTS_MAX - 1 && characters <= room;
      if (stays) left.push(other);
      else this.#storage.removeItem(other.key);
    }
    return left;
  }

  #isFresh(at) {
    return this.#now() - at < AGE_MS_MAX;
  }

  // A browser may forbid storage.
  #guarded(work, otherwise) {
    if (!this.#storage) return otherwise;
    try {
      return work();
    } catch {
      return otherwise;
    }
  }
}

/** The keys of the drafts whose name is `name`, or begins with it and a colon, the newest first. */
export function draftsOf(storage, name) {
  try {
    return listed(storage, PREFIX + name).map(({key}) => key).filter((key) => key === PREFIX + name || key.startsWith(`${PREFIX}${name}:`));
  } catch {
    return [];
  }
}

// {key, at, length} of what is kept under keys that begin so, the newest first. Only the beginning of each is read: they may be large.
function listed(storage, prefix) {
  return keysOf(storage).filter((key) => key.startsWith(prefix)).map((key) => {
    const text = storage.getItem(key);
    return {key, at: Number(/^\{"at":(\d+),/.exec(text)?.[1] ?? -Infinity), length: text.length};
  }).sort((a, b) => b.at - a.at);
}

/** localStorage, or null where the browser forbids it. */
export function browserStorage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

// Variants that nobody touched are the server's to tell: of them the key stays, and which was the control.
function thinned(form, base) {
  if (!base) return {form, base};
  const before = new Map(formOf(base).variants.map((variant) => [variant.key, variant]));
  const isSame = (variant) => variant.existing && before.has(variant.key) && equal({...before.get(variant.key), uid: ''}, {...variant, uid: ''});
  const same = new Set(form.variants.filter(isSame).map(({key}) => key));
  const stub = (variant) => ({key: variant.key, same: true, control: variant.isControl ?? variant.is_control});
  return {
    form: {...form, variants: form.variants.map((variant) => (same.has(variant.key) ? {uid: variant.uid, ...stub(variant)} : variant))},
    base: {...base, variants: base.variants.map((variant) => (same.has(variant.key) ? stub(variant) : variant))},
  };
}

// What somebody else did to those variants meanwhile is so: a variant that was taken out is not there.
function whole({at, form, base, tried = null}, current) {
  const own = new Map((current ? formOf(current).variants : []).map((variant) => [variant.key, variant]));
  const theirs = new Map((current?.variants ?? []).map((variant) => [variant.key, variant]));
  const filled = (variants, known, fill) => variants.flatMap((variant) => {
    if (!variant.same) return [variant];
    return known.has(variant.key) ? [fill(known.get(variant.key), variant)] : [];
  });
  return {
    at, tried,
    form: {...form, variants: filled(form.variants, own, (variant, {uid, control}) => ({...variant, uid, isControl: control}))},
    base: base && {...base, variants: filled(base.variants, theirs, (variant, {control}) => ({...variant, is_control: control}))},
  };
}

// What is not in this form was written by something else.
function parse(text) {
  try {
    const kept = JSON.parse(text);
    const {form} = kept;
    const isWhole = Number.isFinite(kept.at) && TEXTS.every((name) => typeof form[name] === 'string') && isPair(form.prior, 'rate', 'visitors') &&
      isPair(form.window, 'amount', 'unit') && Array.isArray(form.variants) && form.variants.every(isVariant);
    return isWhole ? kept : null;
  } catch {
    return null;
  }
}

const TEXTS = ['name', 'key', 'description', 'policy', 'floor', 'share', 'burnIn', 'minimum', 'threshold', 'origins'];
const VARIANT_TEXTS = ['uid', 'key', 'name', 'weight'];
const PAYLOAD_TEXTS = ['type', 'text', 'html', 'plain', 'redirect', 'json'];

const isPair = (value, first, second) => typeof value?.[first] === 'string' && typeof value?.[second] === 'string';

function isVariant(variant) {
  if (variant?.same === true) return isPair(variant, 'uid', 'key');
  return VARIANT_TEXTS.every((name) => typeof variant?.[name] === 'string') && PAYLOAD_TEXTS.every((name) => typeof variant.payload?.[name] === 'string') &&
    Array.isArray(variant.payload.attributes) && variant.payload.attributes.every((row) => isPair(row, 'name', 'value'));
}
