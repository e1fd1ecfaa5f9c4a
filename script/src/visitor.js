// Who the visitor is: 128 random bits in a first-party cookie and in local storage, each of which restores the other.
import {load, save} from './store.js';
import {options} from './state.js';

export const randomId = () => crypto.getRandomValues(new Uint32Array(4)).join('-');

const readCookie = () => (document.cookie.match(`(^|; )${options.cookie}=([\\w.-]{8,128})(;|$)`) || [])[2];

/** Keeps the id, or without one forgets it. */
export const keepVisitor = (id) => {
  const {cookie, domain, days} = options;
  document.cookie = `${cookie}=${id || ''};path=/;max-age=${id ? days * 86400 : 0};domain=${domain || ''};samesite=lax` +
    (location.protocol === 'https:' ? ';secure' : '');
  save(cookie, id);
};

/** The visitor's id; none where nothing can be kept: he would be another visitor on each page. */
export const visitorId = () => {
  const read = () => readCookie() || load(options.cookie);
  keepVisitor(read() || randomId());
  return read();
};
