package labels

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server"
	"github.com/parley-nlp/parley/server/labels/offset"
	"github.com/parley-nlp/parley/server/store"
)

func encodingOf(e parleyv1.EncodingType) (text.Encoding, error) {
	switch e {
	case parleyv1.EncodingType_ENCODING_TYPE_UNSPECIFIED, parleyv1.EncodingType_ENCODING_TYPE_UTF8:
		return text.UTF8, nil
	case parleyv1.EncodingType_ENCODING_TYPE_UTF16:
		return text.UTF16, nil
	case parleyv1.EncodingType_ENCODING_TYPE_UTF32:
		return text.UTF32, nil
	}
	return 0, server.FieldErrorf(server.EnumUnknown, "encoding", "encoding type %d is none of 1 (UTF-8), 2 (UTF-16) and 3 (UTF-32)", e)
}

// EncodingType is the unit of offsets as the API names it.
func EncodingType(e text.Encoding) parleyv1.EncodingType { return parleyv1.EncodingType(e) + 1 }

// invalid is an error about a field of a label.
func invalid(field, format string, args ...any) error {
	return server.FieldErrorf(server.LabelInvalid, field, format, args...)
}

// fromProto checks a label and turns it into that of the store. The error is a
// *server.Error whose field is relative to the label.
func fromProto(p *parleyv1.Label, enc text.Encoding) (store.Label, error) {
	l := store.Label{
		Text: p.GetText(), Holder: p.GetHolder(), Group: p.GetGroup(), Annotator: p.GetAnnotator(), Source: p.GetSource(),
		Model: p.GetModel(), Note: p.GetNote(), Supersedes: p.GetSupersedes(), RequestID: p.GetRequestId(),
	}
	switch {
	case strings.TrimSpace(l.Text) == "":
		return l, invalid("text", "text is missing or blank")
	case len(l.Text) > MaxTextBytes:
		return l, invalid("text", "text of %d bytes is longer than the limit of %d", len(l.Text), MaxTextBytes)
	case l.Annotator == "":
		return l, invalid("annotator", "an annotator is required: whose judgement is it?")
	}
	for _, c := range []struct {
		field, value string
		limit        int
	}{
		{"text", l.Text, MaxTextBytes}, {"holder", l.Holder, maxNameBytes}, {"group", l.Group, maxNameBytes}, {"annotator", l.Annotator, maxActorBytes}, {"source", l.Source, maxNameBytes},
		{"model", l.Model, maxNameBytes}, {"note", l.Note, maxNoteBytes}, {"supersedes", l.Supersedes, maxActorBytes}, {"request_id", l.RequestID, maxActorBytes},
	} {
		if len(c.value) > c.limit {
			return l, invalid(c.field, "%d bytes are more than the limit of %d", len(c.value), c.limit)
		}
		// PostgreSQL stores no NUL; a label must mean the same in every store.
		if strings.ContainsRune(c.value, 0) || !utf8.ValidString(c.value) {
			return l, invalid(c.field, "text with a NUL character or invalid UTF-8 is not accepted")
		}
	}
	if strings.HasPrefix(l.RequestID, store.ContentPrefix) {
		return l, invalid("request_id", "request ids that begin with %q are the server's own", store.ContentPrefix)
	}
	var err error
	if l.Language, err = languageOf(p.GetLanguage(), l.Text); err != nil {
		return l, err
	}
	if l.Stance, err = labelName(model.Stance, int32(p.GetStance())); err != nil {
		return l, err
	}
	if l.Tone, err = labelName(model.Tone, int32(p.GetTone())); err != nil {
		return l, err
	}
	if l.StanceEvidence, err = evidenceOf(model.Stance, int(p.GetStance())-1, p.GetStanceEvidence(), l.Text, enc); err != nil {
		return l, err
	}
	if l.ToneEvidence, err = evidenceOf(model.Tone, int(p.GetTone())-1, p.GetToneEvidence(), l.Text, enc); err != nil {
		return l, err
	}
	if l.Group == "" {
		l.Group = "text:" + store.Item(l.Text)
	}
	if l.RequestID == "" {
		l.RequestID = l.ContentID()
	}
	return l, nil
}

