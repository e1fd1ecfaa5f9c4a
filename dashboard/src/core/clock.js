// What time it is for the server: readers' clocks may be hours off, and times of the server's are told against them.

const SKEW_MIN_MS = 60000; // below it is the time that an answer takes

let skewMs = 0;

/** Unix milliseconds. */
export function now() {
  return Date.now() + skewMs;
}

/** Takes the server's time from an answer (a Response), and returns the answer. */
export function hearTime(response) {
  const skew = Date.parse(response.headers?.get('date') ?? '') - Date.now();
  if (!Number.isNaN(skew)) skewMs = Math.abs(skew) < SKEW_MIN_MS ? 0 : skew;
  return response;
}
