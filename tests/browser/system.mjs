// A system under test, as its HTTP API shows it.
import assert from 'node:assert/strict';

export const url = process.env.MAB_TEST_URL;
export const setupToken = process.env.MAB_TEST_SETUP_TOKEN;
export const ADMIN = {email: 'admin@example.com', password: 'correct horse battery staple'};

/** Calls the API and returns {status, body}. */
export async function call(path, body, token, method = body === undefined ? 'GET' : 'POST') {
  const response = await fetch(url + path, {
    method,
    headers: {'content-type': 'application/json', ...(token && {authorization: `Bearer ${token}`})},
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return {status: response.status, body: text ? JSON.parse(text) : null};
}

/** The same for a call that must succeed: returns the body. */
export async function done(path, body, token, method) {
  const answer = await call(path, body, token, method);
  assert.equal(answer.status, 200, `${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** Creates the first administrator of a fresh system, and returns his token. */
export async function setUp() {
  assert.ok(url && setupToken, 'MAB_TEST_URL and MAB_TEST_SETUP_TOKEN must be set');
  const {access_token: token} = await done('/api/auth/setup', {token: setupToken, ...ADMIN});
  return token;
}

/** Asks until what `ask` resolves to is so, at most 20 seconds. */
export async function until(what, ask) {
  const deadline = Date.now() + 20000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    assert.ok(Date.now() < deadline, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Assigns visitors of the experiment, of whom those convert that `converts` says: (number, variant's key) => boolean. */
export async function visit(key, visitors, converts) {
  await until(`${key} is served`, async () => (await call(`/api/experiments/${key}/assign`, {user_id: 'visitor-0'})).body.counted);
  const one = async (visitor) => {
    const user = {user_id: `visitor-${visitor}`};
    const {variant} = await done(`/api/experiments/${key}/assign`, user);
    if (converts(visitor, variant.key)) await done(`/api/experiments/${key}/convert`, user);
  };
  for (let first = 0; first < visitors; first += 20) {
    await Promise.all(Array.from({length: Math.min(20, visitors - first)}, (_, index) => one(first + index)));
  }
}
