// What the page of the browser tests is made of: OpenFeature's web SDK, its OFREP provider, and the MAB System's part.
import {OpenFeature, ProviderEvents} from '@openfeature/web-sdk';
import {OFREPWebProvider} from '@openfeature/ofrep-web-provider';
import {withMab} from '../../sdk/openfeature/mab-provider.js';

const providers = new Map();
const events = new Map();

/** Opens a client of its own for the visitor; resolves to 'READY', or to what went wrong. */
async function open(domain, {user, mab, ...options}) {
  const provider = new OFREPWebProvider({cacheMode: 'disabled', ...options});
  providers.set(domain, mab ? withMab(provider, mab) : provider);
  const happened = [];
  events.set(domain, happened);
  const client = OpenFeature.getClient(domain);
  for (const event of Object.values(ProviderEvents)) {
    client.addHandler(event, (details) => happened.push({event, flags: details?.flagsChanged}));
  }
  try {
    await OpenFeature.setContext(domain, user ? {targetingKey: user} : {});
    await OpenFeature.setProviderAndWait(domain, provider);
    return 'READY';
  } catch (error) {
    return `${client.providerStatus}: ${error.cause?.name ?? error.name}`;
  }
}

window.openfeature = {
  open,
  evaluate: (domain, type, key, fallback) => OpenFeature.getClient(domain)[`get${type}Details`](key, fallback),
  become: (domain, user) => OpenFeature.setContext(domain, {targetingKey: user}),
  track: (domain, event, details) => OpenFeature.getClient(domain).track(event, details),
  flush: (domain) => providers.get(domain).flush(),
  close: (domain) => providers.get(domain).onClose(),
  events: (domain) => events.get(domain),
};
