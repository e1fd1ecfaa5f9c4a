package api

import (
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	mabv1 "mab/gen/go/mab/v1"
)

// payloadDepthMax is how deep a payload is encoded by hand; a body may be no deeper.
const payloadDepthMax = maxJSONDepth

// hotText encodes the answers of the hot endpoints, byte by byte as protojson does with the codec's options and without its
// spaces. ok is false for other messages, and where protojson would refuse: it shall say so itself.
func hotText(message any) (text []byte, ok bool) {
	e := encoder{text: make([]byte, 0, 512)}
	switch m := message.(type) {
	case *mabv1.AssignResponse:
		e.assign(m)
	case *mabv1.BatchAssignResponse:
		e.batchAssign(m)
	case *mabv1.ConvertResponse:
		e.convert(m)
	default:
		return nil, false
	}
	return e.text, !e.failed
}

// encoder appends JSON. failed: something was met that is protojson's to judge.
type encoder struct {
	text   []byte
	failed bool
}

func (e *encoder) raw(text string) { e.text = append(e.text, text...) }

func (e *encoder) bool(b bool) { e.text = strconv.AppendBool(e.text, b) }

func (e *encoder) assign(m *mabv1.AssignResponse) {
	if m == nil {
		e.failed = true
		return
	}
	e.raw(`{"experiment_id":`)
	e.string(m.GetExperimentId())
	e.raw(`,"experiment_key":`)
	e.string(m.GetExperimentKey())
	e.raw(`,"variant":`)
	e.variant(m.GetVariant())
	e.raw(`,"returning":`)
	e.bool(m.GetReturning())
	e.raw(`,"counted":`)
	e.bool(m.GetCounted())
	e.raw(`,"propensity":`)
	e.number(m.GetPropensity())
	e.raw(`,"version":`)
	e.number(m.GetVersion())
	if m.AssignedAt != nil {
		e.raw(`,"assigned_at":`)
		e.timestamp(m.AssignedAt)
	}
	e.raw(`,"reason":`)
	if name, known := mabv1.AssignResponse_Reason_name[int32(m.GetReason())]; known {
		e.string(name)
	} else {
		e.text = strconv.AppendInt(e.text, int64(m.GetReason()), 10)
	}
	e.raw("}")
}

func (e *encoder) variant(v *mabv1.AssignedVariant) {
	if v == nil {
		e.raw("null")
		return
	}
	e.raw(`{"id":`)
	e.string(v.GetId())
	e.raw(`,"key":`)
	e.string(v.GetKey())
	e.raw(`,"name":`)
	e.string(v.GetName())
	e.raw(`,"is_control":`)
	e.bool(v.GetIsControl())
	e.raw(`,"payload":`)
	if v.Payload == nil {
		e.raw("null")
	} else {
		e.value(v.Payload, payloadDepthMax)
	}
	e.raw("}")
}

func (e *encoder) batchAssign(m *mabv1.BatchAssignResponse) {
	if m == nil {
		e.failed = true
		return
	}
	e.raw(`{"assignments":[`)
	for i, one := range m.GetAssignments() {
		e.comma(i)
		e.assign(one)
	}
	e.raw(`],"errors":[`)
	for i, one := range m.GetErrors() {
		e.comma(i)
		if one == nil {
			e.failed = true
		}
		e.raw(`{"experiment_key":`)
		e.string(one.GetExperimentKey())
		e.raw(`,"code":`)
		e.string(one.GetCode())
		e.raw("}")
	}
	e.raw("]}")
}

func (e *encoder) convert(m *mabv1.ConvertResponse) {
	if m == nil {
		e.failed = true
		return
	}
	e.raw(`{"recorded":`)
	e.bool(m.GetRecorded())
	e.raw(`,"duplicate":`)
	e.bool(m.GetDuplicate())
	e.raw(`,"credited":`)
	e.bool(m.GetCredited())
	e.raw(`,"variant":`)
	if v := m.GetVariant(); v == nil {
		e.raw("null")
	} else {
		e.raw(`{"id":`)
		e.string(v.GetId())
		e.raw(`,"key":`)
		e.string(v.GetKey())
		e.raw("}")
	}
	e.raw(`,"converted_at":`)
	if m.ConvertedAt == nil {
		e.raw("null")
	} else {
		e.timestamp(m.ConvertedAt)
	}
	e.raw("}")
}

