// A variant's payload as a form, and back. docs/PAYLOADS.md describes the JSON; what the form can't say stays JSON.
import {equal} from './canonical.js';

/** [type, label, what visitors see] */
export const PAYLOAD_TYPES = [
  ['nothing', 'Nothing', 'The element stays as it is.'],
  ['text', 'Text', 'Another text in the element.'],
  ['html', 'HTML', 'Other content in the element. What could run code is taken out.'],
  ['attributes', 'Attributes', 'Another link, image, class or style.'],
  ['hide', 'Hide', 'The element is not shown.'],
  ['redirect', 'Redirect', 'Visitors go to another page.'],
  ['json', 'JSON', 'For your own code: any JSON value.'],
];

export const PAYLOAD_BYTES_MAX = 16 * 1024;

/** What was typed under each type is kept, whichever is chosen. attributes: rows of {kind: 'attribute' or 'style', name, value}. */
export function emptyPayload(type) {
  return {type, text: '', html: '', plain: '', attributes: [], redirect: '', json: ''};
}

/** The form of a payload (a JSON value). */
export function payloadForm(payload) {
  if (payload === null || payload === undefined) return emptyPayload('nothing');
  const form = knownForm(payload);
  if (form && equal(payloadOf(form).value, payload)) return form;
  return {...emptyPayload('json'), json: JSON.stringify(payload, null, 2)};
}

function knownForm(payload) {
  if (typeof payload !== 'object' || Array.isArray(payload)) return null;
  if (payload.hide === true) return emptyPayload('hide');
  if (typeof payload.redirect === 'string') return {...emptyPayload('redirect'), redirect: payload.redirect};
  const attributes = attributeRows(payload.attributes ?? {});
  if (typeof payload.html === 'string') return {...emptyPayload('html'), html: payload.html, plain: payload.text ?? '', attributes};
  if (typeof payload.text === 'string') return {...emptyPayload('text'), text: payload.text, attributes};
  return attributes.length > 0 ? {...emptyPayload('attributes'), attributes} : null;
}

function attributeRows(attributes) {
  if (typeof attributes !== 'object' || attributes === null) return [];
  return Object.entries(attributes).flatMap(([name, value]) => {
    if (name !== 'style' || value === null || typeof value !== 'object') return [{kind: 'attribute', name, value}];
    return Object.entries(value).map(([property, text]) => ({kind: 'style', name: property, value: text}));
  }).filter(({value}) => typeof value === 'string');
}

/** {value} of a payload's form, or {problem}: why it can't be sent. */
export function payloadOf(form) {
  switch (form.type) {
    case 'text':
      return form.text.trim() ? withAttributes(form, {text: form.text}) : {problem: 'Write the text, or choose “Nothing”.'};
    case 'html':
      return form.html.trim()
        ? withAttributes(form, {html: form.html, ...(form.plain && {text: form.plain})})
        : {problem: 'Write the HTML, or choose “Nothing”.'};
    case 'attributes':
      return form.attributes.some(isWritten) ? withAttributes(form, {}) : {problem: 'Add an attribute or a style, or choose “Nothing”.'};
    case 'hide':
      return {value: {hide: true}};
    case 'redirect':
      return isWebAddress(form.redirect) ? {value: {redirect: form.redirect.trim()}} : {problem: 'Write a whole address, such as https://shop.example/new.'};
    case 'json':
      return parsed(form.json);
    default:
      return {value: null};
  }
}

const isWritten = ({name, value}) => name.trim() !== '' || value !== '';

function withAttributes(form, value) {
  const attributes = {};
  const style = {};
  for (const row of form.attributes.filter(isWritten)) {
    const name = row.name.trim();
    const target = row.kind === 'style' ? style : attributes;
    if (!name) return {problem: `“${row.value}” needs the name of ${row.kind === 'style' ? 'a style' : 'an attribute'}.`};
    if (row.kind === 'attribute' && name.toLowerCase() === 'style') return {problem: 'Use “Add a style” in place of the attribute style.'};
    if (Object.hasOwn(target, name)) return {problem: `${name} is there twice.`};
    Object.defineProperty(target, name, {value: row.value, enumerable: true});
  }
  const all = {...attributes, ...(Object.keys(style).length > 0 && {style})};
  return {value: {...value, ...(Object.keys(all).length > 0 && {attributes: all})}};
}

// The script knows the scheme in small letters only.
const isWebAddress = (text) => /^https?:/.test(text.trim()) && URL.canParse(text.trim());

function parsed(text) {
  if (!text.trim()) return {value: null};
  try {
    return {value: JSON.parse(text)};
  } catch (error) {
    return {problem: `This is not JSON: ${error.message}`};
  }
}

/** What the payload takes of the 16 KiB, in bytes of compact JSON. */
export function payloadBytes(value) {
  return new TextEncoder().encode(JSON.stringify(value ?? null)).length;
}

/** A payload (a JSON value) in a few words, with at most so many characters of what was typed. */
export function describePayload(payload, most = SHORT) {
  if (payload === null || payload === undefined) return 'as it is';
  const form = payloadForm(payload);
  const changes = form.attributes.map(({name, value}) => `${name}: ${value}`).join(', ');
  const count = form.attributes.length === 1 ? `${form.attributes[0].name} changed` : `${form.attributes.length} attributes changed`;
  const attributes = most > SHORT ? short(changes, most) : count;
  const more = form.attributes.length > 0 ? `, ${attributes}` : '';
  switch (form.type) {
    case 'text':
      return `“${short(payload.text, most)}”${more}`;
    case 'html':
      return `HTML: ${short(payload.html, most)}${more}`;
    case 'attributes':
      return attributes;
    case 'hide':
      return 'hidden';
    case 'redirect':
      return `goes to ${short(payload.redirect, most)}`;
    default:
      return `JSON: ${short(JSON.stringify(payload), most)}`;
  }
}

const SHORT = 60;

function short(text, most) {
  const points = [...text.slice(0, 2 * most + 2)];
  return points.length > most ? `${points.slice(0, most - 1).join('')}…` : text;
}
