// Addresses of pages.

/** Of an experiment's page. By its key, which people can read; "new" is the page that makes one, so that key goes by its id. */
export function experimentPath({id, key}) {
  return `/experiments/${key === 'new' ? id : key}`;
}
