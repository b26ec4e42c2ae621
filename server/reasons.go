package server

import "google.golang.org/grpc/codes"

// Domain is the domain of every ErrorInfo that the server sends.
const Domain = "parley"

// Reason is the cause of a failure, an UPPER_SNAKE_CASE word that programs may
// branch on. It stands in the ErrorInfo of a failed call and in ItemError.
type Reason string

// The reasons. Every one has a row in Reasons.
const (
	DocumentRequired    Reason = "DOCUMENT_REQUIRED"
	ContentEmpty        Reason = "CONTENT_EMPTY"
	ContentTooLarge     Reason = "CONTENT_TOO_LARGE"
	ContentBinary       Reason = "CONTENT_BINARY"
	ParagraphTooLong    Reason = "PARAGRAPH_TOO_LONG"
	ParagraphsTooMany   Reason = "PARAGRAPHS_TOO_MANY"
	IDTooLong           Reason = "ID_TOO_LONG"
	BatchEmpty          Reason = "BATCH_EMPTY"
	BatchTooLarge       Reason = "BATCH_TOO_LARGE"
	EnumUnknown         Reason = "ENUM_UNKNOWN"
	EvidenceOutOfRange  Reason = "EVIDENCE_OUT_OF_RANGE"
	FieldInvalid        Reason = "FIELD_INVALID"
	MalformedRequest    Reason = "MALFORMED_REQUEST"
	MessageTooLarge     Reason = "MESSAGE_TOO_LARGE"
	ModelNotFound       Reason = "MODEL_NOT_FOUND"
	ModelNotServable    Reason = "MODEL_NOT_SERVABLE"
	NothingToRollBack   Reason = "NOTHING_TO_ROLL_BACK"
	AliasChanged        Reason = "ALIAS_CHANGED"
	StoreUnavailable    Reason = "STORE_UNAVAILABLE"
	Overloaded          Reason = "OVERLOADED"
	StreamsTooMany      Reason = "STREAMS_TOO_MANY"
	TokenMissing        Reason = "TOKEN_MISSING"
	TokenInvalid        Reason = "TOKEN_INVALID"
	ScopeMissing        Reason = "SCOPE_MISSING"
	ShuttingDown        Reason = "SHUTTING_DOWN"
	CallCanceled        Reason = "CALL_CANCELED"
	CallDeadline        Reason = "DEADLINE_EXCEEDED"
	MethodUnimplemented Reason = "METHOD_UNIMPLEMENTED"
	InternalError       Reason = "INTERNAL"
)

// Row describes a reason: the code it always comes with, when it is given and
// what the caller can do.
type Row struct {
	Reason Reason
	Code   codes.Code
	When   string
	Cure   string
}

// Reasons is the table of all failures, in the order of the documentation.
var Reasons = []Row{
	{DocumentRequired, codes.InvalidArgument, "The request holds no document, or a document with neither `content` nor `raw`.", "Set exactly one of the two."},
	{ContentEmpty, codes.InvalidArgument, "The content has no byte.", "Leave such documents out."},
	{ContentTooLarge, codes.InvalidArgument, "The content is longer than `--max-document-bytes`; the message names limit and size.", "Split the document, or raise the limit."},
	{ContentBinary, codes.InvalidArgument, "The content is not text: it holds a NUL or is mostly control characters.", "Extract the text first; UTF-16 needs a byte order mark."},
	{ParagraphTooLong, codes.InvalidArgument, "One paragraph is longer than 1 MiB.", "Send shorter paragraphs."},
	{ParagraphsTooMany, codes.InvalidArgument, "The documents of one call hold more paragraphs than `--max-paragraphs`.", "Send fewer documents a call."},
	{IDTooLong, codes.InvalidArgument, "An id is longer than 1024 bytes.", "Shorten it."},
	{BatchEmpty, codes.InvalidArgument, "A batch or a message of a stream holds no document.", "Send at least one."},
	{BatchTooLarge, codes.InvalidArgument, "A batch or a message of a stream holds more documents than `--max-documents`; the message names limit and size.", "Send several batches."},
	{EnumUnknown, codes.InvalidArgument, "A content type, encoding, unit or language is none that this server accepts.", "Use one of those that the message lists; the client may be newer than the server."},
	{EvidenceOutOfRange, codes.InvalidArgument, "`max_evidence` is not in 0 to 16.", "Stay in the range."},
	{FieldInvalid, codes.InvalidArgument, "Another field has a value that is not accepted; the field violation names it.", "Follow the field's comment in the schema."},
	{MalformedRequest, codes.InvalidArgument, "The request is not valid protobuf, a `string` field is not UTF-8, or JSON names a field or an enum value that does not exist.", "Send text of unknown encoding in `raw`."},
	{MessageTooLarge, codes.ResourceExhausted, "A message of a stream is larger than `--max-message-bytes`. For other calls gRPC itself answers so, without an ErrorInfo.", "Send smaller messages, or raise the limit."},
	{ModelNotFound, codes.NotFound, "No alias and no model of that name is known.", "Ask ListModels."},
	{ModelNotServable, codes.FailedPrecondition, "The model is stored but cannot answer: it is not loaded, or its file is broken or of another version.", "Give it an alias with ActivateModel, or store a sound file; GetModel says what is wrong."},
	{NothingToRollBack, codes.FailedPrecondition, "The alias has no earlier model.", "Activate a model by name."},
	{AliasChanged, codes.Aborted, "Somebody else changed the aliases since the generation that the request expects, or at the same moment.", "Read the aliases again and decide anew."},
	{StoreUnavailable, codes.Unavailable, "The model store cannot be read or written; nothing has changed and the models in use keep serving.", "Retry; the log says why."},
	{Overloaded, codes.ResourceExhausted, "The queue is full, or this connection holds its share of it. Comes with RetryInfo.", "Wait as RetryInfo says, then retry."},
	{StreamsTooMany, codes.ResourceExhausted, "The connection already has `--max-streams` StreamClassify calls open; the message names the limit. Comes with RetryInfo.", "Use fewer streams, each with more in flight."},
	{TokenMissing, codes.Unauthenticated, "The server asks for a bearer token and the call has none.", "Send `authorization: Bearer ...`."},
	{TokenInvalid, codes.Unauthenticated, "The token is not known, or has expired.", "Get a new one."},
	{ScopeMissing, codes.PermissionDenied, "The token does not carry the scope that the method needs; the metadata names it.", "Use another token."},
	{ShuttingDown, codes.Unavailable, "The server is draining; the stream ends after the answers to all that was accepted.", "Reconnect, to another replica if there is one, and send what has no answer."},
	{CallCanceled, codes.Canceled, "The caller went away.", ""},
	{CallDeadline, codes.DeadlineExceeded, "The deadline passed before the answer was ready. Documents already scored are not returned.", "Set a longer deadline or send less; do not retry blindly."},
	{MethodUnimplemented, codes.Unimplemented, "This server does not offer the method.", "See which services it was started with."},
	{InternalError, codes.Internal, "A fault of the server. The log holds it under the request id that RequestInfo gives.", "Report it with the request id."},
}

var codeOf = func() map[Reason]codes.Code {
	m := make(map[Reason]codes.Code, len(Reasons))
	for _, r := range Reasons {
		m[r.Reason] = r.Code
	}
	return m
}()
