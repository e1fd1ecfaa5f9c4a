// Long texts side by side: what they have in common at both ends is left out, so that the difference is seen.

const CONTEXT = 30;
const LENGTH_MAX = 600;

/** The texts, shortened alike. */
export function excerpts(texts) {
  const begin = commonLength(texts, (text, index) => text[index]);
  const rest = texts.map((text) => text.slice(begin));
  const end = commonLength(rest, (text, index) => text[text.length - 1 - index]);
  return texts.map((text) => shortened(text, Math.max(0, begin - CONTEXT), Math.min(text.length, text.length - end + CONTEXT)));
}

// Over how many places `at` gives the same for all.
function commonLength(texts, at) {
  const shortest = Math.min(...texts.map(({length}) => length));
  let length = 0;
  while (length < shortest && texts.every((text) => at(text, length) === at(texts[0], length))) length++;
  return length;
}

// A few characters more or less are not worth dots.
function shortened(text, from, to) {
  const begin = from > CONTEXT ? from : 0;
  const wanted = text.length - to > CONTEXT ? to : text.length;
  const end = Math.min(wanted, begin + LENGTH_MAX);
  return `${begin > 0 ? '…' : ''}${text.slice(begin, end).toWellFormed()}${end < text.length ? '…' : ''}`;
}
