// Exposes visitors in the experiments whose flags they were really given, once each: a bulk evaluation counts nobody.

const EXPERIMENTS_MAX = 100; // of one call
const KNOWN_MAX = 10000; // visitors' experiments that are remembered as exposed
const PASSING = new Set(['RATE_LIMITED', 'UNAVAILABLE', 'JOURNAL_FULL', 'OVERLOADED']); // of single experiments of a call

export class Exposures {
  #sender;
  #failed;
  #known = new Set();
  #waiting = new Map(); // user to the experiments that are to be exposed
  #underWay = new Map(); // user to the number of his calls

  constructor(sender, failed) {
    this.#sender = sender;
    this.#failed = failed;
  }

  /** The user was given this flag. What is asked for in one turn of the event loop goes in one call. */
  add(user, experiment) {
    const name = JSON.stringify([user, experiment]);
    if (this.#known.has(name)) return;
    this.#known.add(name);
    if (this.#known.size > KNOWN_MAX) this.#known.delete(this.#known.values().next().value);
    if (this.#waiting.size === 0) setTimeout(() => this.send(), 0);
    const experiments = this.#waiting.get(user) ?? [];
    this.#waiting.set(user, experiments);
    experiments.push(experiment);
  }

  /** Sends what waits. */
  send() {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    for (const [user, experiments] of waiting) {
      for (let first = 0; first < experiments.length; first += EXPERIMENTS_MAX) {
        this.#expose(user, experiments.slice(first, first + EXPERIMENTS_MAX));
      }
    }
  }

  /** Null where nothing of the user is under way; else a promise of when nothing is. */
  ofUser(user) {
    if (this.#waiting.has(user)) this.send();
    return this.#underWay.get(user) ?? null;
  }

  /** Resolves when none that was sent before is under way. */
  async settle() {
    await Promise.all(this.#underWay.values());
  }

  #expose(user, experiments) {
    const before = this.#underWay.get(user);
    const done = Promise.all([before, this.#call(user, experiments)]).then(() => {
      if (this.#underWay.get(user) === done) this.#underWay.delete(user);
    });
    this.#underWay.set(user, done);
  }

  async #call(user, experiments) {
    try {
      const {errors = []} = await this.#sender.post('/api/expose', {user_id: user, experiments});
      for (const {experiment_key: experiment, code} of errors) this.#refused(user, experiment, code, PASSING.has(code));
    } catch ({code, passing}) {
      for (const experiment of experiments) this.#refused(user, experiment, code, passing);
    }
  }

  /** What may work later is tried again when the flag is evaluated again. */
  #refused(user, experiment, code, passing) {
    if (passing) this.#known.delete(JSON.stringify([user, experiment]));
    this.#failed(`${experiment} was not exposed`, code, passing);
  }
}
