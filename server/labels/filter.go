package labels

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server"
	"github.com/parley-nlp/parley/server/store"
)

var states = map[parleyv1.LabelState]store.State{
	parleyv1.LabelState_LABEL_STATE_ACTIVE:     store.Active,
	parleyv1.LabelState_LABEL_STATE_SUPERSEDED: store.Superseded,
	parleyv1.LabelState_LABEL_STATE_DELETED:    store.Deleted,
}

// filterOf checks a filter.
func filterOf(p *parleyv1.LabelFilter) (store.Filter, error) {
	f := store.Filter{
		Annotator: p.GetAnnotator(), Group: p.GetGroup(), Source: p.GetSource(), Model: p.GetModel(), Contains: p.GetTextContains(), AsOf: p.GetAsOf(),
	}
	bad := func(field, format string, args ...any) (store.Filter, error) {
		return f, server.FieldErrorf(server.FieldInvalid, "filter."+field, format, args...)
	}
	for field, v := range map[string]string{"annotator": f.Annotator, "group": f.Group, "source": f.Source, "model": f.Model, "text_contains": f.Contains} {
		if len(v) > maxNoteBytes || strings.ContainsRune(v, 0) || !utf8.ValidString(v) {
			return bad(field, "more than %d bytes, a NUL character or invalid UTF-8 is not accepted", maxNoteBytes)
		}
	}
	if f.AsOf < 0 {
		return bad("as_of", "%d is negative", f.AsOf)
	}
	for i, s := range p.GetStates() {
		state, ok := states[s]
		if !ok && s != parleyv1.LabelState_LABEL_STATE_UNSPECIFIED {
			return bad(fmt.Sprintf("states[%d]", i), "state %d is none of 1 (active), 2 (superseded) and 3 (deleted)", s)
		}
		if !ok {
			state = store.Active
		}
		f.States = append(f.States, state)
	}
	if len(f.States) > len(states) {
		return bad("states", "%d states are more than there are", len(f.States))
	}
	switch p.GetLanguage() {
	case parleyv1.Language_LANGUAGE_UNSPECIFIED:
	case parleyv1.Language_LANGUAGE_ENGLISH:
		f.Language = text.English.String()
	case parleyv1.Language_LANGUAGE_ARABIC:
		f.Language = text.Arabic.String()
	default:
		return bad("language", "language %d is none of 1 (English) and 2 (Arabic)", p.GetLanguage())
	}
	var err error
	if n := int32(p.GetStance()); n != 0 {
		if f.Stance, err = labelName(model.Stance, n); err != nil {
			return bad("stance", "stance %d is not known", n)
		}
	}
	if n := int32(p.GetTone()); n != 0 {
		if f.Tone, err = labelName(model.Tone, n); err != nil {
			return bad("tone", "tone %d is not known", n)
		}
	}
	if t := p.GetCreatedFrom(); t != nil {
		if err := t.CheckValid(); err != nil {
			return bad("created_from", "%v", err)
		}
		f.From = t.AsTime()
	}
	if t := p.GetCreatedBefore(); t != nil {
		if err := t.CheckValid(); err != nil {
			return bad("created_before", "%v", err)
		}
		f.Before = t.AsTime()
	}
	return f, nil
}

// filterHash ties a page token to its filter.
func filterHash(p *parleyv1.LabelFilter) string {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(p)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

func pageToken(p *parleyv1.LabelFilter, asOf, after int64) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s.%d.%d", filterHash(p), asOf, after))
}

func parsePageToken(p *parleyv1.LabelFilter, token string) (asOf, after int64, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		hash, rest, _ := strings.Cut(string(raw), ".")
		if hash == filterHash(p) {
			if n, err := fmt.Sscanf(rest, "%d.%d", &asOf, &after); n == 2 && err == nil && asOf >= 0 && after >= 0 {
				return asOf, after, nil
			}
		}
	}
	return 0, 0, server.FieldErrorf(server.PageTokenInvalid, "page_token", "the page token is not one given for this filter")
}
