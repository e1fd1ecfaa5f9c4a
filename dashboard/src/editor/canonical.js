// Comparing JSON values: the order of an object's members means nothing.

/** The value as JSON text, members sorted. undefined and null are alike. */
export function canonical(value) {
  return JSON.stringify(value ?? null, (_, member) => {
    if (member === null || typeof member !== 'object' || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

export function equal(a, b) {
  return canonical(a) === canonical(b);
}
