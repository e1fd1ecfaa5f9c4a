// The server's violations, under the names that the form's fields have and in the units that the form speaks.

/**
 * order: the uids of the variants as they stood in the request. "variants[1].payload" becomes "variant:<uid>.payload", both parts of
 * the prior "prior", the websites "allowed_origins"; one entry a field.
 */
export function placed(violations, order) {
  const byField = new Map();
  for (const {field, description} of violations) {
    const [name, text] = place(field, description, order);
    byField.set(name, byField.has(name) ? `${byField.get(name)} ${text}` : text);
  }
  return [...byField].map(([field, description]) => ({field, description}));
}

function place(field, description, order) {
  const variant = /^variants\[(\d+)\](?:\.(\w+))?$/.exec(field);
  if (variant && order[variant[1]]) return [`variant:${order[variant[1]]}.${variant[2] ?? 'name'}`, sentence(inWords(description))];
  const origin = /^allowed_origins\[(\d+)\]$/.exec(field);
  if (origin) return ['allowed_origins', sentence(`website ${Number(origin[1]) + 1} ${inWords(description)}`)];
  if (field === 'prior.alpha') return ['prior', `Rate × visitors ${description}.`];
  if (field === 'prior.beta') return ['prior', `(100 % − rate) × visitors ${description}.`];
  return [field, sentence(WORDING[field]?.(description) ?? inWords(description))];
}

// These are shares for the server and percentages here.
const WORDING = {
  traffic_share: (text) => (text === 'must be 0 to 1' ? 'must be 0 to 100 %' : text),
  floor: (text) => text
    .replace('0 to 1 / number of variants', '0 to 100 % / number of variants')
    .replace(/at most (0?\.\d+|1)$/, (_, share) => `at most ${Number((100 * Number(share)).toPrecision(6))} %`),
  threshold_of_caring: (text) => (text === 'must be above 0 and at most 1' ? 'must be above 0 and at most 100' : text),
  conversion_window_seconds: (text) => (text === 'must be 1 to 31,536,000' ? 'must be 1 second to 365 days' : text),
};

// "variants[2]" counts from nought, people from one.
function inWords(text) {
  return text
    .replace(/^is the key of variants\[(\d+)\] too$/, (_, index) => `is the key of another variant too (number ${Number(index) + 1})`)
    .replace(/^is allowed_origins\[(\d+)\] too$/, (_, index) => `is website ${Number(index) + 1} too`);
}

function sentence(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
