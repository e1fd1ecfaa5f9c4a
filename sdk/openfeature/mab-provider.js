// The MAB System's part of OpenFeature that its remote evaluation protocol does not have: conversions by the tracking API, and
// exposures of flags that came by a bulk evaluation. It adds both to any OFREP provider, of servers and of browsers:
//
//   import {withMab} from './mab-provider.js';
//   const provider = withMab(new OFREPProvider({baseUrl, headers}), {baseUrl});
//   client.track('hero-title', {targetingKey: 'visitor-42'}, {value: 49.9, eventId: 'order-981'});
//
// No dependencies.
import {Exposures} from './exposures.js';
import {MabError, Sender} from './sender.js';

export {MabError};

const EVENT_ID_BYTES_MAX = 128;

/**
 * Adds track(), flush() and a hook to the provider, and returns it.
 *
 * @param provider an OFREP provider of OpenFeature
 * @param options
 *   baseUrl: where the MAB System is
 *   events: experiments by event, {'order placed': ['hero-title', 'cta']}; without it an event's name is an experiment's key
 *   expose: false: an evaluation exposes nobody
 *   onError: learns of each MabError that was not mended by sending again
 *   fetch, wait: for tests
 */
export function withMab(provider, options) {
  new URL(options.baseUrl); // throws where it is none
  const failed = (message, code, passing) => {
    try {
      options.onError?.(new MabError(message, code, passing));
    } catch (error) { // what goes wrong there loses no exposure and no conversion
      console.error(error);
    }
  };
  const sender = new Sender(options);
  const exposures = new Exposures(sender, failed);

  provider.track = (eventName, context, details) => {
    const experiments = experimentsOf(eventName, options.events);
    if (experiments.length === 0) return;
    const user = context?.targetingKey;
    if (!user) return failed('an event without a targetingKey is nobody’s', 'TARGETING_KEY_MISSING');
    const body = conversionOf(user, details);
    for (const experiment of experiments) convert(sender, exposures, failed, experiment, body);
  };
  provider.flush = async () => {
    exposures.send();
    await exposures.settle(); // conversions that wait for them go out now
    await sender.settle();
  };
  const close = provider.onClose?.bind(provider);
  provider.onClose = async () => {
    await provider.flush();
    await close?.();
  };
  if (options.expose !== false) provider.hooks = [...(provider.hooks ?? []), exposing(exposures)];
  return provider;
}

function experimentsOf(eventName, events) {
  if (!events) return [eventName];
  return Object.hasOwn(events, eventName) ? [events[eventName]].flat() : [];
}

// crypto.randomUUID is for secure contexts alone.
function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The event's id is the same however often it is sent. */
function conversionOf(user, details) {
  const id = details?.eventId ?? randomId();
  return {
    user_id: user,
    event_id: new TextEncoder().encode(String(id)).length <= EVENT_ID_BYTES_MAX ? String(id) : undefined,
    ...(Number.isFinite(details?.value) && {value: details.value}),
  };
}

/** After the user's exposures: a conversion that comes before them is credited to nothing. */
function convert(sender, exposures, failed, experiment, body) {
  const path = `/api/experiments/${encodeURIComponent(experiment)}/convert`;
  const send = () => sender.post(path, body).catch((error) => failed(`a conversion of ${experiment}: ${error.message}`, error.code, error.passing));
  const before = exposures.ofUser(body.user_id);
  if (before) before.then(send);
  else send();
}

/** A hook that exposes who was given a flag. A flag that was evaluated singly says `counted`: that exposed already. */
function exposing(exposures) {
  return {
    after({flagKey, context}, {flagMetadata}) {
      const onRecord = flagMetadata?.experiment_id && flagMetadata.version > 0;
      if (onRecord && flagMetadata.counted === undefined && context.targetingKey) exposures.add(context.targetingKey, flagKey);
    },
  };
}
