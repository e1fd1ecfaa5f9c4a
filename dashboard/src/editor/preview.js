// What the script would do to an element of a page: before and after, in a frame that runs nothing and can't be clicked.
import {h, replace} from '../core/dom.js';
import {applyPayload} from './apply_payload.js';

/** [kind, label, its text] */
export const SAMPLES = [
  ['heading', 'Heading', 'Welcome to our shop'],
  ['text', 'Paragraph', 'Everything you need, delivered tomorrow.'],
  ['button', 'Button', 'Buy now'],
  ['link', 'Link', 'See all offers'],
  ['image', 'Image', 'A picture'],
];

const EMPTY = '<!doctype html><html lang="en"><head><title>Preview</title></head><body></body></html>';
const LOOK = `
  body {
    margin: 0; display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr));
    font: 16px/1.5 system-ui, sans-serif; color: #16202e; background: #fff;
  }
  section { padding: 12px 16px 16px; min-width: 0; overflow: hidden; overflow-wrap: anywhere; }
  section + section { background: #f6f8fc; }
  small.when { display: block; margin-bottom: 8px; font-size: 12px; font-weight: 600; color: #56627a; }
  h2.sample { font-size: 26px; line-height: 1.25; margin: 0; letter-spacing: -0.01em; }
  p { margin: 0; } img { max-width: 100%; border-radius: 6px; vertical-align: middle; }
  a { color: #2554d9; }
  button { font: inherit; font-weight: 600; padding: 8px 18px; border: 0; border-radius: 8px; background: #1f2937; color: #fff; }
  .gone { padding: 12px; border: 1px dashed #8a94a6; border-radius: 8px; color: #56627a; font-size: 14px; }
`;
const HEIGHT_MIN = 96;
const HEIGHT_MAX = 360;

/** {element, show(sample, payload)}. sample: {kind, text}. name: whose preview it is. payload: a JSON value. */
export function preview(name) {
  const frame = h('iframe', {class: 'ed-frame', sandbox: 'allow-same-origin', title: `Preview of ${name}`, tabindex: '-1', srcdoc: EMPTY});
  const notes = h('p', {class: 'ed-removed', hidden: true});
  let latest = null;
  let width = 0;

  // Made anew whenever the frame comes onto the page.
  frame.addEventListener('load', () => {
    const {contentDocument: target, contentWindow: view} = frame;
    const sheet = new view.CSSStyleSheet();
    sheet.replaceSync(LOOK);
    target.adoptedStyleSheets = [sheet];
    target.body.inert = true;
    if (latest) draw(...latest);
  });

  function draw(sample, payload) {
    const body = frame.contentDocument?.body;
    if (!body) return;
    const {before, after, removed} = bothSides(sample, payload);
    body.replaceChildren(before, after);
    fit();
    notes.hidden = removed.length === 0;
    replace(notes, removed.length > 0 && `Taken out: ${removed.join(', ')}.`);
  }

  function fit() {
    const body = frame.contentDocument?.body;
    if (!body) return;
    width = frame.clientWidth;
    frame.style.height = '0';
    frame.style.height = `${Math.min(HEIGHT_MAX, Math.max(HEIGHT_MIN, body.scrollHeight + 2))}px`;
  }

  new ResizeObserver(() => frame.clientWidth !== width && fit()).observe(frame);

  return {
    element: h('div', {class: 'ed-preview'}, frame, notes),
    show(sample, payload) {
      latest = [sample, payload];
      draw(sample, payload);
    },
    rename: (to) => frame.setAttribute('title', `Preview of ${to}`),
  };
}

// In a document that loads nothing; what would be loaded is drawn.
function bothSides(sample, payload) {
  const scratch = document.implementation.createHTMLDocument('');
  const section = (when, ...content) => {
    const element = scratch.createElement('section');
    const label = scratch.createElement('small');
    label.className = 'when';
    label.textContent = when;
    element.append(label, ...content);
    return element;
  };
  const changed = sampleElement(scratch, sample);
  const {effect, address, removed} = applyPayload(changed, payload);
  const after = effect === 'shown' ? changed : gone(scratch, effect === 'hidden' ? 'Not shown' : `Goes to ${address}`);
  const sides = {before: section('Today', sampleElement(scratch, sample)), after: section('This variant', after), removed};
  for (const side of [sides.before, sides.after]) drawImages(side);
  return sides;
}

function sampleElement(scratch, {kind, text}) {
  const element = scratch.createElement({heading: 'h2', text: 'p', button: 'button', link: 'a', image: 'img'}[kind]);
  element.className = 'sample';
  if (kind === 'image') element.alt = text;
  else element.textContent = text;
  if (kind === 'link') element.href = '#';
  return element;
}

function gone(scratch, text) {
  const element = scratch.createElement('div');
  element.className = 'gone';
  element.textContent = text;
  return element;
}

function drawImages(side) {
  for (const image of side.querySelectorAll('img')) {
    const source = image.getAttribute('src') ?? '';
    for (const name of ['srcset', 'sizes', 'loading']) image.removeAttribute(name);
    // Known before it is drawn, so that the frame's height is.
    if (!image.hasAttribute('width') && !image.hasAttribute('height')) [image.width, image.height] = PICTURE;
    image.setAttribute('src', pictureOf(source.split(/[?#]/)[0].split('/').at(-1) || image.alt || 'Image'));
  }
}

const PICTURE = [220, 120];

function pictureOf(label) {
  const text = label.slice(0, 28).replace(/[&<>"]/g, ' ');
  return `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" width="220" height="120">' +
    '<rect width="220" height="120" fill="#d7deec"/><path d="M0 95 60 55l40 26 50-46 70 55v30H0z" fill="#b3bfd6"/>' +
    `<text x="110" y="112" font-family="sans-serif" font-size="12" text-anchor="middle" fill="#33405a">${text}</text></svg>`)}`;
}
