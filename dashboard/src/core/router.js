// Addresses of pages, without a reload. A page is a function (context) => void that fills `context.root`; what it must stop when
// it is left, it hangs on `context.signal`. A page that has something to lose gives context.hold a function that is asked before a link
// or the browser's history leads away: true, or a promise of whether to go.

/** context.onShow is called before each page. routes: [[pattern, page]], where ":name" in a pattern matches one segment and becomes context.params.name. */
export class Router {
  #routes;
  #context;
  #leaving = new AbortController();
  #mayLeave = () => true;
  #shown = '';
  #isAsking = false;

  constructor(routes, context) {
    this.#routes = routes.map(([pattern, page]) => [pattern.split('/'), page]);
    this.#context = context;
  }

  start() {
    addEventListener('popstate', () => this.#step());
    document.addEventListener('click', (event) => this.#followLink(event));
    this.show();
  }

  go(path) {
    history.pushState(null, '', path);
    this.show();
  }

  /** Shows the page of the current address. */
  show() {
    this.#leaving.abort();
    this.#leaving = new AbortController();
    this.#mayLeave = () => true;
    this.#shown = location.pathname + location.search;
    const {page, params} = this.#find(location.pathname);
    const {root, onShow} = this.#context;
    onShow();
    root.replaceChildren();
    root.focus({preventScroll: true}); // before the page, which may know a better place
    page({...this.#context, params, signal: this.#leaving.signal, go: (path) => this.go(path), hold: (ask) => (this.#mayLeave = ask)});
    scrollTo(0, 0);
  }

  /** Whether it is the address of a page: of any route but the last, which has what is none. */
  has(path) {
    return this.#routes.slice(0, -1).some(([pattern]) => match(pattern, path.split('/')));
  }

  #find(path) {
    const parts = path.split('/');
    for (const [pattern, page] of this.#routes) {
      const params = match(pattern, parts);
      if (params) return {page, params};
    }
    return {page: this.#routes.at(-1)[1], params: {}};
  }

  // The browser's history went a step; one within the page is nothing new.
  async #step() {
    if (location.pathname + location.search === this.#shown) return;
    const answer = this.#ask();
    if (answer === true) {
      this.show();
      return;
    }
    // The address of what is still shown, while that is asked.
    history.pushState(null, '', this.#shown);
    if (!(await answer)) return;
    this.#mayLeave = () => true;
    history.back();
  }

  async #followLink(event) {
    const link = event.target.closest?.('a[href]');
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || event.defaultPrevented || link.target || link.origin !== location.origin) return;
    if (link.hash || link.hasAttribute('data-external')) return;
    event.preventDefault();
    if (await this.#ask()) this.go(link.pathname + link.search);
  }

  // True, or a promise of whether to go. While one question stands there is no other: the answer is no.
  #ask() {
    if (this.#isAsking) return false;
    const answer = this.#mayLeave();
    if (answer === true) return true;
    this.#isAsking = true;
    return Promise.resolve(answer).finally(() => (this.#isAsking = false));
  }
}

function match(pattern, parts) {
  if (pattern.length !== parts.length) return null;
  const params = {};
  for (const [index, part] of pattern.entries()) {
    if (part.startsWith(':')) params[part.slice(1)] = decoded(parts[index]);
    else if (part !== parts[index]) return null;
  }
  return params;
}

// What is no percent-encoding stands for itself.
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
