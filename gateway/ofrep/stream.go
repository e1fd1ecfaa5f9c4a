package ofrep

import (
	"fmt"
	"net/http"
	"time"
)

// stream is a client's, of server-sent events. It belongs to one goroutine.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// idOf is the id of the event that tells of what is served.
func idOf(fingerprint uint64) string { return fmt.Sprintf("%016x", fingerprint) }

// begin opens the stream. The client learns an id that it names when it comes again, and when it may.
func (s *stream) begin(fingerprint uint64) error {
	_ = s.control.SetReadDeadline(time.Time{}) // the server's is of a request that has an end
	return s.send(fmt.Sprintf("retry: 3000\nid: %s\n\n", idOf(fingerprint)))
}

// refetch tells the client to evaluate again.
func (s *stream) refetch(fingerprint uint64) error {
	return s.send(fmt.Sprintf("id: %s\ndata: {\"type\":\"refetchEvaluation\"}\n\n", idOf(fingerprint)))
}

func (s *stream) beat() error { return s.send(":\n\n") }

func (s *stream) comeAgain(in time.Duration) {
	_ = s.send(fmt.Sprintf("retry: %d\n\n", in.Milliseconds())) // the client may be gone
}

// send leaves no deadline behind: HTTP/2 ends a stream at its deadline, whether or not anything is being written.
func (s *stream) send(text string) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	if err := s.control.Flush(); err != nil {
		return err
	}
	return s.control.SetWriteDeadline(time.Time{})
}
