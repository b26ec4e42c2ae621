package server

import (
	"fmt"
	"io"

	"google.golang.org/grpc/codes"
)

// WriteErrorsDocument writes docs/errors.md from Reasons.
func WriteErrorsDocument(w io.Writer) {
	fmt.Fprint(w, `# Failures

<!-- Written by `+"`go test ./server -run TestErrorsDocument -update`"+`; do not edit. -->

A call that fails carries a status with a `+"`google.rpc.ErrorInfo`"+` of the domain `+"`parley`"+`, whose `+"`reason`"+` is one of the words below, and a
`+"`google.rpc.RequestInfo`"+` with the id under which the log knows the call (yours, if you sent `+"`x-request-id`"+`). Where one field is to blame
there is a `+"`google.rpc.BadRequest`"+` that names it; where waiting helps, a `+"`google.rpc.RetryInfo`"+` that says how long.

In a batch and in a stream, a document that cannot be scored has an `+"`ItemError`"+` with the same code, reason and field; the call goes on. What
is wrong with the call as a whole (a setting, too many documents) fails the call of a batch, and in a stream the answer to that message.

Branch on `+"`reason`"+`, never on the message. Retry UNAVAILABLE, and RESOURCE_EXHAUSTED after the time that RetryInfo gives; nothing else gets
better by itself.

| reason | code | when | what to do |
| --- | --- | --- | --- |
`)
	for _, r := range Reasons {
		fmt.Fprintf(w, "| `%s` | %s (%d) | %s | %s |\n", r.Reason, codeName(r.Code), r.Code, r.When, r.Cure)
	}
	fmt.Fprint(w, `
Failures that gRPC itself reports have no ErrorInfo: UNIMPLEMENTED for a method that is not served, RESOURCE_EXHAUSTED for a message
larger than `+"`--max-message-bytes`"+` or a client's own limit, UNAVAILABLE when there is no connection, and INTERNAL for broken framing.

Over HTTP the codes become the HTTP statuses of the Connect protocol (INVALID_ARGUMENT 400, UNAUTHENTICATED 401, NOT_FOUND 404,
RESOURCE_EXHAUSTED 429, UNAVAILABLE 503, ...), and the details stand in the JSON body.
`)
}

// codeName is the name of a code as the gRPC documentation spells it.
func codeName(c codes.Code) string {
	names := map[codes.Code]string{
		codes.Canceled: "CANCELLED", codes.InvalidArgument: "INVALID_ARGUMENT", codes.DeadlineExceeded: "DEADLINE_EXCEEDED",
		codes.NotFound: "NOT_FOUND", codes.PermissionDenied: "PERMISSION_DENIED", codes.Unauthenticated: "UNAUTHENTICATED",
		codes.ResourceExhausted: "RESOURCE_EXHAUSTED", codes.FailedPrecondition: "FAILED_PRECONDITION", codes.Aborted: "ABORTED",
		codes.Unimplemented: "UNIMPLEMENTED", codes.Internal: "INTERNAL", codes.Unavailable: "UNAVAILABLE",
		codes.AlreadyExists: "ALREADY_EXISTS", codes.OutOfRange: "OUT_OF_RANGE",
	}
	if n, ok := names[c]; ok {
		return n
	}
	return c.String()
}
