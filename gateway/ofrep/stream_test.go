package ofrep

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// connection is a client's, with its deadlines.
type connection struct {
	*httptest.ResponseRecorder
	read, write time.Time
	atWrite     time.Time // the deadline of the last write
	gone        bool
}

func (c *connection) SetReadDeadline(deadline time.Time) error  { c.read = deadline; return nil }
func (c *connection) SetWriteDeadline(deadline time.Time) error { c.write = deadline; return nil }

func (c *connection) Write(p []byte) (int, error) {
	c.atWrite = c.write
	if c.gone {
		return 0, errors.New("gone")
	}
	return c.ResponseRecorder.Write(p)
}

func TestAStreamHasDeadlinesOnlyWhileItWrites(t *testing.T) {
	c := &connection{ResponseRecorder: httptest.NewRecorder(), read: time.Now(), write: time.Now()}
	s := &stream{w: c, control: http.NewResponseController(c)}
	if err := errors.Join(s.begin(7), s.refetch(8), s.beat()); err != nil {
		t.Fatal(err)
	}
	if !c.read.IsZero() || !c.write.IsZero() || !c.Flushed {
		t.Errorf("a deadline stays: %v, %v", c.read, c.write)
	}
	if left := time.Until(c.atWrite); left <= 0 || left > writeTimeout {
		t.Errorf("a write may take %v", left)
	}
	want := "retry: 3000\nid: 0000000000000007\n\nid: 0000000000000008\ndata: {\"type\":\"refetchEvaluation\"}\n\n:\n\n"
	if got := c.Body.String(); got != want {
		t.Errorf("got %q", got)
	}
	c.gone = true
	if s.beat() == nil {
		t.Error("nobody notices that the client is gone")
	}
}
