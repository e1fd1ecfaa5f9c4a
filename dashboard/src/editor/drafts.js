// What was typed and not saved, kept in the browser per account and experiment, so that it survives a reload.

const PREFIX = 'mab:editor:1:';
const CHARACTERS_MAX = 1_500_000;
const DRAFTS_MAX = 10;
const AGE_MS_MAX = 30 * 86400 * 1000;

/** storage: localStorage, or null where there is none. name: of the account and the experiment. now: () => milliseconds. */
export class Draft {
  #storage;
  #key;
  #now;

  constructor({storage, name, now = Date.now}) {
    this.#storage = storage;
    this.#key = PREFIX + name;
    this.#now = now;
  }

  /** Keeps {form, base}: base is the experiment as it was read, null for a new one. False where the browser can't. */
  save({form, base}) {
    const text = JSON.stringify({at: this.#now(), form, base});
    if (text.length > CHARACTERS_MAX) return false;
    return this.#guarded(() => {
      this.#makeRoom();
      this.#storage.setItem(this.#key, text);
      return true;
    }, false);
  }

  /** {at, form, base}, or null. */
  load() {
    return this.#guarded(() => {
      const kept = parse(this.#storage.getItem(this.#key));
      return kept && this.#isFresh(kept) ? kept : null;
    }, null);
  }

  drop() {
    this.#guarded(() => this.#storage.removeItem(this.#key), undefined);
  }

  // Of other drafts only the newest stay, and none that is too old or unreadable.
  #makeRoom() {
    const others = [];
    for (let index = 0; index < this.#storage.length; index++) {
      const key = this.#storage.key(index);
      if (key.startsWith('mab:editor:') && key !== this.#key) others.push([key, parse(this.#storage.getItem(key))]);
    }
    others.sort(([, a], [, b]) => (b?.at ?? 0) - (a?.at ?? 0));
    others.forEach(([key, kept], index) => {
      if (!kept || !this.#isFresh(kept) || index >= DRAFTS_MAX - 1 || !key.startsWith(PREFIX)) this.#storage.removeItem(key);
    });
  }

  #isFresh({at}) {
    return this.#now() - at < AGE_MS_MAX;
  }

  // A browser may forbid storage, or be full.
  #guarded(work, otherwise) {
    if (!this.#storage) return otherwise;
    try {
      return work();
    } catch {
      return otherwise;
    }
  }
}

/** localStorage, or null where the browser forbids it. */
export function browserStorage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

// What is not in this form was written by something else.
function parse(text) {
  try {
    const kept = JSON.parse(text);
    const {form} = kept;
    const whole = Number.isFinite(kept.at) && TEXTS.every((name) => typeof form[name] === 'string') && isPair(form.prior, 'rate', 'visitors') &&
      isPair(form.window, 'amount', 'unit') && Array.isArray(form.variants) && form.variants.every(isVariant);
    return whole ? kept : null;
  } catch {
    return null;
  }
}

const TEXTS = ['name', 'key', 'description', 'policy', 'floor', 'share', 'burnIn', 'minimum', 'threshold', 'origins'];
const VARIANT_TEXTS = ['uid', 'key', 'name', 'weight'];
const PAYLOAD_TEXTS = ['type', 'text', 'html', 'plain', 'redirect', 'json'];

const isPair = (value, first, second) => typeof value?.[first] === 'string' && typeof value?.[second] === 'string';

function isVariant(variant) {
  return VARIANT_TEXTS.every((name) => typeof variant?.[name] === 'string') && PAYLOAD_TEXTS.every((name) => typeof variant.payload?.[name] === 'string') &&
    Array.isArray(variant.payload.attributes) && variant.payload.attributes.every((row) => isPair(row, 'name', 'value'));
}