func languageOf(p parleyv1.Language, s string) (string, error) {
	switch p {
	case parleyv1.Language_LANGUAGE_ENGLISH:
		return text.English.String(), nil
	case parleyv1.Language_LANGUAGE_ARABIC:
		return text.Arabic.String(), nil
	case parleyv1.Language_LANGUAGE_UNSPECIFIED:
		if l := text.Detect(s); l != text.Other {
			return l.String(), nil
		}
		return "", invalid("language", "the text looks neither English nor Arabic; say which it is")
	}
	return "", invalid("language", "language %d is none of 1 (English) and 2 (Arabic)", p)
}

// labelName returns the name of a label that the API counts from 1.
func labelName(t model.Task, n int32) (string, error) {
	names := t.Labels()
	switch {
	case n == 0:
		return "", invalid(t.String(), "a %s is required, one of %s", t, strings.Join(names, ", "))
	case n < 0 || int(n) > len(names):
		return "", invalid(t.String(), "%s %d is not known; accepted are 1 to %d (%s)", t, n, len(names), strings.Join(names, ", "))
	}
	return names[n-1], nil
}

// evidenceOf checks the spans of a task and returns them as byte offsets in the
// order of the text.
func evidenceOf(t model.Task, label int, spans []*parleyv1.Span, s string, enc text.Encoding) ([]text.Span, error) {
	bad := func(i int, format string, args ...any) error {
		return server.FieldErrorf(server.EvidenceInvalid, fmt.Sprintf("%s_evidence[%d]", t, i), format, args...)
	}
	switch {
	case len(spans) == 0:
		return nil, nil
	case len(spans) > MaxEvidence:
		return nil, bad(MaxEvidence, "%d spans are more than the limit of %d", len(spans), MaxEvidence)
	case t.Polarity(label) == 0:
		return nil, bad(0, "the label %s takes no evidence", t.Labels()[label])
	}
	out := make([]text.Span, len(spans))
	for i, p := range spans {
		if p == nil {
			return nil, bad(i, "the span is missing")
		}
		var err error
		if out[i], err = offset.ToBytes(s, enc, p.GetStart(), p.GetEnd()); err != nil {
			return nil, bad(i, "%v", err)
		}
	}
	slices.SortFunc(out, func(a, b text.Span) int { return a.Start - b.Start })
	for i := 1; i < len(out); i++ {
		if out[i].Start < out[i-1].End {
			return nil, bad(i, "spans overlap at byte %d", out[i].Start)
		}
	}
	return out, nil
}

func toProto(l *store.Label, enc text.Encoding) *parleyv1.Label {
	p := &parleyv1.Label{
		Id: l.ID, Sequence: l.Sequence, Text: l.Text, Stance: parleyv1.Stance(numberOf(model.Stance, l.Stance) + 1), Tone: parleyv1.Tone(numberOf(model.Tone, l.Tone) + 1),
		Holder: l.Holder, Group: l.Group, Annotator: l.Annotator, Model: l.Model, Note: l.Note, Source: l.Source,
		Supersedes: l.Supersedes, SupersededBy: l.SupersededBy, RequestId: l.RequestID, CreateTime: timestamp(l.Created), EndTime: timestamp(l.Ended),
		StanceEvidence: toSpans(l.StanceEvidence, l.Text, enc), ToneEvidence: toSpans(l.ToneEvidence, l.Text, enc),
	}
	switch l.Language {
	case text.English.String():
		p.Language = parleyv1.Language_LANGUAGE_ENGLISH
	case text.Arabic.String():
		p.Language = parleyv1.Language_LANGUAGE_ARABIC
	}
	for state, s := range states {
		if s == l.State {
			p.State = state
		}
	}
	return p
}

func numberOf(t model.Task, name string) int {
	n, err := t.ParseLabel(name)
	if err != nil {
		return -1
	}
	return n
}

func toSpans(spans []text.Span, s string, enc text.Encoding) []*parleyv1.Span {
	c := text.NewConverter(s, enc)
	var out []*parleyv1.Span
	for _, sp := range spans {
		sp = c.Span(sp)
		out = append(out, &parleyv1.Span{Start: int64(sp.Start), End: int64(sp.End)})
	}
	return out
}

func timestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
