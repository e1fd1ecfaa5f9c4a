// A template for Google Tag Manager (Templates, New, Import), made for this system: a template may load scripts only from the
// addresses that it names.

const text = (string) => ({type: 1, string});
const list = (...listItem) => ({type: 2, listItem});
const flag = (boolean) => ({type: 8, boolean});

const permission = (publicId, key, value) => ({
  instance: {key: {publicId, versionId: '1'}, param: [{key, value}]},
  clientAnnotations: {isEditedByUser: true},
  isRequired: true,
});

const INFO = {
  type: 'TAG',
  id: 'cvt_temp_public_id',
  version: 1,
  securityGroups: [],
  displayName: 'MAB experiments',
  categories: ['EXPERIMENTATION', 'PERSONALIZATION'],
  brand: {id: 'brand_dummy', displayName: ''},
  description: 'Shows each visitor the variants of the experiments on the page, and learns which of them convert.',
  containerContexts: ['WEB'],
};

const PARAMETERS = [
  {
    type: 'TEXT', name: 'timeout', displayName: 'Longest wait for variants, in milliseconds', simpleValueType: true, defaultValue: 1000,
    valueValidators: [{type: 'NON_NEGATIVE_NUMBER'}],
    help: 'Marked elements are hidden until then at most. After it visitors see the page as it is, and are not counted.',
  },
  {
    type: 'SELECT', name: 'consent', displayName: 'Consent', simpleValueType: true, defaultValue: 'gcm', macrosInSelect: false,
    selectItems: [
      {value: 'gcm', displayValue: 'Google consent mode: analytics_storage'},
      {value: 'required', displayValue: 'None until the page calls mab.consent(true)'},
      {value: 'off', displayValue: 'Not needed'},
    ],
  },
  {type: 'CHECKBOX', name: 'spa', checkboxText: 'The website changes pages without loading them', simpleValueType: true, defaultValue: true},
];

const code = (address) => `const copyFromWindow = require('copyFromWindow');
const injectScript = require('injectScript');
const makeNumber = require('makeNumber');
const setInWindow = require('setInWindow');

// What the page itself says stands beside what the tag says: goals, events, attribute, domain.
const config = copyFromWindow('mabConfig') || {};
config.timeout = makeNumber(data.timeout);
config.consent = data.consent;
config.spa = data.spa;
setInWindow('mabConfig', config, true);
injectScript(${JSON.stringify(address)}, data.gtmOnSuccess, data.gtmOnFailure, 'mab');`;

/** The file's content. origin: of this system, as pages reach it. */
export function gtmTemplate(origin) {
  const address = `${origin}/static/frontend/gtm/mab-script.js`;
  const config = {
    type: 3,
    mapKey: ['key', 'read', 'write', 'execute'].map(text),
    mapValue: [text('mabConfig'), flag(true), flag(true), flag(false)],
  };
  const permissions = [permission('inject_script', 'urls', list(text(address))), permission('access_globals', 'keys', list(config))];
  const sections = [
    ['TERMS_OF_SERVICE', 'By creating or modifying this file you agree to Google Tag Manager\'s Community\nTemplate Gallery Developer Terms of Service.'],
    ['INFO', json(INFO)],
    ['TEMPLATE_PARAMETERS', json(PARAMETERS)],
    ['SANDBOXED_JS_FOR_WEB_TEMPLATE', code(address)],
    ['WEB_PERMISSIONS', json(permissions)],
    ['TESTS', 'scenarios: []'],
    ['NOTES', ''],
  ];
  return sections.map(([name, content]) => `___${name}___\n\n${content}\n`).join('\n\n');
}

function json(value) {
  return JSON.stringify(value, null, 2);
}
