// What an address of the sign-in page asks for.

/**
 * The token of a setup link or of an invitation's or a reset's: {kind: 'setup' or 'password', token}, or null. It stands behind the
 * '#', so that no address on any server's log has it.
 */
export function linkOf(hash) {
  const [, kind, token] = /^#(setup|password)=(.+)$/.exec(hash) ?? [];
  if (!kind) return null;
  try {
    return {kind, token: decodeURIComponent(token)};
  } catch {
    return null;
  }
}

const DOCUMENT = /^\/docs(\/|$)/;

/**
 * Where to go after signing in: {path, isPage}, of this site alone, by the query's `next`. isPage: it is one of the dashboard's, of
 * which hasPage(path) knows, not the API documents.
 */
export function nextOf(search, origin, hasPage) {
  const home = {path: '/', isPage: true};
  let url;
  try {
    url = new URL(new URLSearchParams(search).get('next') ?? '/', origin);
  } catch {
    return home;
  }
  const isPage = url.pathname !== '/login' && hasPage(url.pathname);
  if (url.origin !== origin || !(isPage || DOCUMENT.test(url.pathname))) return home;
  return {path: url.pathname + url.search, isPage};
}
