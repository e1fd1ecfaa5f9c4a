// Bringing experiments to a website: what to paste, and whether it is there.
import {h, replace, update} from '../core/dom.js';
import {field} from '../ui/form.js';
import {snippetTabs} from '../ui/snippet_tabs.js';
import {onSubmit} from '../ui/submit.js';
import {findings} from '../website/findings.js';
import {gtmTemplate} from '../website/gtm_template.js';
import {websiteSnippets} from '../website/snippets.js';

const MARKS = {good: ['✓', 'Fine'], unsure: ['?', 'Worth a look'], bad: ['✕', 'To be mended']};
const KEYS_ASKED = 20;

export function websitePage(context) {
  const {api, root, signal, announce} = context;
  document.title = 'Website · MAB';
  const snippets = h('div', null, h('p', {class: 'faint loading'}, 'Loading …'));
  root.append(
    h('h1', null, 'Website'),
    h('p', null, 'One script for all experiments of a website. It weighs less than 5 KB, asks once for everything on the page, and counts who has seen something.'),
    h('section', {class: 'card', 'aria-label': 'What to paste'}, h('h2', null, 'What to paste'), snippets, templateButton()),
    api.role !== 'VIEWER' && checkCard(context));
  currentRelease(api).then((release) => {
    if (!signal.aborted) replace(snippets, snippetTabs('What to paste', websiteSnippets(location.origin, release), announce));
  });
}

// What mab-script.json says is loaded now; null where it can't be read.
async function currentRelease(api) {
  try {
    return await api.call('GET', '/static/frontend/gtm/mab-script.json');
  } catch {
    return null;
  }
}

function templateButton() {
  const download = () => {
    const address = URL.createObjectURL(new Blob([gtmTemplate(location.origin)], {type: 'text/plain'}));
    const link = h('a', {href: address, download: 'mab-experiments.tpl'});
    link.click();
    URL.revokeObjectURL(address);
  };
  return h('p', {class: 'faint'}, 'For Google Tag Manager there is a template too: Templates, New, Import. ',
    h('button', {class: 'button', type: 'button', onclick: download}, 'Download the template'));
}

function checkCard({api, signal, announce}) {
  const address = field({
    label: 'Address of a page', path: 'url',
    hint: 'The page is read as its server delivers it: what a tag manager or a framework adds later can’t be seen.',
    control: h('input', {type: 'url', maxlength: 2048, placeholder: 'https://shop.example/', autocomplete: 'url'}),
  });
  const problem = h('div');
  const result = h('div');
  const button = h('button', {class: 'button button-primary', type: 'submit'}, 'Look');

  async function send() {
    replace(result);
    const report = await api.call('POST', '/api/websites:check', {url: address.control.value.trim()});
    const states = await statesOf(api, report.experiments.slice(0, KEYS_ASKED));
    if (signal.aborted) return;
    update(result,
      h('p', null, 'Seen at ', h('code', null, report.url), ':'),
      h('ul', {class: 'findings'}, findings(report, states, location.origin).map(finding)));
    announce('The page was looked at');
  }

  return h('section', {class: 'card', 'aria-labelledby': 'check-title'},
    h('h2', {id: 'check-title'}, 'Is it there?'),
    problem,
    h('form', {novalidate: true, onsubmit: onSubmit({fields: [address], problem, button, send})},
      address.element,
      h('div', {class: 'actions'}, button)),
    result);
}

function finding({status, text}) {
  const [sign, word] = MARKS[status];
  return h('li', {class: `finding finding-${status}`}, h('span', {class: 'finding-sign', 'aria-hidden': 'true'}, sign), h('span', {class: 'sr-only'}, `${word}: `), text);
}

// By key; null: there is none; left out: it can't be told.
async function statesOf(api, experiments) {
  const states = {};
  await Promise.all(experiments.map(async ({key}) => {
    try {
      states[key] = (await api.call('GET', `/api/experiments/${key}`)).state;
    } catch (error) {
      if (error.status === 404) states[key] = null;
    }
  }));
  return states;
}
