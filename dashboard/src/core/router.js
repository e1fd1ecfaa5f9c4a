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
    page({...this.#context, params, signal: this.#leaving.signal, go: (path) => this.go(path), hold: (ask) => (this.#mayLeave = ask)});
    root.focus({preventScroll: true});
    scrollTo(0, 0);
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
    const answer = this.#mayLeave();
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
    if (await this.#mayLeave()) this.go(link.pathname + link.search);
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
