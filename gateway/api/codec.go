package api

import (
	"bytes"
	"fmt"
	"io"
	"reflect"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// maxJSONDepth is how deep a body nests. A payload of this depth stays below the 100 nested messages that the
// services' protobuf takes (a level of an object is three).
const maxJSONDepth = 32

// codec reads and writes JSON as the contract has it: snake_case names, zero values present, enums as strings,
// unknown fields refused.
type codec struct {
	runtime.JSONPb
}

func newCodec() *codec {
	return &codec{runtime.JSONPb{MarshalOptions: protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}}}
}

// Marshal implements runtime.Marshaler. protojson puts a space behind commas in some builds and not in others, lest
// anybody lean on it; here the same answer is the same text always.
func (c *codec) Marshal(v any) ([]byte, error) {
	if text, ok := hotText(v); ok {
		return text, nil
	}
	text, err := c.JSONPb.Marshal(v)
	return withoutSpaces(text), err
}

// NewDecoder implements runtime.Marshaler. Unlike the decoder that it replaces it refuses what follows the value.
func (c *codec) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		body, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(body)) == 0 {
			return io.EOF // an empty body leaves the message as it is
		}
		return decode(body, v)
	})
}

// decodeBody reads a hot endpoint's body into its request, which is empty. A body that is empty leaves it so.
func (c *codec) decodeBody(body []byte, request proto.Message) error {
	if len(bytes.TrimSpace(body)) == 0 || hotDecode(body, request) {
		return nil
	}
	proto.Reset(request)
	return protojson.Unmarshal(body, request)
}

// decode reads body, which was measured, into v: a message, or a pointer to the field of a message that is the request's body.
func decode(body []byte, v any) error {
	if message, ok := v.(proto.Message); ok {
		return protojson.Unmarshal(body, message)
	}
	field := reflect.ValueOf(v)
	if field.Kind() != reflect.Pointer || field.Elem().Kind() != reflect.Pointer {
		return fmt.Errorf("a body can't be read into %T", v)
	}
	if field.Elem().IsNil() {
		field.Elem().Set(reflect.New(field.Elem().Type().Elem()))
	}
	message, ok := field.Elem().Interface().(proto.Message)
	if !ok {
		return fmt.Errorf("a body can't be read into %T", v)
	}
	return protojson.Unmarshal(body, message)
}
