// What to paste into a website, ready for this system.

const SCRIPT = '/static/frontend/gtm/mab-script.js';

/** [{label, text, code}]. origin: of this system, as pages reach it. release: of mab-script.json, what is loaded now; null: not known. */
export function websiteSnippets(origin, release) {
  return [
    {
      label: 'Script tag',
      text: 'First in the page’s head. The page waits for the script, so that nothing flashes, and marked elements for their variants, for a second at most.',
      code: `<script src="${origin}${SCRIPT}"></script>`,
    },
    {
      label: 'Marks',
      text: 'What an experiment changes, and what counts as a conversion: its key, as it stands in the list of experiments.',
      code: `<!-- the text, HTML or attributes come from the variant -->
<h1 data-test="hero-title">What visitors see today</h1>

<!-- a click, or a form that is sent -->
<a href="/buy" data-test-goal="hero-title">Buy</a>

<script>
  // or from code, once for each order
  mab.convert('hero-title', {eventId: 'order-981', value: 49.9});
</script>`,
    },
    ...(release ? [noFlicker(origin, release), fixedVersion(origin, release)] : []),
    {
      label: 'Tag Manager',
      text: 'As a tag of the type Custom HTML, on Initialization; or by the template below, which needs no HTML. A tag manager loads later than the page: what is above the fold may flash, so prefer the script tag there.',
      code: `<script>
  window.mabConfig = {timeout: 1000, consent: 'gcm'};
</script>
<script async src="${origin}${SCRIPT}"></script>`,
    },
    {
      label: 'Policy',
      text: 'Where the website has a Content-Security-Policy, add to it:',
      code: `script-src ${origin}; connect-src ${origin}`,
    },
  ];
}

function noFlicker(origin, {snippet}) {
  return {
    label: 'No flicker',
    text: 'Where the script comes late: this line hides marked elements from the first paint on, for a second at most. Before anything else in the head.',
    code: `<script>${snippet}</script>
<script async src="${origin}${SCRIPT}"></script>`,
  };
}

function fixedVersion(origin, {file, integrity}) {
  return {
    label: 'Fixed version',
    text: 'The browser checks that the file is the one that you know. It does not change when this system is updated: take the new line then.',
    code: `<script crossorigin="anonymous"
  src="${origin}/static/frontend/gtm/${file}"
  integrity="${integrity}"></script>`,
  };
}
