package server

import "google.golang.org/grpc/codes"

// The reasons of LabelService and TrainingService.
const (
	LabelInvalid           Reason = "LABEL_INVALID"
	EvidenceInvalid        Reason = "EVIDENCE_INVALID"
	LabelNotFound          Reason = "LABEL_NOT_FOUND"
	LabelEnded             Reason = "LABEL_ENDED"
	RequestIDReused        Reason = "REQUEST_ID_REUSED"
	PageTokenInvalid       Reason = "PAGE_TOKEN_INVALID"
	PoolTooLarge           Reason = "POOL_TOO_LARGE"
	LabelStoreUnavailable  Reason = "LABEL_STORE_UNAVAILABLE"
	TrainingNotFound       Reason = "TRAINING_NOT_FOUND"
	TrainingRunning        Reason = "TRAINING_RUNNING"
	TrainerUnavailable     Reason = "TRAINER_UNAVAILABLE"
	PromotionConflict      Reason = "PROMOTION_CONFLICT"
	OverrideReasonRequired Reason = "OVERRIDE_REASON_REQUIRED"
)

var labelReasons = []Row{
	{LabelInvalid, codes.InvalidArgument, "A field of a label is missing or not accepted; `field` names it.", "Follow the field's comment in the schema."},
	{EvidenceInvalid, codes.InvalidArgument, "A span of evidence lies outside the text, cuts a character, overlaps another, or belongs to a label that takes none.", "Check the unit of the offsets that the request names."},
	{LabelNotFound, codes.NotFound, "No label has the id.", "Ask ListLabels."},
	{LabelEnded, codes.Aborted, "The label was superseded or deleted by somebody else.", "Read it again and decide anew."},
	{RequestIDReused, codes.AlreadyExists, "The request id was used before with other content.", "Use a new request id."},
	{PageTokenInvalid, codes.InvalidArgument, "The page token is none that this server gave for the same filter.", "Start from the first page."},
	{PoolTooLarge, codes.InvalidArgument, "The pool holds more paragraphs or longer ids than is accepted; the message names limit and size.", "Send a sample of it."},
	{LabelStoreUnavailable, codes.Unavailable, "The label store cannot be read or written; nothing of the call has been stored.", "Retry with the same request ids; the log says why."},
	{TrainingNotFound, codes.NotFound, "No training has the id.", "Ask ListTrainings."},
	{TrainingRunning, codes.FailedPrecondition, "Another training is running on a server of the same store; the metadata names it.", "Wait for it with WatchTraining, or cancel it."},
	{TrainerUnavailable, codes.FailedPrecondition, "The server cannot train in the mode asked for, for instance from scratch where the training text is not at hand.", "Use the mode adapt, or train where the text is."},
	{PromotionConflict, codes.Aborted, "Another model serves than the request expects.", "Read the history again and decide anew."},
	{OverrideReasonRequired, codes.InvalidArgument, "The gate is to be overridden but no reason is given.", "Say why; it is recorded."},
}

func init() {
	for _, r := range labelReasons {
		Reasons = append(Reasons, r)
		codeOf[r.Reason] = r.Code
	}
}

// RegistryError turns an error of the model registry into what a caller sees.
func RegistryError(err error) error { return modelError(err) }
