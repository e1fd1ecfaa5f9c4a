// Sends what visitors did to the public endpoints of the MAB System. A call that met a busy or absent server is sent again, with
// the same body: the server answers a repeat with what it recorded the first time. Whatever else is answered is final, also by
// somebody else than the server, such as a proxy that says no by a page of its own.

const ATTEMPTS = 4;
const WAIT_MS = 500; // before the second attempt, doubled for each further one
const WAIT_MAX_MS = 30000;
const TIMEOUT_MS = 10000;

/** A failure that sending again did not mend. `passing`: it may work later. */
export class MabError extends Error {
  constructor(message, code, passing = false) {
    super(message);
    this.name = 'MabError';
    this.code = code;
    this.passing = passing;
  }
}

function isPassing(status) {
  return [408, 425, 429].includes(status) || status >= 500;
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

  /** Resolves to the answer's body, an object. Rejects with a MabError. */
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
      const {response, content} = await this.#attempt(path, body);
      if (response?.ok && content) return content;
      const failure = failureOf(response, content);
      if (!failure.passing || attempt === ATTEMPTS) throw failure;
      await this.#wait(waitOf(response, wait));
    }
  }

  /** Without a response where no whole one came. text/plain spares browsers a preflight, and keepalive lets a call outlive its page. */
  async #attempt(path, body) {
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await this.#fetch(this.#base + path, {method: 'POST', body, keepalive: true, signal, headers: {'content-type': 'text/plain'}});
      return {response, content: objectOf(await response.text())};
    } catch {
      return {};
    }
  }
}

/** The JSON object that the text is; null where it is something else. */
function objectOf(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function failureOf(response, content) {
  if (!response) return new MabError('the MAB System can’t be reached', 'UNREACHABLE', true);
  if (response.ok) return new MabError('somebody else than the MAB System answered', 'NOT_JSON');
  const {status} = response;
  return new MabError(content?.detail ?? `the MAB System answered ${status}`, content?.code ?? `HTTP_${status}`, isPassing(status));
}
