package model_test

import (
	"cmp"
	"slices"
	"testing"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// marked returns a model of the shipped target and lexicon that knows only the
// words given; they speak against, so that evidence stands where they do.
func marked(tb testing.TB, norms ...string) *model.Model {
	tb.Helper()
	x := reader(tb)
	p := tiny()
	p.Target, p.Lexicon = model.AssadTarget, model.AttitudeLexicon
	p.Words = nil
	for _, norm := range norms {
		w := model.WordParams{Hash: text.Hash(norm)}
		w.Stem, w.Name, w.Lex = x.WordKeys([]byte(norm))
		w.Weights[model.Against] = 30
		p.Words = append(p.Words, w)
	}
	slices.SortFunc(p.Words, func(a, b model.WordParams) int { return cmp.Compare(a.Hash, b.Hash) })
	return load(tb, p)
}

func TestHolders(t *testing.T) {
	tests := []struct{ name, s, want string }{
		{"nobody is reported", "The killer must leave.", ""},
		{"before the verb", "Kerry said the killer must leave.", "Kerry"},
		{"full name", "John Kerry said the killer must leave.", "John Kerry"},
		{"title and name", "Foreign Minister Laurent Fabius said that the killer must leave.", "Foreign Minister Laurent Fabius"},
		{"common noun", "The opposition leader said the killer must leave.", "opposition leader"},
		{"after the verb", "The killer must leave, said Hollande.", "Hollande"},
		{"verb at the end", "The killer must leave, Hollande said.", "Hollande"},
		{"according to", "According to Cameron, the killer must leave.", "Cameron"},
		{"quotation goes on", "Erdogan said: \"We have waited. The killer must leave.\"", "Erdogan"},
		{"quotation is over", "Erdogan said: \"We have waited.\" Then the killer must leave.", ""},
		{"who speaks in another sentence", "Kerry: It rains. Nobody left. The killer must leave.", ""},
		{"pronoun", "He said the killer must leave.", ""},
		{"Arabic", "وقال كيري إن القاتل يجب أن يرحل.", "كيري"},
		{"Arabic with a title", "وأكد الوزير عادل الجبير أن القاتل سيرحل.", "الوزير عادل الجبير"},
		{"Arabic quotation", "وقال هولاند: «لقد انتظرنا. القاتل سيرحل».", "هولاند"},
		{"Arabic without a speaker", "القاتل سيرحل قريبا.", ""},
	}
	m := marked(t, "killer", "القاتل")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := m.Paragraph(tt.s, model.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Stance.Evidence) != 1 {
				t.Fatalf("%q: %d spans, want 1: %+v", tt.s, len(p.Stance.Evidence), p.Stance)
			}
			if got := p.Stance.Evidence[0].Holder; got != tt.want {
				t.Errorf("%q: holder %q, want %q", tt.s, got, tt.want)
			}
		})
	}
}

func TestNegationInEvidence(t *testing.T) {
	tests := []struct{ name, s, want string }{
		{"before the word", "Paris has never condemned.", "never condemned"},
		{"two words before", "They did not really condemned.", "not really condemned"},
		{"in another clause", "They were not there, we condemned.", "condemned"},
		{"in another sentence", "They did not. We condemned.", "condemned"},
		{"none", "Paris condemned.", "condemned"},
		{"Arabic", "المجلس لم أدان.", "لم أدان"},
	}
	m := marked(t, "condemned", "ادان")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := m.Paragraph(tt.s, model.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Stance.Evidence) != 1 {
				t.Fatalf("%q: %d spans, want 1: %+v", tt.s, len(p.Stance.Evidence), p.Stance)
			}
			e := p.Stance.Evidence[0]
			if got := tt.s[e.Start:e.End]; got != tt.want {
				t.Errorf("%q: evidence %q, want %q", tt.s, got, tt.want)
			}
		})
	}
}
