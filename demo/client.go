package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	answerBytesMax = 4 << 20
	attemptsMax    = 8
	retryPauseMax  = 2 * time.Second
	// patience is how long a call waits in all, however often it is told to.
	patience = 2 * time.Minute
	// retryAfterMax is the longest Retry-After that is believed, in seconds.
	retryAfterMax = 24 * 60 * 60
)

// client of the JSON API. Safe for concurrent use.
type client struct {
	url  string
	http *http.Client
	// authorize gives the access token for private endpoints.
	authorize func(context.Context) (string, error)
	// wait lets the time pass, or returns the error of ctx.
	wait func(context.Context, time.Duration) error
}

func newClient(url string, concurrency int) *client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = concurrency + 2
	return &client{url: url, http: &http.Client{Transport: transport, Timeout: 30 * time.Second}, wait: wait}
}

func wait(ctx context.Context, duration time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(duration):
		return nil
	}
}

// problem is an answer of application/problem+json.
type problem struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Errors []struct {
		Field       string `json:"field"`
		Description string `json:"description"`
	} `json:"errors"`
	retryAfter time.Duration
}

func (p *problem) Error() string {
	text := fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail)
	for _, e := range p.Errors {
		text += fmt.Sprintf("; %s %s", e.Field, e.Description)
	}
	if p.retryAfter > 0 {
		text += fmt.Sprintf("; try again in %v", p.retryAfter)
	}
	return text
}

// temporary: the same call may go through later, and not before `after` where the gateway says when.
func temporary(err error) (after time.Duration, again bool) {
	var p *problem
	if errors.As(err, &p) {
		return p.retryAfter, p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests
	}
	var strange *strangeCertificate
	// No answer at all: the gateway may be restarting. Assign and convert may be said twice without harm.
	return 0, !errors.As(err, &strange)
}

// limited: the gateway asks for patience, and will have time for this call.
func limited(err error) bool {
	var p *problem
	return errors.As(err, &p) && p.Status == http.StatusTooManyRequests
}

// strangeCertificate is an error of a call to whom the certificate does not name, or who has one of an unknown CA.
type strangeCertificate struct {
	url string
	err error
}

func (e *strangeCertificate) Error() string {
	return fmt.Sprintf("%v: set MAB_URL to the https:// address that the gateway's certificate names, and, where it is not of a public CA, "+
		"SSL_CERT_FILE to that CA's file; it is %s", e.err, e.url)
}

// call with retries: `answer` is filled from the answer's JSON. The gateway says how long to wait, and is asked no sooner. A call
// over a limit on its rate is repeated for as long as patience lasts, another one a few times.
func (c *client) call(ctx context.Context, method, path, token string, body, answer any) error {
	waited, backoff := time.Duration(0), 50*time.Millisecond
	for attempt := 1; ; {
		err := c.callOnce(ctx, method, path, token, body, answer)
		if err == nil || ctx.Err() != nil {
			return err
		}
		pause, again := temporary(err)
		if pause == 0 {
			pause, backoff = backoff, min(2*backoff, retryPauseMax)
		}
		waited += pause
		if !again || attempt == attemptsMax || waited > patience {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		if !limited(err) {
			attempt++
		}
		if err := c.wait(ctx, pause); err != nil {
			return err
		}
	}
}

func (c *client) callOnce(ctx context.Context, method, path, token string, body, answer any) error {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.url+path, content)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		var unverified *tls.CertificateVerificationError
		if errors.As(err, &unverified) {
			return &strangeCertificate{url: c.url, err: err}
		}
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, answerBytesMax))
	if err != nil {
		return err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return readProblem(response, text)
	}
	return json.Unmarshal(text, answer)
}

func readProblem(response *http.Response, text []byte) error {
	p := &problem{Status: response.StatusCode, Detail: http.StatusText(response.StatusCode)}
	// An answer that is no problem+json (a proxy's, say) keeps the status alone.
	_ = json.Unmarshal(text, p)
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil {
		p.retryAfter = time.Duration(min(max(seconds, 0), retryAfterMax)) * time.Second
	}
	return p
}

// private calls an endpoint that needs a signed-in account.
func (c *client) private(ctx context.Context, method, path string, body, answer any) error {
	token, err := c.authorize(ctx)
	if err != nil {
		return err
	}
	return c.call(ctx, method, path, token, body, answer)
}
