// Whether the visitor may be known at all.

/** Whether his browser asks not to be followed, where the site listens. */
export const refusedByBrowser = ({dnt, gpc}) => (dnt && navigator.doNotTrack > 0) || (gpc && navigator.globalPrivacyControl);

/**
 * What an entry of the data layer says of Google's consent: true, false, or nothing. A default for
 * regions denies everywhere and grants nowhere: where the visitor is, is not known here.
 */
export const consentOf = ({0: word, 1: kind, 2: given}, denied) => {
  if (word !== 'consent') return;
  const {region, analytics_storage: value} = given;
  if (value && (kind === 'update' || value === 'denied' || !(region || denied))) return value === 'granted';
};