func (e *encoder) comma(index int) {
	if index > 0 {
		e.text = append(e.text, ',')
	}
}

// string appends text that needs no escape as it is; the rest as protojson does, which escapes what JSON demands and no more.
func (e *encoder) string(s string) {
	e.text = append(e.text, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				e.failed = true
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		e.text = append(e.text, s[from:i]...)
		e.text = appendEscape(e.text, c)
		i++
		from = i
	}
	e.text = append(e.text, s[from:]...)
	e.text = append(e.text, '"')
}

func appendEscape(text []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(text, '\\', c)
	case '\b':
		return append(text, `\b`...)
	case '\f':
		return append(text, `\f`...)
	case '\n':
		return append(text, `\n`...)
	case '\r':
		return append(text, `\r`...)
	case '\t':
		return append(text, `\t`...)
	default:
		const digits = "0123456789abcdef"
		return append(text, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
	}
}

// number appends a double as protojson, encoding/json and JavaScript write it.
func (e *encoder) number(n float64) {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		e.failed = true
		return
	}
	format := byte('f')
	if size := math.Abs(n); size != 0 && (size < 1e-6 || size >= 1e21) {
		format = 'e'
	}
	e.text = strconv.AppendFloat(e.text, n, format, -1, 64)
	if end := len(e.text); format == 'e' && end >= 4 && string(e.text[end-4:end-1]) == "e-0" {
		e.text[end-2] = e.text[end-1] // 1e-07 is 1e-7
		e.text = e.text[:end-1]
	}
}

// timestamp appends RFC 3339 in UTC with 0, 3, 6 or 9 digits of the second's fraction.
func (e *encoder) timestamp(t *timestamppb.Timestamp) {
	if t.CheckValid() != nil {
		e.failed = true
		return
	}
	layout := `"2006-01-02T15:04:05.000000000Z"`
	switch nanos := t.GetNanos(); {
	case nanos == 0:
		layout = `"2006-01-02T15:04:05Z"`
	case nanos%1_000_000 == 0:
		layout = `"2006-01-02T15:04:05.000Z"`
	case nanos%1_000 == 0:
		layout = `"2006-01-02T15:04:05.000000Z"`
	}
	e.text = time.Unix(t.GetSeconds(), int64(t.GetNanos())).UTC().AppendFormat(e.text, layout)
}

// value appends a payload.
func (e *encoder) value(v *structpb.Value, depth int) {
	if depth == 0 {
		e.failed = true
		return
	}
	switch kind := v.GetKind().(type) {
	case *structpb.Value_NullValue:
		e.raw("null")
	case *structpb.Value_BoolValue:
		e.bool(kind.BoolValue)
	case *structpb.Value_NumberValue:
		e.number(kind.NumberValue)
	case *structpb.Value_StringValue:
		e.string(kind.StringValue)
	case *structpb.Value_ListValue:
		e.failed = e.failed || kind.ListValue == nil
		e.text = append(e.text, '[')
		for i, one := range kind.ListValue.GetValues() {
			e.comma(i)
			e.value(one, depth-1)
		}
		e.text = append(e.text, ']')
	case *structpb.Value_StructValue:
		e.failed = e.failed || kind.StructValue == nil
		e.object(kind.StructValue.GetFields(), depth)
	default:
		e.failed = true
	}
}

func (e *encoder) object(fields map[string]*structpb.Value, depth int) {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	e.text = append(e.text, '{')
	for i, name := range names {
		e.comma(i)
		e.string(name)
		e.text = append(e.text, ':')
		e.value(fields[name], depth-1)
	}
	e.text = append(e.text, '}')
}
