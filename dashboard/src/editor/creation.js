// Creating an experiment once, also where an answer is lost on its way: each try says the key, so that a repeat is refused, and what an
// earlier try may have made is looked for before another.
import {slugOf} from './form_model.js';

// Of the keys that the server makes, before their "-2".
const STEM_LENGTH = 56;

/** Whether a failure leaves open what the server did. */
export function isUnknown({status}) {
  return status === 0 || status >= 500;
}

/**
 * api: with call(). tried: {key, name} of a try whose outcome is not known, or null; key is empty where the server chose it. It is kept with
 * the draft.
 */
export class Creation {
  #api;

  constructor(api, tried = null) {
    this.#api = api;
    this.tried = tried;
  }

  /**
   * body: of createRequest(). underWay(): called before something is sent. Resolves to {saved}, or to {earlier}: the experiment that an
   * earlier try may have made. Throws ApiError.
   */
  async send(body, underWay = () => {}) {
    const earlier = await this.#earlier();
    if (earlier) return {earlier};
    const key = body.key ?? slugOf(body.name);
    try {
      return {saved: await this.#post({...body, key}, {key, name: body.name}, underWay)};
    } catch (error) {
      if (error.code !== 'ALREADY_EXISTS') throw error;
      // An earlier try may have come through only now.
      const late = this.tried?.key === key ? await this.#earlier() : null;
      if (late) return {earlier: late};
      if (body.key) throw error;
    }
    // Another experiment has the key that was suggested: the server makes one that is free.
    return {saved: await this.#post(body, {key: '', name: body.name}, underWay)};
  }

  /** The reader says that the experiment of before is another. */
  forget() {
    this.tried = null;
  }

  async #post(body, attempt, underWay) {
    const before = this.tried;
    this.tried = attempt;
    underWay();
    try {
      const saved = await this.#api.call('POST', '/api/experiments', body);
      this.tried = null;
      return saved;
    } catch (error) {
      // What is refused changes nothing about the try before.
      if (!isUnknown(error)) this.tried = before;
      throw error;
    }
  }

  async #earlier() {
    if (!this.tried) return null;
    const {key, name} = this.tried;
    if (key) return this.#read(key);
    const slug = slugOf(name);
    const {experiments} = await this.#api.call('GET', `/api/experiments?page_size=100&q=${encodeURIComponent(slug.slice(0, STEM_LENGTH))}`);
    return experiments.find((experiment) => experiment.name === name && experiment.key !== slug) ?? null;
  }

  async #read(key) {
    try {
      return await this.#api.call('GET', `/api/experiments/${encodeURIComponent(key)}`);
    } catch (error) {
      if (error.status === 404) return null;
      throw error;
    }
  }
}
