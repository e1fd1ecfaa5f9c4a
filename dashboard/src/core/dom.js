// Building the page. Text only ever becomes a text node, so nothing that an experimenter types can become markup.

/** By element: its listeners by event type. Kept here so that update() can hand them on. */
const listeners = new WeakMap();

/**
 * An element: h('a', {href: '/', class: 'link', onclick: f}, 'text', child, …).
 * Attributes that are null, undefined or false are left out; a function under on… is a listener.
 */
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

const SVG_NAMESPACE = 'http://www.w3.org/2000/svg';

/** The same for SVG. */
export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG_NAMESPACE, tag), attributes, children);
}

/** Replaces all that `parent` holds. */
export function replace(parent, ...children) {
  parent.replaceChildren(...flatten(children));
}

/**
 * Makes `parent` hold what replace() would put there, and touches only what differs: the focus, selections, scroll positions,
 * values of fields and what was opened stay. Children are matched by their attribute data-key, others by position and tag.
 * What an element with the attribute data-own holds is its own affair (a chart): it stays while its data-own does.
 */
export function update(parent, ...children) {
  morphChildren(parent, flatten(children).map((child) => (child instanceof Node ? child : document.createTextNode(String(child)))));
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) listen(element, name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...flatten(children));
  return element;
}

function flatten(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

function listen(element, type, listener) {
  const own = listeners.get(element) ?? new Map();
  if (!own.has(type)) element.addEventListener(type, dispatch);
  own.set(type, listener);
  listeners.set(element, own);
}

function dispatch(event) {
  return listeners.get(this)?.get(event.type)?.call(this, event);
}

const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.getAttribute('data-key') : null);

function morphChildren(parent, wanted) {
  const byKey = new Map([...parent.childNodes].map((node) => [keyOf(node), node]).filter(([key]) => key !== null));
  let present = parent.firstChild;
  for (const fresh of wanted) {
    const key = keyOf(fresh);
    const same = key === null ? present : byKey.get(key);
    if (same && alike(same, fresh)) {
      if (same === present) present = present.nextSibling;
      else parent.insertBefore(same, present);
      morph(same, fresh);
    } else {
      parent.insertBefore(fresh, present);
    }
  }
  while (present) {
    const next = present.nextSibling;
    present.remove();
    present = next;
  }
}

function alike(present, fresh) {
  return present.nodeType === fresh.nodeType && present.nodeName === fresh.nodeName && keyOf(present) === keyOf(fresh);
}

function morph(present, fresh) {
  if (present === fresh) return;
  if (present.nodeType !== Node.ELEMENT_NODE) {
    if (present.data !== fresh.data) present.data = fresh.data;
    return;
  }
  const own = fresh.getAttribute('data-own');
  if (own !== null && own === present.getAttribute('data-own')) return;
  morphAttributes(present, fresh);
  morphListeners(present, fresh);
  morphChildren(present, [...fresh.childNodes]);
}

// What the reader did to an element is his: an opened <details> stays open.
const READERS_OWN = new Set(['open']);

function morphAttributes(present, fresh) {
  for (const {name} of [...present.attributes]) {
    if (!fresh.hasAttribute(name) && !READERS_OWN.has(name)) present.removeAttribute(name);
  }
  for (const {name, value} of fresh.attributes) {
    if (present.getAttribute(name) !== value && !READERS_OWN.has(name)) present.setAttribute(name, value);
  }
}

function morphListeners(present, fresh) {
  const wanted = listeners.get(fresh) ?? new Map();
  for (const [type, listener] of wanted) listen(present, type, listener);
  const own = listeners.get(present);
  for (const type of own ? [...own.keys()] : []) {
    if (wanted.has(type)) continue;
    own.delete(type);
    present.removeEventListener(type, dispatch);
  }
}
