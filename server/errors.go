package server

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// Error is a failure as a caller may see it. It becomes the status of a call or
// the ItemError of a document, under the same rule.
type Error struct {
	// Reason says what went wrong; it determines the code.
	Reason Reason
	// Message is for a person: what was wrong and what is accepted.
	Message string
	// Field is the path of the offending field; empty when no one field is to
	// blame.
	Field string
	// RetryAfter, above 0, is sent as RetryInfo.
	RetryAfter time.Duration
	// Metadata goes into the ErrorInfo.
	Metadata map[string]string
}

// Errorf returns an Error without a field.
func Errorf(reason Reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// FieldErrorf returns an Error about the field at path.
func FieldErrorf(reason Reason, path, format string, args ...any) *Error {
	return &Error{Reason: reason, Field: path, Message: fmt.Sprintf(format, args...)}
}

// Error returns the message, after the field if there is one.
func (e *Error) Error() string {
	if e.Field != "" {
		return e.Field + ": " + e.Message
	}
	return e.Message
}

// Code returns the gRPC code of the reason.
func (e *Error) Code() codes.Code {
	if c, ok := codeOf[e.Reason]; ok {
		return c
	}
	return codes.Internal
}

// GRPCStatus returns the failure as a status with ErrorInfo and, where they
// apply, BadRequest and RetryInfo.
func (e *Error) GRPCStatus() *status.Status {
	st := status.New(e.Code(), e.Error())
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{
		Reason: string(e.Reason), Domain: Domain, Metadata: maps.Clone(e.Metadata),
	}}
	if e.Field != "" {
		details = append(details, &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: e.Field, Description: e.Message, Reason: string(e.Reason)},
		}})
	}
	if e.RetryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(e.RetryAfter)})
	}
	with, err := st.WithDetails(details...)
	if err != nil {
		return st
	}
	return with
}

// Item returns the failure as that of one item.
func (e *Error) Item() *parleyv1.ItemError {
	return &parleyv1.ItemError{Code: int32(e.Code()), Reason: string(e.Reason), Message: e.Message, Field: e.Field}
}

// toError finds the Error that err stands for. What is not meant for the caller
// becomes InternalError without the inner text.
func toError(err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.Canceled):
		return Errorf(CallCanceled, "the caller cancelled the call")
	case errors.Is(err, context.DeadlineExceeded):
		return Errorf(CallDeadline, "the deadline passed before the answer was ready")
	case errors.Is(err, text.ErrBinary):
		return Errorf(ContentBinary, "content is binary, not text")
	case errors.Is(err, model.ErrTooLong):
		return Errorf(ParagraphTooLong, "a paragraph is longer than the limit of %d bytes", model.MaxParagraph)
	}
	return Errorf(InternalError, "internal error")
}
