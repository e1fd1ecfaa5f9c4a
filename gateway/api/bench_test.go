package api

import (
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	mabv1 "mab/gen/go/mab/v1"
)

// BenchmarkDecodeAssign reads the body of an assign.
func BenchmarkDecodeAssign(b *testing.B) {
	c := newCodec()
	body := []byte(`{"user_id":"visitor-000000000042"}`)
	b.ReportAllocs()
	for range b.N {
		var request mabv1.AssignRequest
		if err := c.decodeBody(body, &request); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEncodeAssignment writes the answer of an assign.
func BenchmarkEncodeAssignment(b *testing.B) {
	c := newCodec()
	answer := &mabv1.AssignResponse{ExperimentId: "0193b0c4-7d2e-7f5a-8c1d-2e3f4a5b6c7d", ExperimentKey: "hero-title",
		Variant:   &mabv1.AssignedVariant{Id: "0193b0c4-7d2e-7f5a-8c1d-2e3f4a5b6c7e", Key: "b", Name: "Variant b"},
		Returning: true, Counted: true, Propensity: 0.5, Version: 1732398483000, AssignedAt: timestamppb.Now(), Reason: mabv1.AssignResponse_DRAWN}
	b.ReportAllocs()
	for range b.N {
		if _, err := c.Marshal(answer); err != nil {
			b.Fatal(err)
		}
	}
}
