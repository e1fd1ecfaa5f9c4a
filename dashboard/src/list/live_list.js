// The experiments that are shown, and what each has learned so far: read again and again.

const PAGE = 25;
const PAGE_MAX = 100;
const LIST_EVERY = 3; // of the summaries' times

/** Reads experiments and their summaries by `api` (core/api.js). */
export class LiveList {
  #api;
  #shown = PAGE;
  #polls = 0;
  /** {state, q}; empty strings: all. Whoever changes it calls restart(). */
  query = {state: '', q: ''};
  /** As GET /api/experiments has them. */
  experiments = [];
  /** By experiment id: of GET /api/experiments:summaries. */
  summaries = new Map();
  /** Whether there are more than are shown. */
  more = false;

  constructor(api) {
    this.#api = api;
  }

  get filtered() {
    return this.query.state !== '' || this.query.q !== '';
  }

  restart() {
    this.#shown = PAGE;
    this.#polls = 0;
  }

  showMore() {
    this.#shown += PAGE;
    this.#polls = 0;
  }

  /**
   * Reads what is to be read now: the summaries each time, the list itself each third time, since it is larger. `onList` is
   * called as soon as the list is there. Resolves to whether the query is still the one that was asked for. Throws ApiError.
   */
  async read(onList) {
    const asked = JSON.stringify([this.query, this.#shown]);
    const current = () => asked === JSON.stringify([this.query, this.#shown]);
    if (this.#polls++ % LIST_EVERY === 0) {
      const found = await this.#readList();
      if (!current()) return false;
      [this.experiments, this.more] = found;
      onList();
    }
    await this.#readSummaries();
    return current();
  }

  async #readList() {
    const experiments = [];
    let token = '';
    do {
      const query = new URLSearchParams({page_size: String(Math.min(PAGE_MAX, this.#shown - experiments.length))});
      for (const [name, value] of Object.entries({...this.query, page_token: token})) {
        if (value) query.set(name, value);
      }
      const page = await this.#api.call('GET', `/api/experiments?${query}`);
      experiments.push(...page.experiments);
      token = page.next_page_token;
    } while (token && experiments.length < this.#shown);
    return [experiments, token !== ''];
  }

  async #readSummaries() {
    const started = this.experiments.filter(({state}) => state !== 'DRAFT').map(({id}) => id);
    for (let first = 0; first < started.length; first += PAGE_MAX) {
      const query = new URLSearchParams(started.slice(first, first + PAGE_MAX).map((id) => ['ids', id]));
      const {summaries} = await this.#api.call('GET', `/api/experiments:summaries?${query}`);
      for (const summary of summaries) this.summaries.set(summary.experiment_id, summary);
    }
  }
}
