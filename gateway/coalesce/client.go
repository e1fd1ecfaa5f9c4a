// Package coalesce sends many small calls to the assignment service over a few long-lived streams: while one message
// is on its way, whatever else arrives waits and goes together in the next. A call never waits for others to arrive.
//
// One unary RPC costs a stream's life on both sides; the calls of one message share it.
package coalesce

import (
	"context"
	"errors"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"mab/gateway/exchange"
	mabv1 "mab/gen/go/mab/v1"
)

// Options of a Client. The zero value of a field means its default.
type Options struct {
	// Secret is shown to the service with each stream: that it is one of the system's own that calls. Empty: none is.
	Secret string
	// Streams to the service: 2.
	Streams int
	// MaxPending calls may be without an answer, waiting and sent together: 16,384. More are refused as OVERLOADED.
	MaxPending int
	// MaxBatch calls go in one message: 256. The service takes 1,024.
	MaxBatch int
	// ReconnectMin and ReconnectMax bound the pause after a stream broke: 20 ms, doubled to 500 ms.
	ReconnectMin, ReconnectMax time.Duration
	// BatchSent, where given, learns how many calls each message had. Called from the streams' goroutines.
	BatchSent func(calls int)
	// StreamBroken, where given, learns why a stream ended and how many sent calls had no answer yet.
	StreamBroken func(err error, unanswered int)
}

func (o Options) withDefaults() Options {
	setDefault(&o.Streams, 2)
	setDefault(&o.MaxPending, 16384)
	setDefault(&o.MaxBatch, 256)
	setDefault(&o.ReconnectMin, 20*time.Millisecond)
	setDefault(&o.ReconnectMax, 500*time.Millisecond)
	if o.BatchSent == nil {
		o.BatchSent = func(int) {}
	}
	if o.StreamBroken == nil {
		o.StreamBroken = func(error, int) {}
	}
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Client is an AssignmentServiceClient whose unary methods travel on streams. A call's metadata and options are not
// sent, but what the request's exchange says of its caller; deadlines and cancellation work as with any client. While
// the service is away calls wait for it until their deadline.
//
// A call that was sent when its stream broke is sent once more: every method answers a repeat with what it recorded
// the first time.
//
// Safe for concurrent use.
type Client struct {
	mabv1.AssignmentServiceClient // for StreamCalls itself
	options                       Options
	pending                       pending
	// queue has the calls that no stream took yet. A call whose caller has left stays until a stream skips it.
	queue chan *call

	stop    context.CancelFunc
	streams sync.WaitGroup
}

// New returns a client that sends over backend's StreamCalls until Close.
func New(backend mabv1.AssignmentServiceClient, options Options) *Client {
	options = options.withDefaults()
	ctx, stop := context.WithCancel(context.Background())
	c := &Client{
		AssignmentServiceClient: backend,
		options:                 options,
		pending:                 pending{calls: make(map[uint64]*call), max: options.MaxPending},
		queue:                   make(chan *call, options.MaxPending),
		stop:                    stop,
	}
	for range options.Streams {
		c.streams.Go(func() { newLane(c).run(ctx) })
	}
	return c
}

// Close ends the streams. Calls without an answer fail as UNAVAILABLE. Returns when the streams are gone.
func (c *Client) Close() {
	c.pending.close()
	c.stop()
	c.streams.Wait()
	for _, call := range c.pending.takeAll() {
		call.finish(nil, unavailable("the gateway is stopping"))
	}
}

// Pending says how many calls have no answer yet.
func (c *Client) Pending() int { return c.pending.len() }

// do sends the call and waits for its answer.
func (c *Client) do(ctx context.Context, message *mabv1.StreamCall) (*mabv1.StreamAnswer, error) {
	caller := exchange.FromContext(ctx)
	message.Origin, message.Bot = caller.Origin, caller.Bot
	call := &call{message: message, done: make(chan outcome, 1)}
	if err := c.pending.add(call); err != nil {
		return nil, err
	}
	if !c.enqueue(call) {
		c.pending.take(message.GetId())
		return nil, overloaded()
	}
	select {
	case result := <-call.done:
		return result.answer, result.err
	case <-ctx.Done():
		c.pending.take(message.GetId())
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, status.FromContextError(ctx.Err()).Err()
		}
		return nil, unavailable("the assignment service did not answer in time; try again")
	}
}

func (c *Client) enqueue(call *call) bool {
	select {
	case c.queue <- call:
		return true
	default:
		return false
	}
}

// Assign implements AssignmentServiceClient.
func (c *Client) Assign(ctx context.Context, in *mabv1.AssignRequest, _ ...grpc.CallOption) (*mabv1.AssignResponse, error) {
	answer, err := c.do(ctx, &mabv1.StreamCall{Call: &mabv1.StreamCall_Assign{Assign: in}})
	return answered(answer.GetAssign(), err)
}

// Expose implements AssignmentServiceClient.
func (c *Client) Expose(ctx context.Context, in *mabv1.ExposeRequest, _ ...grpc.CallOption) (*mabv1.ExposeResponse, error) {
	answer, err := c.do(ctx, &mabv1.StreamCall{Call: &mabv1.StreamCall_Expose{Expose: in}})
	return answered(answer.GetExpose(), err)
}

// Convert implements AssignmentServiceClient.
func (c *Client) Convert(ctx context.Context, in *mabv1.ConvertRequest, _ ...grpc.CallOption) (*mabv1.ConvertResponse, error) {
	answer, err := c.do(ctx, &mabv1.StreamCall{Call: &mabv1.StreamCall_Convert{Convert: in}})
	return answered(answer.GetConvert(), err)
}

// BatchAssign implements AssignmentServiceClient.
func (c *Client) BatchAssign(ctx context.Context, in *mabv1.BatchAssignRequest, _ ...grpc.CallOption) (*mabv1.BatchAssignResponse, error) {
	answer, err := c.do(ctx, &mabv1.StreamCall{Call: &mabv1.StreamCall_BatchAssign{BatchAssign: in}})
	return answered(answer.GetBatchAssign(), err)
}

// BatchExpose implements AssignmentServiceClient.
func (c *Client) BatchExpose(ctx context.Context, in *mabv1.BatchExposeRequest, _ ...grpc.CallOption) (*mabv1.BatchExposeResponse, error) {
	answer, err := c.do(ctx, &mabv1.StreamCall{Call: &mabv1.StreamCall_BatchExpose{BatchExpose: in}})
	return answered(answer.GetBatchExpose(), err)
}

// answered returns the response, or says that the service answered a call with another call's kind.
func answered[T any](response *T, err error) (*T, error) {
	if err == nil && response == nil {
		return nil, status.Error(codes.Internal, "the answer is of another kind than the call")
	}
	return response, err
}
