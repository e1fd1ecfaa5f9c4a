package ofrep

import (
	"google.golang.org/protobuf/types/known/structpb"

	mabv1 "mab/gen/go/mab/v1"
)

// flag is an evaluation that succeeded.
type flag struct {
	Key      string   `json:"key"`
	Value    any      `json:"value"`
	Reason   string   `json:"reason"`
	Variant  string   `json:"variant"`
	Metadata metadata `json:"metadata"`
}

// metadata of a flag. What can change without the assignment's changing is in single evaluations alone: a bulk evaluation is
// the same bytes until it says something new.
type metadata struct {
	ExperimentID string  `json:"experiment_id"`
	Version      float64 `json:"version"`
	Propensity   float64 `json:"propensity"`
	Counted      *bool   `json:"counted,omitempty"`
	Returning    *bool   `json:"returning,omitempty"`
}

// flagOf is the flag that the client names so.
func flagOf(key string, answer *mabv1.AssignResponse) flag {
	return flag{
		Key:     key,
		Value:   valueOf(answer.GetVariant()),
		Reason:  reasonOf(answer.GetReason()),
		Variant: answer.GetVariant().GetKey(),
		Metadata: metadata{
			ExperimentID: answer.GetExperimentId(),
			Version:      answer.GetVersion(),
			Propensity:   answer.GetPropensity(),
		},
	}
}

// valueOf is the variant's payload; its key where it has none.
func valueOf(variant *mabv1.AssignedVariant) any {
	if _, isNull := variant.GetPayload().GetKind().(*structpb.Value_NullValue); isNull || variant.GetPayload().GetKind() == nil {
		return variant.GetKey()
	}
	return variant.GetPayload().AsInterface()
}

// reasonOf is OpenFeature's reason: SPLIT for what was drawn, STATIC for a winner, DISABLED where the experiment or the variant
// is switched off for this visitor, DEFAULT for who is outside its traffic.
func reasonOf(reason mabv1.AssignResponse_Reason) string {
	switch reason {
	case mabv1.AssignResponse_DRAWN, mabv1.AssignResponse_BOT:
		return "SPLIT"
	case mabv1.AssignResponse_WINNER, mabv1.AssignResponse_FORCED:
		return "STATIC"
	case mabv1.AssignResponse_PAUSED, mabv1.AssignResponse_VARIANT_DISABLED, mabv1.AssignResponse_NO_ROOM:
		return "DISABLED"
	case mabv1.AssignResponse_OUTSIDE_TRAFFIC:
		return "DEFAULT"
	default:
		return "UNKNOWN"
	}
}
