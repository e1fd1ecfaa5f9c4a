// Calls to the server. The access token lives in memory only; the refresh token is a cookie that no script can read.

/** A failure that the server explained (problem+json), or that the network caused (status 0). */
export class ApiError extends Error {
  constructor(problem) {
    super(problem.detail || problem.title || 'The request failed.');
    this.status = problem.status ?? 0;
    this.code = problem.code ?? 'UNAVAILABLE';
    /** [{field, description}] */
    this.violations = Array.isArray(problem.errors) ? problem.errors : [];
    this.requestId = problem.request_id ?? '';
  }
}

const OFFLINE = {status: 0, code: 'UNAVAILABLE', detail: 'The server can’t be reached. Check the connection, then try again.'};
const REPLACED = {status: 401, code: 'UNAUTHENTICATED', detail: 'Somebody else signed in with this browser. Load the page again.'};
const TIMEOUT_MS = 15000;

export class Api {
  #fetch;
  #locks;
  #token = null;
  #account = null;
  #onSignedOut;
  #onOtherAccount;
  #onReached;
  #isReplaced = false; // somebody else signed in with this browser
  #hint;

  /**
   * `fetch`, `locks` (navigator.locks, or null) and `hint` (as sessionHint()) come in so that tests can stand in for the
   * browser. `onSignedOut` is called when a session can't be renewed, `onOtherAccount` when the session is somebody else's by now
   * (no call is sent any more: the page is to be loaded again), `onReached` after each request with whether the server answered.
   */
  constructor({fetch, locks, onSignedOut, onOtherAccount = () => {}, onReached = () => {}, hint = sessionHint(null)}) {
    this.#hint = hint;
    this.#onReached = onReached;
    this.#onOtherAccount = onOtherAccount;
    this.#fetch = fetch;
    this.#locks = locks;
    this.#onSignedOut = onSignedOut;
  }

  get signedIn() {
    return this.#token !== null;
  }

  /** ADMIN, EDITOR or VIEWER; null while nobody is signed in. What it shows, the server still refuses whom it must. */
  get role() {
    return this.signedIn ? (this.#account?.role ?? null) : null;
  }

  /** Of the account that is signed in; empty while nobody is. */
  get accountId() {
    return this.signedIn ? (this.#account?.id ?? '') : '';
  }

  get email() {
    return this.signedIn ? (this.#account?.email ?? '') : '';
  }

  /** Throws ApiError. Renews the session once when the access token has expired. */
  async call(method, path, body) {
    if (this.#isReplaced) throw new ApiError(REPLACED);
    const token = this.#token;
    try {
      return await this.#send(method, path, body, token);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
    }
    if (!(await this.renew(token))) {
      this.#onSignedOut();
      throw new ApiError({status: 401, code: 'UNAUTHENTICATED', detail: 'The session has ended. Sign in again.'});
    }
    return this.#send(method, path, body, this.#token);
  }

  /** How the system is, as anybody may ask, whatever the answer's status. Throws ApiError where there is no answer. */
  async health() {
    const {text} = await this.#exchange('/health', {headers: {accept: 'application/json'}});
    const report = parse(text);
    if (!report?.checks) throw new ApiError(OFFLINE);
    return report;
  }

  /** Returns the account. Throws ApiError. */
  async signIn(email, password) {
    return this.#start(await this.#send('POST', '/api/auth/login', {email, password}, null));
  }

  /** Creates the first administrator and signs in. Throws ApiError. */
  async setUp(token, email, password) {
    return this.#start(await this.#send('POST', '/api/auth/setup', {token, email, password}, null));
  }

  /** Sets a password by the link of an invitation or a reset, and signs in. Throws ApiError. */
  async setPassword(token, password) {
    return this.#start(await this.#send('POST', '/api/auth/password', {token, password}, null));
  }

  /** Ends the session here and on the server. Throws ApiError where the server can't be told. */
  async signOut() {
    await this.#send('POST', '/api/auth/logout', {}, this.#token);
    this.#token = null;
    this.#hint.set(false);
  }

  /**
   * Trades the cookie for a new access token: true where that worked. A refresh token works once, so tabs take turns, and one
   * that waited while another renewal of this tab replaced `stale` has nothing left to do. Throws ApiError when the server can't
   * be reached.
   */
  async renew(stale = this.#token) {
    const renewOnce = async () => {
      if (this.#token !== stale && this.#token !== null) return true;
      let session;
      try {
        session = await this.#send('POST', '/api/auth/refresh', {}, null);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status === 0 || error.status >= 500 || error.status === 429) throw error;
        this.#token = null;
        this.#hint.set(false);
        return false;
      }
      if (this.#isReplaced || (this.#account && session.account.id !== this.#account.id)) this.#replaced();
      this.#start(session);
      return true;
    };
    return this.#locks ? this.#locks.request('mab-session', renewOnce) : renewOnce();
  }

  /** False where renew() could only fail: nobody signed in with this browser, or he signed out. */
  get mayRenew() {
    return this.#hint.get();
  }

  // Another tab signed in as somebody else. What was asked for here, it must not do in his name.
  #replaced() {
    if (!this.#isReplaced) this.#onOtherAccount();
    this.#isReplaced = true;
    throw new ApiError(REPLACED);
  }

  #start(session) {
    this.#hint.set(true);
    this.#token = session.access_token;
    this.#account = session.account;
    return session.account;
  }

  async #send(method, path, body, token) {
    const headers = {accept: 'application/json'};
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (token) headers.authorization = `Bearer ${token}`;
    const {response, text} = await this.#exchange(path, {method, headers, body: body === undefined ? undefined : JSON.stringify(body)});
    const answer = parse(text);
    if (!response.ok) throw new ApiError(answer ?? {status: response.status, title: response.statusText});
    return answer;
  }

  async #exchange(path, request) {
    try {
      const response = await this.#fetch(path, {...request, signal: AbortSignal.timeout(TIMEOUT_MS)});
      const text = await response.text();
      this.#onReached(true);
      return {response, text};
    } catch {
      this.#onReached(false);
      throw new ApiError(OFFLINE);
    }
  }
}

/**
 * Whether this browser may have a session, kept in `storage` (localStorage): the cookie itself can't be seen, and a page that
 * nobody signed in to need not ask. Where there is no storage it may.
 */
export function sessionHint(storage) {
  const name = 'mab.session';
  return {
    get: () => storage === null || storage.getItem(name) !== null,
    set: (signedIn) => {
      try {
        if (signedIn) storage?.setItem(name, '1');
        else storage?.removeItem(name);
      } catch {
        // It is full or forbidden: the next page asks to sign in.
      }
    },
  };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
