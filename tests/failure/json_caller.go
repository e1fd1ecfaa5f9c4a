package failure

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	mabv1 "mab/gen/go/mab/v1"
)

// service is what the load asks: the calls of an AssignmentServiceClient.
type service interface {
	Assign(context.Context, *mabv1.AssignRequest, ...grpc.CallOption) (*mabv1.AssignResponse, error)
	Expose(context.Context, *mabv1.ExposeRequest, ...grpc.CallOption) (*mabv1.ExposeResponse, error)
	Convert(context.Context, *mabv1.ConvertRequest, ...grpc.CallOption) (*mabv1.ConvertResponse, error)
	BatchAssign(context.Context, *mabv1.BatchAssignRequest, ...grpc.CallOption) (*mabv1.BatchAssignResponse, error)
	BatchExpose(context.Context, *mabv1.BatchExposeRequest, ...grpc.CallOption) (*mabv1.BatchExposeResponse, error)
}

// jsonCaller asks a gateway, as websites do. Safe for concurrent use.
type jsonCaller struct {
	url  string
	http *http.Client
}

func newJSONCaller(url string) *jsonCaller {
	transport := &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: 30 * time.Second}
	return &jsonCaller{url: url, http: &http.Client{Transport: transport}}
}

// problemError is an answer that is no 200.
type problemError struct {
	status     int
	code       string
	retryAfter string
	text       string
}

func (e *problemError) Error() string { return fmt.Sprintf("HTTP %d %s: %s", e.status, e.code, e.text) }

// post sends the fields that a JSON body has, and reads the answer strictly: a field that the contract does not have is
// an error.
func (c *jsonCaller) post(ctx context.Context, path string, body map[string]any, into proto.Message) error {
	content, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+path, bytes.NewReader(content))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		refused := &problemError{status: response.StatusCode, retryAfter: response.Header.Get("Retry-After"), text: string(answer)}
		var problem struct {
			Code string `json:"code"`
		}
		if json.Unmarshal(answer, &problem) == nil {
			refused.code = problem.Code
		}
		return refused
	}
	if err := protojson.Unmarshal(answer, into); err != nil {
		return &problemError{status: response.StatusCode, text: fmt.Sprintf("%v: %s", err, answer)}
	}
	return nil
}

func (c *jsonCaller) Assign(ctx context.Context, in *mabv1.AssignRequest, _ ...grpc.CallOption) (*mabv1.AssignResponse, error) {
	body := map[string]any{"user_id": in.UserId}
	if in.Expose != nil {
		body["expose"] = *in.Expose
	}
	out := &mabv1.AssignResponse{}
	return out, c.post(ctx, "/api/experiments/"+in.Experiment+"/assign", body, out)
}

func (c *jsonCaller) Expose(ctx context.Context, in *mabv1.ExposeRequest, _ ...grpc.CallOption) (*mabv1.ExposeResponse, error) {
	out := &mabv1.ExposeResponse{}
	return out, c.post(ctx, "/api/experiments/"+in.Experiment+"/expose", map[string]any{"user_id": in.UserId}, out)
}

func (c *jsonCaller) Convert(ctx context.Context, in *mabv1.ConvertRequest, _ ...grpc.CallOption) (*mabv1.ConvertResponse, error) {
	body := map[string]any{"user_id": in.UserId, "event_id": in.EventId}
	if in.Value != nil {
		body["value"] = *in.Value
	}
	out := &mabv1.ConvertResponse{}
	return out, c.post(ctx, "/api/experiments/"+in.Experiment+"/convert", body, out)
}

func (c *jsonCaller) BatchAssign(ctx context.Context, in *mabv1.BatchAssignRequest, _ ...grpc.CallOption) (*mabv1.BatchAssignResponse, error) {
	body := map[string]any{"user_id": in.UserId, "experiments": in.Experiments}
	if in.Expose != nil {
		body["expose"] = *in.Expose
	}
	out := &mabv1.BatchAssignResponse{}
	return out, c.post(ctx, "/api/assign", body, out)
}

func (c *jsonCaller) BatchExpose(ctx context.Context, in *mabv1.BatchExposeRequest, _ ...grpc.CallOption) (*mabv1.BatchExposeResponse, error) {
	out := &mabv1.BatchExposeResponse{}
	return out, c.post(ctx, "/api/expose", map[string]any{"user_id": in.UserId, "experiments": in.Experiments}, out)
}
