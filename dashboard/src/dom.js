// Building the page. Text only ever becomes a text node, so nothing that an experimenter types can become markup.

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

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...flatten(children));
  return element;
}

function flatten(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}
