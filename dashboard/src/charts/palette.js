// The colours of the page as a canvas needs them: computed, for the theme that is on.

const NAMES = ['text', 'faint', 'line', 'card', 'edge', 'variant-control', ...Array.from({length: 9}, (_, index) => `variant-${index + 1}`)];

/** {text: 'rgb(…)', …, variant: (name) => 'rgb(…)'}; name as colourNames() gives it. */
export function readPalette() {
  const probe = document.createElement('span');
  document.body.append(probe);
  const palette = {};
  for (const name of NAMES) {
    probe.style.color = `var(--${name})`;
    palette[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  palette.variant = (name) => palette[`variant-${name}`];
  return palette;
}

/** "rgb(1, 2, 3)" with an opacity. */
export function faded(colour, opacity) {
  const parts = colour.match(/[\d.]+/g) ?? [0, 0, 0];
  return `rgb(${parts.slice(0, 3).join(' ')} / ${opacity})`;
}

/** Calls changed() whenever the theme does, until `signal` is aborted. */
export function watchTheme(changed, signal) {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed, {signal});
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, {attributes: true, attributeFilter: ['data-theme']});
  signal.addEventListener('abort', () => observer.disconnect());
}
