// Payloads that nobody would think of: elements, attributes, addresses and styles of all kinds, put together at random.

const ELEMENTS = (
  'a abbr acronym address article aside b basefont bdi bdo big blockquote br button caption center cite code col colgroup data dd del details dfn dialog dir div dl dt em ' +
  'fieldset figcaption figure font footer form h1 h6 header hgroup hr i iframe image img input ins kbd label legend li listing main map mark marquee menu meter nav nobr noembed ' +
  'noframes noscript object ol optgroup option output p picture pre progress q rp rt ruby s samp script search section select slot small source span strike strong style sub ' +
  'summary sup svg table tbody td template textarea tfoot th thead time title tr tt u ul unknown var video wbr x-own xmp math canvas audio base link meta embed').split(' ');
const ATTRIBUTES = (
  'class title lang dir role hidden target rel srcset sizes alt width height loading placeholder value disabled colspan rowspan open aria-label aria-hidden aria-x1 href src ' +
  'id name style onclick start datetime scope reversed type span data-test-goal data-x is srcdoc action formaction for HREF Class Style tabindex contenteditable').split(' ');
const VALUES = [
  '', 'x', '1', '_blank', 'window', '/a?b#c', '//x.example/y', 'https://x.example/', 'javascript:x', ' java\nscript:x', 'data:image/png;base64,AA', 'data:text/html,x', 'mailto:a@b.example', 'tel:+1',
  'ftp://x.example/', 'https://[', '/a.png 1x, javascript:x 2x', 'a"b', 'style=x onclick=y', 'color: red', 'color: red; position: fixed', 'background: red', 'background: url(x); color: blue !important',
  'margin: 0 0 -1em; padding: 1px', 'font: 12px serif', 'background: var(--x, url(y)); color: red', 'border: 1px solid', '--x: url(y); --y: 1', 'nonsense',
];
const STYLES = [
  'color', 'Color', 'background', 'margin', 'margin-top', 'width', 'opacity', 'z-index', 'position', '--x', '--_x', '--1', '--scale', 'font-weight', 'transform', 'behavior', 'content', 'content-visibility', 'nonsense',
  '0', 'cssText', 'float', 'transition', 'scroll-margin', 'border-image-width', 'bottom', '-webkit-transform', 'color; x', '',
];
const STYLE_VALUES = ['red', '0', 0, 1, 0.5, '10px', '\n-99px', '-9px', 'calc(1px + 1px)', 'url(x)', 'none', '', null, true, false, ['red'], {red: 1}, 'bold', 'red !important', 'var(--x)', 'inherit', 'u\\72l(x)'];
const TEXTS = ['x', ' ', '1 < 2', '&amp; &lt;b>', '<!-- c -->', '\n', 'ü😀', '</p>', '</b>', '<', '<a"b c>', 'style onclick=x', '</table>', '<br/>'];
const MARKED = [
  '<p class="own">Old</p>', '<h1>Old <i>and</i> new</h1>', '<a href="/own" title="own">Old</a>', '<button disabled>Old</button>', '<img src="/own.png" alt="Old">', '<div></div>', '<ul><li>Old</li></ul>',
  '<input value="Old">', '<section style="color: green; margin-top: 1px">Old</section>', '<iframe></iframe>', '<object></object>', '<template></template>', '<noscript></noscript>', '<form><input></form>',
];

// Mulberry32.
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6D2B79F5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** [element's HTML, payload], so many; the same for the same seed. */
export function generated(seed, count) {
  const random = randomOf(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const some = (most, make) => Array.from({length: Math.floor(random() * (most + 1))}, make);

  const attribute = () => ` ${pick(ATTRIBUTES)}=${random() < 0.9 ? `"${pick(VALUES).replaceAll('"', '&quot;')}"` : pick(['x', "'y'"])}`;
  function html(depth) {
    return some(4, () => {
      if (depth === 0 || random() < 0.3) return pick(TEXTS);
      const name = pick(ELEMENTS);
      return `<${name}${some(3, attribute).join('')}>${html(depth - 1)}${random() < 0.9 ? `</${name}>` : ''}`;
    }).join('');
  }

  const value = () => pick([...VALUES, 0, 7, true, false, null, ['x'], {x: 1}]);
  const style = () => Object.fromEntries(some(4, () => [pick(STYLES), pick(STYLE_VALUES)]));
  const attributes = () => Object.fromEntries(some(5, () => (random() < 0.25 ? ['style', random() < 0.8 ? style() : value()] : [pick(ATTRIBUTES), value()])));
  const other = () => pick([null, 7, true, 'text', ['x'], {}, {discount: 1}]);
  const payload = () => {
    if (random() < 0.05) return other();
    const parts = {};
    if (random() < 0.6) parts.html = random() < 0.95 ? html(4) : other();
    if (random() < 0.3) parts.text = random() < 0.9 ? pick(TEXTS) : other();
    if (random() < 0.5) parts.attributes = random() < 0.95 ? attributes() : other();
    if (random() < 0.05) parts.hide = random() < 0.5 || other();
    if (random() < 0.05) parts.redirect = pick(['/relative', 'javascript:x', '', 5, ' https://x.example/', 'HTTPS://x.example/', 'https://[']);
    return parts;
  };
  return Array.from({length: count}, () => [pick(MARKED), payload()]);
}
