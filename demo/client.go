package main

import (
	"bytes"
	"context"
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
)

// client of the JSON API. Safe for concurrent use.
type client struct {
	url  string
	http *http.Client
	// authorize gives the access token for private endpoints.
	authorize func(context.Context) (string, error)
}

func newClient(url string, concurrency int) *client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = concurrency + 2
	return &client{url: url, http: &http.Client{Transport: transport, Timeout: 30 * time.Second}}
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
	return text
}

// temporary: the same call may go through later.
func temporary(err error) (time.Duration, bool) {
	var p *problem
	if errors.As(err, &p) {
		return p.retryAfter, p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests
	}
	// No answer at all: the gateway may be restarting. Assign and convert may be said twice without harm.
	return 0, true
}

// limited: the gateway asks for patience, and will have time for this call.
func limited(err error) bool {
	var p *problem
	return errors.As(err, &p) && p.Status == http.StatusTooManyRequests
}

// call with retries: `answer` is filled from the answer's JSON. Where there is a limit on its rate, a call waits for as
// long as it takes.
func (c *client) call(ctx context.Context, method, path, token string, body, answer any) error {
	pause := 50 * time.Millisecond
	for attempt := 1; ; {
		err := c.callOnce(ctx, method, path, token, body, answer)
		if err == nil || ctx.Err() != nil {
			return err
		}
		after, again := temporary(err)
		if !again || attempt == attemptsMax {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(max(after, pause), retryPauseMax)):
		}
		if !limited(err) {
			attempt++
			pause *= 2
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
		p.retryAfter = time.Duration(seconds) * time.Second
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
