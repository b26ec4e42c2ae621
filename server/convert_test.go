package server

import (
	"testing"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// The tests below go over all values of both sides, so that a new one without a
// counterpart fails.

func TestEveryLabelHasACounterpart(t *testing.T) {
	tests := []struct {
		task   model.Task
		enum   map[int32]string
		prefix string
		of     func(int) int32
	}{
		{model.Stance, parleyv1.Stance_name, "STANCE_", func(i int) int32 { return int32(stanceOf(i)) }},
		{model.Tone, parleyv1.Tone_name, "TONE_", func(i int) int32 { return int32(toneOf(i)) }},
	}
	upper := map[string]string{
		"favor": "FAVOR", "against": "AGAINST", "neutral": "NEUTRAL", "unrelated": "UNRELATED",
		"cooperative": "COOPERATIVE", "confrontational": "CONFRONTATIONAL",
	}
	for _, tt := range tests {
		t.Run(tt.task.String(), func(t *testing.T) {
			labels := tt.task.Labels()
			if len(tt.enum) != len(labels)+1 {
				t.Errorf("the enum has %d values, the task %d labels", len(tt.enum), len(labels))
			}
			for i, label := range labels {
				if got, want := tt.enum[tt.of(i)], tt.prefix+upper[label]; got != want {
					t.Errorf("label %q becomes %q, want %q", label, got, want)
				}
			}
		})
	}
	if numStances != len(model.Stance.Labels()) || numTones != len(model.Tone.Labels()) {
		t.Error("the numbers of labels differ")
	}
}

func TestEveryLanguageHasACounterpart(t *testing.T) {
	if len(languages) != len(parleyv1.Language_name)-1 {
		t.Errorf("%d languages, the enum has %d", len(languages), len(parleyv1.Language_name)-1)
	}
	for from, to := range map[text.Language]parleyv1.Language{
		text.Other: parleyv1.Language_LANGUAGE_OTHER, text.English: parleyv1.Language_LANGUAGE_ENGLISH, text.Arabic: parleyv1.Language_LANGUAGE_ARABIC,
	} {
		if languages[from] != to {
			t.Errorf("%v becomes %v, want %v", from, languages[from], to)
		}
	}
}

func TestEveryAbstentionHasACounterpart(t *testing.T) {
	if len(abstentions) != len(parleyv1.AbstainReason_name) {
		t.Errorf("%d reasons, the enum has %d", len(abstentions), len(parleyv1.AbstainReason_name))
	}
	names := map[model.AbstainReason]string{
		model.NotAbstained: "ABSTAIN_REASON_UNSPECIFIED", model.LowConfidence: "ABSTAIN_REASON_LOW_CONFIDENCE",
		model.UnsupportedLanguage: "ABSTAIN_REASON_UNSUPPORTED_LANGUAGE", model.NothingToRead: "ABSTAIN_REASON_NOTHING_TO_READ",
	}
	for r, want := range names {
		if got := abstentions[r].String(); got != want {
			t.Errorf("%v becomes %s, want %s", r, got, want)
		}
	}
}

func TestEveryEnumOfARequestIsKnown(t *testing.T) {
	for v := range parleyv1.EncodingType_name {
		if _, ok := encodings[parleyv1.EncodingType(v)]; !ok {
			t.Errorf("encoding %d is not accepted", v)
		}
	}
	for v := range parleyv1.ContentType_name {
		if _, ok := contentTypes[parleyv1.ContentType(v)]; !ok {
			t.Errorf("content type %d is not accepted", v)
		}
	}
	for v := range parleyv1.Language_name {
		_, ok := hints[parleyv1.Language(v)]
		if want := parleyv1.Language(v) != parleyv1.Language_LANGUAGE_OTHER; ok != want {
			t.Errorf("language %d accepted: %v, want %v", v, ok, want)
		}
	}
}

func BenchmarkToParagraph(b *testing.B) {
	m := &fakeModel{}
	const s = "The ministry rejected the draft, a spokesman said on Monday after talks in Geneva."
	p, err := m.Paragraph(s, model.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		toParagraph(&p, s, text.Span{End: len(s)}, text.UTF16)
	}
}
