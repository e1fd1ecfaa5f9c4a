// The calls of one experiment, as code to paste.

/** The ways to use an experiment: [{label, text, code}]. origin: of this system, as pages reach it. Another way is another entry. */
export function snippets(experiment, origin) {
  const {key} = experiment;
  return [
    {
      label: 'Script tag',
      text: 'On a page that has the script (see Website): mark what changes, and what counts as a conversion.',
      code: `<h1 data-test="${key}">What visitors see today</h1>

<a href="/buy" data-test-goal="${key}">Buy</a>`,
    },
    {
      label: 'JavaScript',
      text: 'On a page. As text/plain, a browser asks no permission first; where the system can’t be reached, the page stays as it is.',
      code: `const mab = '${origin}/api/experiments/${key}';
const visitor = (localStorage.visitor ??= Math.random().toString(36).slice(2) + Date.now().toString(36));
const call = (verb) => fetch(\`\${mab}/\${verb}\`, {
  method: 'POST',
  headers: {'content-type': 'text/plain'},
  body: JSON.stringify({user_id: visitor}),
  keepalive: true,
});

// Which variant does this visitor see?
call('assign').then((answer) => answer.json()).then(({variant}) => {
  ${showVariant(experiment)}
}).catch(() => {});

// When the visitor does what you hope for:
// call('convert');`,
    },
    {
      label: 'curl',
      text: 'From a server or a terminal. The same user_id has the same variant for ever.',
      code: `curl -s ${origin}/api/experiments/${key}/assign --json '{"user_id": "visitor-42"}'

curl -s ${origin}/api/experiments/${key}/convert --json '{"user_id": "visitor-42"}'`,
    },
    {
      label: 'gRPC',
      text: 'From a service, with an API key of scope ASSIGN in MAB_API_KEY and the assignment service’s address in MAB_ASSIGNMENT (on one machine the port of this page plus ten).',
      code: `grpcurl -plaintext -expand-headers -H 'authorization: Bearer \${MAB_API_KEY}' \\
  -d '{"experiment": "${key}", "user_id": "visitor-42"}' \\
  "$MAB_ASSIGNMENT" mab.v1.AssignmentService/Assign

grpcurl -plaintext -expand-headers -H 'authorization: Bearer \${MAB_API_KEY}' \\
  -d '{"experiment": "${key}", "user_id": "visitor-42"}' \\
  "$MAB_ASSIGNMENT" mab.v1.AssignmentService/Convert`,
    },
  ];
}

// A line that shows the variant: its text where it has one; what else a variant changes, only the page's own code knows.
function showVariant(experiment) {
  const name = textKey(experiment);
  if (name) return `if (variant?.payload?.${name}) document.querySelector('h1').textContent = variant.payload.${name};`;
  const other = experiment.variants.find((variant) => !variant.is_control) ?? experiment.variants[0];
  return `if (variant?.key === '${other.key}') console.log('show variant ${other.key}'); // put here what it changes`;
}

// What the script does with these is more than setting a text (docs/PAYLOADS.md).
const NO_TEXT = ['html', 'attributes', 'hide', 'redirect'];

// A text that the payloads of all variants but the control have, under a name that can stand in code.
function textKey({variants}) {
  const [first, ...rest] = variants.filter((variant) => !variant.is_control).map((variant) => variant.payload);
  const isText = (payload, name) => payload !== null && typeof payload === 'object' && typeof payload[name] === 'string';
  if (first === null || typeof first !== 'object' || Array.isArray(first)) return '';
  return Object.keys(first).find((name) => /^[a-z_]\w*$/i.test(name) && !NO_TEXT.includes(name) && isText(first, name) && rest.every((payload) => isText(payload, name))) ?? '';
}
