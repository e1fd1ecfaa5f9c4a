package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Client calls the JSON API as strangers do. Safe for concurrent use.
type Client struct {
	URL  string
	HTTP *http.Client

	signIn   sync.Mutex
	token    string
	signedIn time.Time
}

// NewClient of the gateway at that URL.
func NewClient(url string) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 128
	transport.Proxy = nil
	return &Client{URL: url, HTTP: &http.Client{Transport: transport, Timeout: 30 * time.Second}}
}

// Response of any kind.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Problem is an answer of application/problem+json.
type Problem struct {
	Status    int    `json:"status"`
	Code      string `json:"code"`
	Detail    string `json:"detail"`
	RequestID string `json:"request_id"`
	Errors    []struct {
		Field       string `json:"field"`
		Description string `json:"description"`
	} `json:"errors"`
}

// Problem reads the answer as such; it must be one.
func (r Response) Problem(t testing.TB) Problem {
	t.Helper()
	var problem Problem
	if kind := r.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/problem+json") {
		t.Fatalf("%d %s is no problem+json: %s", r.Status, kind, r.Body)
	}
	r.Decode(t, &problem)
	if problem.Status != r.Status || problem.Code == "" || problem.RequestID == "" {
		t.Fatalf("%d: the problem is not whole: %s", r.Status, r.Body)
	}
	return problem
}

// Decode the body's JSON.
func (r Response) Decode(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal(r.Body, into); err != nil {
		t.Fatalf("%d %s: %v", r.Status, r.Body, err)
	}
}

// healthy: the status and every check of /health is ok.
func (r Response) healthy() bool {
	var health struct {
		Status string `json:"status"`
		Checks map[string]struct {
			Status string `json:"status"`
		} `json:"checks"`
	}
	if json.Unmarshal(r.Body, &health) != nil || health.Status != "ok" {
		return false
	}
	for _, check := range health.Checks {
		if check.Status != "" && check.Status != "ok" {
			return false
		}
	}
	return true
}

// Try a call. `body` is sent as it is where it is a string or bytes, else as JSON.
func (c *Client) Try(method, path, token string, body any, headers ...string) (Response, error) {
	request, err := http.NewRequest(method, c.URL+path, bodyReader(body))
	if err != nil {
		return Response{}, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.HTTP.Do(request)
	if err != nil {
		return Response{}, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return Response{Status: response.StatusCode, Header: response.Header, Body: content}, err
}

func bodyReader(body any) io.Reader {
	switch content := body.(type) {
	case nil:
		return nil
	case string:
		return strings.NewReader(content)
	case []byte:
		return bytes.NewReader(content)
	default:
		text, err := json.Marshal(content)
		if err != nil {
			panic(err)
		}
		return bytes.NewReader(text)
	}
}

// Call makes a call; no answer at all fails the test.
func (c *Client) Call(t testing.TB, method, path, token string, body any, headers ...string) Response {
	t.Helper()
	response, err := c.Try(method, path, token, body, headers...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return response
}

// Post makes a public call that must succeed, and decodes its answer.
func (c *Client) Post(t testing.TB, path string, body, into any) {
	t.Helper()
	c.must(t, "POST", path, "", body, into)
}

// Private makes a call as the administrator that must succeed, and decodes its answer.
func (c *Client) Private(t testing.TB, method, path string, body, into any) {
	t.Helper()
	c.must(t, method, path, c.Token(t), body, into)
}

func (c *Client) must(t testing.TB, method, path, token string, body, into any) {
	t.Helper()
	response := c.Call(t, method, path, token, body)
	if response.Status != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, path, response.Status, response.Body)
	}
	response.Decode(t, into)
}

// Token of the administrator, who is created by the setup token when he is first needed.
func (c *Client) Token(t testing.TB) string {
	t.Helper()
	c.signIn.Lock()
	defer c.signIn.Unlock()
	// Access tokens last for 15 minutes.
	if c.token != "" && time.Since(c.signedIn) < 10*time.Minute {
		return c.token
	}
	body := map[string]any{"token": SetupToken, "email": AdminEmail, "password": AdminPassword}
	response := c.Call(t, "POST", "/api/auth/setup", "", body)
	if response.Status != http.StatusOK {
		response = c.Call(t, "POST", "/api/auth/login", "", map[string]any{"email": AdminEmail, "password": AdminPassword})
	}
	var session struct {
		AccessToken string `json:"access_token"`
	}
	response.Decode(t, &session)
	if session.AccessToken == "" {
		t.Fatalf("no sign-in: %d %s", response.Status, response.Body)
	}
	c.token, c.signedIn = session.AccessToken, time.Now()
	return c.token
}

// Each calls work(0) to work(n - 1) from `workers` goroutines. The first error ends it, and fails the test.
func Each(t testing.TB, n, workers int, work func(i int) error) {
	t.Helper()
	var next atomic.Int64
	errs := make(chan error, workers)
	for range workers {
		go func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					errs <- nil
					return
				}
				if err := work(i); err != nil {
					next.Store(int64(n))
					errs <- fmt.Errorf("call %d: %w", i, err)
					return
				}
			}
		}()
	}
	for range workers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

// Await waits until the condition holds; after the limit the test fails with what it last said.
func Await(t testing.TB, limit time.Duration, condition func() (bool, string)) time.Duration {
	t.Helper()
	began := time.Now()
	for {
		ok, state := condition()
		if ok {
			return time.Since(began)
		}
		if time.Since(began) > limit {
			t.Fatalf("not after %v: %s", limit, state)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
