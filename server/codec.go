package server

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// codec is gRPC's codec for protobuf, but for requests that cannot be decoded:
// gRPC would answer those with INTERNAL before any handler is asked. They are
// received into an envelope, which keeps the error for the handler.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2(proto.Name)} }

// envelope is the place for a request.
type envelope struct {
	message any
	err     error
}

// Unmarshal implements encoding.CodecV2.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	e, ok := v.(*envelope)
	if !ok {
		return c.CodecV2.Unmarshal(data, v)
	}
	e.err = c.CodecV2.Unmarshal(data, e.message)
	return nil
}

// receiveInto receives a message by means of receive.
func receiveInto(v any, receive func(any) error) error {
	e := envelope{message: v}
	if err := receive(&e); err != nil {
		return err
	}
	if e.err != nil {
		return Errorf(MalformedRequest, "the request is malformed: not valid protobuf, or a string that is not UTF-8")
	}
	return nil
}

// serverStream is a stream with the context and the errors of this package.
type serverStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *serverStream) Context() context.Context { return s.ctx }

func (s *serverStream) RecvMsg(m any) error { return receiveInto(m, s.ServerStream.RecvMsg) }
