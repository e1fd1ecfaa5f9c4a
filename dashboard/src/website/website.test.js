import assert from 'node:assert/strict';
import {test} from 'node:test';
import {gtmTemplate} from './gtm_template.js';
import {findings} from './findings.js';
import {websiteSnippets} from './snippets.js';

const ORIGIN = 'https://ab.example';
const RELEASE = {file: 'mab-script-0123.js', integrity: 'sha384-abc', snippet: '(()=>{})();'};

test('every snippet is of this system, and none is missing something', () => {
  for (const {label, text, code} of websiteSnippets(ORIGIN, RELEASE)) {
    assert.doesNotMatch(label + text + code, /undefined|null/);
    if (code.includes('src=')) assert.match(code, /https:\/\/ab\.example\/static\/frontend\/gtm\/mab-script[-\w]*\.js/);
  }
  assert.equal(websiteSnippets(ORIGIN, RELEASE).length, 6);
  assert.equal(websiteSnippets(ORIGIN, null).length, 4, 'what is loaded now may not be known');
});

test('the template for Google Tag Manager has its sections, and may load one file', () => {
  const parts = gtmTemplate(ORIGIN).split(/^___([A-Z_]+)___$/m).slice(1);
  const sections = Object.fromEntries(parts.flatMap((part, index) => (index % 2 === 0 ? [[part, parts[index + 1].trim()]] : [])));
  assert.deepEqual(Object.keys(sections), ['TERMS_OF_SERVICE', 'INFO', 'TEMPLATE_PARAMETERS', 'SANDBOXED_JS_FOR_WEB_TEMPLATE', 'WEB_PERMISSIONS', 'TESTS', 'NOTES']);
  assert.equal(JSON.parse(sections.INFO).type, 'TAG');
  const names = JSON.parse(sections.TEMPLATE_PARAMETERS).map(({name}) => name);
  for (const [, name] of sections.SANDBOXED_JS_FOR_WEB_TEMPLATE.matchAll(/data\.(\w+)/g)) {
    assert.ok(names.includes(name) || ['gtmOnSuccess', 'gtmOnFailure'].includes(name), name);
  }
  const [load, globals] = JSON.parse(sections.WEB_PERMISSIONS);
  assert.deepEqual(load.instance.param[0].value.listItem, [{type: 1, string: `${ORIGIN}/static/frontend/gtm/mab-script.js`}]);
  assert.equal(globals.instance.key.publicId, 'access_globals');
});

// The template's code, run with stand-ins for what Tag Manager gives it.
test('the template’s code sets the options and loads the script', () => {
  const code = gtmTemplate(ORIGIN).match(/___SANDBOXED_JS_FOR_WEB_TEMPLATE___\n\n([^]*?)\n\n\n___/)[1];
  const calls = [];
  const give = {copyFromWindow: () => ({goals: {'/thanks': 'hero-title'}}), makeNumber: Number, setInWindow: (...call) => calls.push(call), injectScript: (...call) => calls.push(call)};
  const data = {timeout: '800', consent: 'gcm', spa: true, gtmOnSuccess: 'done', gtmOnFailure: 'failed'};
  new Function('require', 'data', code)((name) => give[name], data);
  assert.deepEqual(calls, [
    ['mabConfig', {goals: {'/thanks': 'hero-title'}, timeout: 800, consent: 'gcm', spa: true}, true],
    [`${ORIGIN}/static/frontend/gtm/mab-script.js`, 'done', 'failed', 'mab'],
  ]);
});

const report = {url: 'https://shop.example/', status: 200, scripts: [], tag_managers: [], experiments: [], hindrances: [], truncated: false};
const told = (more, states = {}) => findings({...report, ...more}, states, ORIGIN).map(({status, text}) => `${status}: ${text}`).join('\n');

test('what is found is said, and what is to be done', () => {
  assert.match(told({}), /bad: The page does not load the script/);
  assert.match(told({tag_managers: ['GTM-AB12']}), /unsure: .*GTM-AB12.*may load it/);
  assert.match(told({scripts: [`${ORIGIN}/static/frontend/gtm/mab-script.js`]}), /good: The page loads the script/);
  assert.match(told({scripts: ['https://old.example/static/frontend/gtm/mab-script.js']}), /unsure: .*old\.example/);
  assert.match(told({scripts: ['a', 'b']}), /unsure: .*twice/);
  assert.match(told({status: 404}), /bad: .*404/);
  assert.match(told({hindrances: ['Add x.']}), /bad: Add x\./);
  assert.match(told({truncated: true}), /unsure: .*2 MiB/);
});

test('each key is said to be what it is', () => {
  const text = told({experiments: [{key: 'runs', elements: 2, goals: 1}, {key: 'waits', elements: 1, goals: 0}, {key: 'typo', elements: 1, goals: 0}, {key: 'later', elements: 0, goals: 1}]},
    {runs: 'RUNNING', waits: 'DRAFT', typo: null});
  assert.match(text, /good: .*“runs”.*2 elements.*1 goal/);
  assert.match(text, /unsure: .*“waits”.*draft/);
  assert.match(text, /bad: .*“typo”.*no experiment/);
  assert.match(text, /good: .*“later”/, 'what could not be asked is not doubted');
});
