package integration

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"hash"
	"maps"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"mab/tests/harness"
)

var base64URL = base64.RawURLEncoding

func part(t *testing.T, token string, index int) map[string]any {
	t.Helper()
	text, err := base64URL.DecodeString(strings.Split(token, ".")[index])
	check(t, err)
	fields := map[string]any{}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	check(t, decoder.Decode(&fields))
	return fields
}

func encoded(t *testing.T, fields map[string]any) string {
	t.Helper()
	text, err := json.Marshal(fields)
	check(t, err)
	return base64URL.EncodeToString(text)
}

func signedBy(secret string, algorithm func() hash.Hash, signed string) string {
	mac := hmac.New(algorithm, []byte(secret))
	mac.Write([]byte(signed))
	return signed + "." + base64URL.EncodeToString(mac.Sum(nil))
}

// with is a copy of the fields in which these differ; nil takes one away.
func with(fields map[string]any, changes map[string]any) map[string]any {
	changed := maps.Clone(fields)
	for name, value := range changes {
		if changed[name] = value; value == nil {
			delete(changed, name)
		}
	}
	return changed
}

// forgeries of a good token, by one who has read all that is not secret; the last ones even know the secret.
func forgeries(t *testing.T, good, another string) map[string]string {
	t.Helper()
	header, claims := part(t, good, 0), part(t, good, 1)
	parts := strings.Split(good, ".")
	now := time.Now().Unix()
	sign := func(header, claims map[string]any) string {
		return signedBy(harness.JWTSecret, sha256.New, encoded(t, header)+"."+encoded(t, claims))
	}
	without := func(name string) map[string]any { return with(claims, map[string]any{name: nil}) }
	set := func(name string, value any) map[string]any { return with(claims, map[string]any{name: value}) }
	unsigned := encoded(t, with(header, map[string]any{"alg": "none"})) + "." + parts[1]
	flipped := []byte(parts[2])
	flipped[4] ^= 1 // another letter of the alphabet or none
	return map[string]string{
		"alg none without a signature": unsigned + ".",
		"alg none with the signature":  unsigned + "." + parts[2],
		"alg nOnE":                     encoded(t, with(header, map[string]any{"alg": "nOnE"})) + "." + parts[1] + ".",
		"no alg":                       sign(with(header, map[string]any{"alg": nil}), claims),
		"alg HS512 under the secret":   signedBy(harness.JWTSecret, sha512.New, encoded(t, with(header, map[string]any{"alg": "HS512"}))+"."+parts[1]),
		"alg RS256":                    sign(with(header, map[string]any{"alg": "RS256"}), claims),
		"another secret":               signedBy(harness.InternalSecret, sha256.New, parts[0]+"."+parts[1]),
		"an empty secret":              signedBy("", sha256.New, parts[0]+"."+parts[1]),
		"no signature":                 parts[0] + "." + parts[1] + ".",
		"two parts":                    parts[0] + "." + parts[1],
		"a changed signature":          parts[0] + "." + parts[1] + "." + string(flipped),
		"another's claims":             parts[0] + "." + strings.Split(another, ".")[1] + "." + parts[2],
		"changed claims":               parts[0] + "." + encoded(t, set("exp", now+9999)) + "." + parts[2],
		"a part more":                  good + "." + parts[2],
		"another key id":               sign(with(header, map[string]any{"kid": "AAAAAAAAAAA"}), claims),
		"no key id":                    sign(with(header, map[string]any{"kid": nil}), claims),
		"expired":                      sign(header, with(claims, map[string]any{"iat": now - 2000, "nbf": now - 2000, "exp": now - 1})),
		"not yet good":                 sign(header, set("nbf", now+600)),
		"another audience":             sign(header, set("aud", "another")),
		"no audience":                  sign(header, without("aud")),
		"another issuer":               sign(header, set("iss", "another")),
		"no end":                       sign(header, without("exp")),
		"an end that is text":          sign(header, set("exp", "tomorrow")),
		"no subject":                   sign(header, without("sub")),
		"a subject that nobody is":     sign(header, set("sub", "01a3185c-5000-7f37-928e-c4d35adc7481")),
		"a subject that is SQL":        sign(header, set("sub", "' OR '1'='1")),
		"the internal secret":          harness.InternalSecret,
		"a control character within":   parts[0] + "." + parts[1] + "\x01." + parts[2],
		"of 12 KiB":                    good + strings.Repeat("A", 12<<10),
	}
}

func TestForgedTokensOpenNothing(t *testing.T) {
	stack := shared(t)
	conn := dial(t, stack.AdminAddress)
	person := newPerson(t, stack, "forged", "ADMIN")
	another := newPerson(t, stack, "forged-by", "VIEWER")
	// Both roads with any token: the status of JSON, and the code of gRPC.
	ask := func(token string) (int, codes.Code) {
		response, err := stack.Try("GET", "/api/auth/me", token, nil)
		if err != nil {
			response.Status = 400 // Go's client does not send it
		}
		err = conn.Invoke(callContext(t, "authorization", "Bearer "+token), "/mab.v1.AccountService/GetCurrentAccount", &emptypb.Empty{}, &emptypb.Empty{})
		return response.Status, status.Code(err)
	}
	good := func(when string) {
		t.Helper()
		if status, code := ask(person.token); status != 200 || code != codes.OK {
			t.Fatalf("%s, the token itself is answered %d and %v", when, status, code)
		}
	}
	good("at first")
	// What is signed here is taken where nothing in it is wrong: otherwise the refusals would say nothing.
	resigned := signedBy(harness.JWTSecret, sha256.New, encoded(t, part(t, person.token, 0))+"."+encoded(t, part(t, person.token, 1)))
	if status, code := ask(resigned); status != 200 || code != codes.OK {
		t.Fatalf("the token signed again is answered %d and %v", status, code)
	}
	for name, token := range forgeries(t, person.token, another.token) {
		status, code := ask(token)
		// What is no header, or too large for one, is refused before anybody looks for a token.
		noHeader := name == "a control character within" || name == "of 12 KiB"
		if status != 401 && !(noHeader && status >= 400 && status < 500) {
			t.Errorf("%s: JSON answers %d", name, status)
		}
		if code != codes.Unauthenticated && !(noHeader && code != codes.OK) {
			t.Errorf("%s: gRPC answers %v", name, code)
		}
	}
	good("after the forgeries")

	// A token is no good any more once its session has ended.
	stack.Private(t, "POST", "/api/accounts/"+person.ID+":disable", map[string]any{}, anything())
	stack.Private(t, "POST", "/api/accounts/"+person.ID+":enable", map[string]any{}, anything())
	if status, code := ask(person.token); status != 401 || code != codes.Unauthenticated {
		t.Errorf("replayed after its session ended, the token is answered %d and %v", status, code)
	}
}

// anything takes an answer that does not matter.
func anything() *map[string]any { return &map[string]any{} }
