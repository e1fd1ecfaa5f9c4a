// The dashboard: signs in, picks the page for the address, and draws the header.
import {Api} from './api.js';
import {h, replace} from './dom.js';
import {errorNotice} from './notice.js';
import {accountsPage} from './pages/accounts.js';
import {auditPage} from './pages/audit.js';
import {createPage} from './pages/create.js';
import {experimentPage} from './pages/experiment.js';
import {experimentsPage} from './pages/experiments.js';
import {keysPage} from './pages/keys.js';
import {notFoundPage} from './pages/not_found.js';
import {passwordPage} from './pages/password.js';
import {signInPage} from './pages/sign_in.js';
import {Router} from './router.js';

const root = document.getElementById('content');
const header = document.getElementById('header');
const announcements = document.getElementById('announcements');

const api = new Api({
  fetch: (...request) => fetch(...request),
  locks: navigator.locks ?? null,
  onSignedOut: () => leave(),
});

const router = new Router(
  [
    ['/', experimentsPage],
    ['/login', signInPage],
    ['/accounts', accountsPage],
    ['/audit', auditPage],
    ['/keys', keysPage],
    ['/password', passwordPage],
    ['/experiments/new', createPage],
    ['/experiments/:id', experimentPage],
    ['/:unknown', notFoundPage],
  ],
  {api, root, announce: (text) => (announcements.textContent = text), onSignedIn: drawHeader, returnPath},
);

// Where to go after signing in: the page that was asked for.
function returnPath() {
  const next = new URLSearchParams(location.search).get('next') ?? '/';
  return next.startsWith('/') && !next.startsWith('//') && !next.startsWith('/\\') ? next : '/';
}

function leave() {
  drawHeader();
  if (location.pathname === '/login') return router.show();
  const here = location.pathname + location.search;
  router.go(here === '/' ? '/login' : `/login?next=${encodeURIComponent(here)}`);
}

function drawHeader() {
  replace(
    header,
    h('div', {class: 'bar'},
      h('a', {class: 'brand', href: '/'}, 'MAB'),
      api.signedIn && h('nav', {class: 'nav', 'aria-label': 'Main'},
        h('a', {href: '/'}, 'Experiments'),
        api.role === 'ADMIN' && [h('a', {href: '/accounts'}, 'Accounts'), h('a', {href: '/keys'}, 'API keys'), h('a', {href: '/audit'}, 'Audit')],
        h('a', {href: '/docs', 'data-external': true}, 'API'),
        h('a', {href: '/password'}, 'Your password'),
        h('button', {class: 'link', type: 'button', onclick: signOut}, 'Sign out'))),
  );
}

async function signOut() {
  try {
    await api.signOut();
    leave();
  } catch (error) {
    announcements.textContent = error.message;
    root.prepend(errorNotice(error));
  }
}

// Links carry their token behind the '#', so that no address on any server's log has it.
const settingUp = location.pathname === '/login' && /^#(setup|password)=/.test(location.hash);

async function begin() {
  try {
    const signedIn = !settingUp && (await api.renew());
    drawHeader();
    if (!signedIn && location.pathname !== '/login') {
      const here = location.pathname + location.search;
      history.replaceState(null, '', here === '/' ? '/login' : `/login?next=${encodeURIComponent(here)}`);
    } else if (signedIn && location.pathname === '/login') {
      history.replaceState(null, '', returnPath());
    }
    router.start();
  } catch (error) {
    replace(root, errorNotice(error, () => begin()));
  }
}

begin();
