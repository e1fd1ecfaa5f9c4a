package ofrep

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	mabv1 "mab/gen/go/mab/v1"
)

func answerOf(t *testing.T, payload any) *mabv1.AssignResponse {
	t.Helper()
	value, err := structpb.NewValue(payload)
	if err != nil {
		t.Fatal(err)
	}
	return &mabv1.AssignResponse{ExperimentId: "0198", Version: 1795392000123, Propensity: 0.4182, Reason: mabv1.AssignResponse_DRAWN,
		Variant: &mabv1.AssignedVariant{Key: "b", Payload: value}}
}

func TestAFlagHasThePayloadAsItIs(t *testing.T) {
	for _, test := range []struct {
		payload any
		want    string
	}{
		{"Ship <b>today</b>", `"Ship <b>today</b>"`},
		{"", `""`},
		{true, `true`},
		{false, `false`},
		{0.0, `0`},
		{-1.5, `-1.5`},
		{9007199254740991.0, `9007199254740991`},
		{map[string]any{"b": 1.0, "a": []any{nil, "x"}}, `{"a":[null,"x"],"b":1}`},
		{[]any{1.0, "two"}, `[1,"two"]`},
		{nil, `"b"`},
	} {
		want := `{"key":"hero","value":` + test.want + `,"reason":"SPLIT","variant":"b","metadata":{"experiment_id":"0198","version":1795392000123,"propensity":0.4182}}`
		for range 20 { // maps have no order
			if got := string(encode(flagOf("hero", answerOf(t, test.payload)))); got != want {
				t.Fatalf("got %s, not %s", got, want)
			}
		}
	}
	if got := valueOf(&mabv1.AssignedVariant{Key: "b"}); got != "b" {
		t.Errorf("without a payload it is %v", got)
	}
}

func TestEachReasonOfAnAssignmentHasItsOwn(t *testing.T) {
	want := map[string]string{"DRAWN": "SPLIT", "BOT": "SPLIT", "WINNER": "STATIC", "FORCED": "STATIC", "PAUSED": "DISABLED",
		"VARIANT_DISABLED": "DISABLED", "OUTSIDE_TRAFFIC": "DEFAULT", "NO_ROOM": "DISABLED", "REASON_UNSPECIFIED": "UNKNOWN"}
	for number, name := range mabv1.AssignResponse_Reason_name {
		if got := reasonOf(mabv1.AssignResponse_Reason(number)); got != want[name] {
			t.Errorf("%s is %s", name, got)
		}
	}
}

func TestAnETagIsOfTheBytes(t *testing.T) {
	one, other := etagOf([]byte("a")), etagOf([]byte("b"))
	if one == other || one != etagOf([]byte("a")) || !strings.HasPrefix(one, `"`) || !strings.HasSuffix(one, `"`) {
		t.Errorf("got %s and %s", one, other)
	}
	for header, want := range map[string]bool{
		one: true, "W/" + one: true, other + ", " + one: true, "*": true,
		"": false, other: false, strings.Trim(one, `"`): false,
	} {
		if matches([]string{header}, one) != want {
			t.Errorf("%q: not %v", header, want)
		}
	}
	if matches(nil, one) || !matches([]string{other, one}, one) {
		t.Error("several headers are not one list")
	}
}
