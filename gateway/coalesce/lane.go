package coalesce

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"mab/gateway/exchange"
	mabv1 "mab/gen/go/mab/v1"
)

const (
	// maxAttempts is how often a call is sent: once, and once more when its stream broke. A call that breaks the service
	// breaks it no third time.
	maxAttempts = 2
	// maxBatchBytes ends a message early. With one call of the largest body on top it stays below the 4 MiB that a
	// gRPC server takes.
	maxBatchBytes = 512 << 10
)

type stream = grpc.BidiStreamingClient[mabv1.StreamCallsRequest, mabv1.StreamCallsResponse]

// lane keeps one stream open: it takes calls from the queue, sends them, and hands the answers out. Its goroutine is
// the only one that sends; a second one receives.
type lane struct {
	client *Client
	batch  []*call // reused by take
	// backlog has the calls to send first: those that the stream before left without an answer. They wait for this
	// lane's next stream, for another lane's may be about to break by the same cause.
	backlog []*call
}

func newLane(c *Client) *lane {
	return &lane{client: c, batch: make([]*call, 0, c.options.MaxBatch)}
}

// run opens a stream again and again until ctx ends.
func (l *lane) run(ctx context.Context) {
	pause := l.client.options.ReconnectMin
	for ctx.Err() == nil {
		progress, err := l.serve(ctx)
		again, lost := l.client.pending.unanswered(l, orderly(err))
		if ctx.Err() == nil {
			l.client.options.StreamBroken(err, len(again)+len(lost))
		}
		l.backlog = append(l.backlog, again...)
		for _, c := range lost {
			c.finish(nil, unavailable("the connection to the assignment service broke twice; try again"))
		}
		if progress {
			pause = l.client.options.ReconnectMin
		}
		sleep(ctx, pause/2+rand.N(pause))
		pause = min(2*pause, l.client.options.ReconnectMax)
	}
}

// serve uses one stream until it breaks. progress: it answered something.
func (l *lane) serve(ctx context.Context) (progress bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if secret := l.client.options.Secret; secret != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, exchange.SecretKey, secret)
	}
	// Waiting for the connection here is what lets calls outlive a restart of the service.
	stream, err := l.client.StreamCalls(ctx, grpc.WaitForReady(true))
	if err != nil {
		return false, err
	}
	received := make(chan struct{})
	go func() {
		defer close(received)
		var err error
		progress, err = l.receive(stream)
		cancel(err)
	}()
	l.send(ctx, stream, cancel)
	<-received
	return progress, context.Cause(ctx)
}

// send sends what waits, one message after the other, until ctx ends.
func (l *lane) send(ctx context.Context, stream stream, cancel context.CancelCauseFunc) {
	for {
		batch := l.take(ctx)
		if ctx.Err() != nil {
			l.backlog = append(l.backlog, batch...)
			return
		}
		calls := l.client.pending.markSent(batch, l)
		if len(calls) == 0 {
			continue
		}
		message := &mabv1.StreamCallsRequest{Calls: make([]*mabv1.StreamCall, len(calls))}
		for i, c := range calls {
			message.Calls[i] = c.message
		}
		l.client.options.BatchSent(len(calls))
		if err := stream.Send(message); err != nil {
			l.notSent(calls, err)
			<-ctx.Done() // the receiver learns why and cancels with that
			return
		}
	}
}

// notSent keeps the calls of a message that a broken stream did not take for the next one. A message that can't be
// encoded would fail there again, and for ever: its calls end here.
func (l *lane) notSent(calls []*call, err error) {
	if errors.Is(err, io.EOF) {
		l.client.pending.markUnsent(calls)
		l.backlog = append(l.backlog, calls...)
		return
	}
	for _, c := range calls {
		if l.client.pending.take(c.message.GetId()) != nil {
			c.finish(nil, err)
		}
	}
}

// take waits for a call and returns it with the others that wait.
func (l *lane) take(ctx context.Context) []*call {
	l.batch = l.batch[:0]
	bytes := 0
	for len(l.batch) < l.client.options.MaxBatch && bytes < maxBatchBytes {
		c := l.next()
		if c == nil && len(l.batch) > 0 {
			break
		}
		if c == nil {
			if c = l.wait(ctx); c == nil {
				break
			}
		}
		l.batch = append(l.batch, c)
		bytes += proto.Size(c.message)
	}
	return l.batch
}

// next returns a call that waits; nil where there is none.
func (l *lane) next() *call {
	if len(l.backlog) > 0 {
		c := l.backlog[0]
		l.backlog = l.backlog[1:]
		return c
	}
	select {
	case c := <-l.client.queue:
		return c
	default:
		return nil
	}
}

// wait returns the next call that comes; nil when ctx ends.
func (l *lane) wait(ctx context.Context) *call {
	select {
	case c := <-l.client.queue:
		// Callers that could run this very moment come first: ten times as many calls share a message, at no wait.
		runtime.Gosched()
		return c
	case <-ctx.Done():
		return nil
	}
}

// receive hands out answers until the stream ends. An answer that nobody waits for is dropped.
func (l *lane) receive(stream stream) (progress bool, err error) {
	for {
		message, err := stream.Recv()
		if err != nil {
			return progress, err
		}
		progress = true
		for _, answer := range message.GetAnswers() {
			c := l.client.pending.take(answer.GetId())
			if c == nil {
				continue
			}
			if failure := answer.GetError(); failure != nil {
				c.finish(nil, status.ErrorProto(failure))
			} else {
				c.finish(answer, nil)
			}
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
