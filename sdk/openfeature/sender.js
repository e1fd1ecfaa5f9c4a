// Sends what visitors did to the public endpoints of the MAB System. A call that met a busy or absent server is sent again, with
// the same body: the server answers a repeat with what it recorded the first time.

const ATTEMPTS = 4;
const WAIT_MS = 500; // before the second attempt, doubled for each further one
const WAIT_MAX_MS = 30000;
const TIMEOUT_MS = 10000;

/** A failure that sending again does not mend. */
export class MabError extends Error {
  constructor(message, code) {
    super(message);
    this.name = 'MabError';
    this.code = code;
  }
}

/** How long to wait after an answer, in milliseconds: what Retry-After says, or what `otherwise` is. */
function waitOf(response, otherwise) {
  const seconds = Number(response?.headers.get('retry-after'));
  return Math.min(seconds > 0 ? seconds * 1000 : otherwise, WAIT_MAX_MS);
}

export class Sender {
  #base;
  #fetch;
  #wait;
  #pending = new Set();

  constructor({baseUrl, fetch, wait}) {
    this.#base = String(baseUrl).replace(/\/+$/, '');
    this.#fetch = fetch ?? ((...parameters) => globalThis.fetch(...parameters));
    this.#wait = wait ?? ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)));
  }

  /** Resolves to the answer's body. Rejects with a MabError. */
  post(path, body) {
    const sent = this.#post(path, JSON.stringify(body));
    const settled = sent.then(() => {}, () => {});
    this.#pending.add(settled);
    settled.then(() => this.#pending.delete(settled));
    return sent;
  }

  /** Resolves when nothing is under way. */
  async settle() {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  async #post(path, body) {
    for (let attempt = 1, wait = WAIT_MS; ; attempt++, wait *= 2) {
      const response = await this.#attempt(path, body);
      if (response?.ok) return response.json();
      const again = !response || response.status === 429 || response.status >= 500;
      if (!again || attempt === ATTEMPTS) throw await failureOf(response);
      await this.#wait(waitOf(response, wait));
    }
  }

  /** Null where there is no answer. text/plain spares browsers a preflight, and keepalive lets a call outlive its page. */
  async #attempt(path, body) {
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      return await this.#fetch(this.#base + path, {method: 'POST', body, keepalive: true, signal, headers: {'content-type': 'text/plain'}});
    } catch {
      return null;
    }
  }
}

async function failureOf(response) {
  if (!response) return new MabError('the MAB System can’t be reached', 'UNREACHABLE');
  const problem = await response.json().catch(() => ({}));
  return new MabError(problem.detail ?? `the MAB System answered ${response.status}`, problem.code ?? `HTTP_${response.status}`);
}
