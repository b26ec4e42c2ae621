package text

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSentences(t *testing.T) {
	tests := []struct {
		name string
		want []string // joined by single blanks
	}{
		{"one without a stop", []string{"Talks resume in Geneva"}},
		{"two", []string{"Talks resumed.", "They failed."}},
		{"stops", []string{"Really?", "Yes!", "Why?!", "So it is…", "Well."}},
		{"ellipsis", []string{"He waited...", "Nobody came."}},
		{"ellipsis in mid-sentence", []string{"He waited... and waited … and left."}},
		{"closing quotes", []string{"“He must go.”", "She left.", "(It rained.)", "'Enough.'", "\"No.\"", "So."}},
		{"quote opens a sentence", []string{"He left.", "“Why?”", "«No.»", "(Laughter.)", "[Applause.]", "The end."}},
		{"question inside", []string{"“Why now?” he asked.", "Nobody knew."}},
		{"stop behind a quote", []string{"He called it a “mistake”.", "She agreed."}},
		{"titles", []string{"Mr. Obama met Gen. Dunford, Sen. McCain and Dr. Haddad."}},
		{"initials", []string{"George W. Bush and J. R. Smith spoke."}},
		{"acronym before a name", []string{"The U.S. State Department and the U.N. Security Council met."}},
		{"acronym ends a sentence", []string{"He lives in the U.S.", "The family followed.", "So did the U.N.", "It stayed."}},
		{"acronym before a quote", []string{"He left the U.S.", "“Never again,” he said."}},
		{"acronym before a dash", []string{"WASHINGTON, D.C. — The president spoke."}},
		{"hours", []string{"It began at 5 a.m. Monday and ended at 6 p.m. Tuesday."}},
		{"e.g. and i.e.", []string{"Some, e.g. Russia, and others, i.e. The Five, agreed."}},
		{"companies", []string{"Google Inc. Chairman Smith met Acme Corp.", "In all, ten came."}},
		{"numbers", []string{"It rose 3.5 percent to 1.2 million.", "2015 was worse."}},
		{"number abbreviation", []string{"See No. 5, pp. 3-4.", "No.", "He refused."}},
		{"answer no", []string{"He said no.", "They left."}},
		{"item number", []string{"1. The army withdraws.", "2. The convoy enters."}},
		{"domain", []string{"He told BBC.com and Yahoo!News about it."}},
		{"missing blank in English", []string{"It ended.Then it began."}},
		{"lower case names", []string{"He met the chief of staff. al-Qaeda denied it."}},
		{"stray stops", []string{"So it ended . .", "It began ."}},
		{"stray quote at the end", []string{"So it ended. \""}},
		{"only stops", []string{"..."}},
		{"Arabic", []string{"قال الأسد ذلك.", "ثم غادر!", "لماذا؟", "لا أحد يعرف…", "انتهى."}},
		{"Arabic quotes", []string{"قال: «نعم.»", "وأضاف \"لا.\"", "ثم سكت."}},
		{"Arabic abbreviations", []string{"التقى د. محمد و أ. علي أمس.", "ثم غادر."}},
		{"Arabic abbreviation without a blank", []string{"التقى د.محمد مع أ.د.علي أمس."}},
		{"Arabic names of Latin letters", []string{"وكالة إف. بي. آي. الأميركية."}},
		{"Arabic two dots", []string{"الأسد.. إلى أين يمضي.", "لا أحد يعرف."}},
		{"Arabic hijri year", []string{"صدر عام 1440 هـ.", "ثم ألغي."}},
		{"Arabic directional marks", []string{"غادر الوفد.\u200f", "ثم عاد."}},
		{"Urdu stop", []string{"وہ چلا گیا۔", "پھر آیا۔"}},
		{"Chinese stop", []string{"他走了。", "他来了。"}},
		{"invalid bytes", []string{"\xff.", "\xfe!"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := strings.Join(tt.want, " ")
			got := slices.Collect(Sentences(s))
			var want []string
			for _, w := range tt.want {
				want = append(want, strings.TrimSuffix(w, "\u200f"))
			}
			assert.Equal(t, want, texts(s, got))
			checkSpans(t, s, got)
		})
	}
}

func TestSentencesLayout(t *testing.T) {
	tests := []struct {
		name, s string
		want    []string
	}{
		{"empty", "", nil},
		{"blank", " \n\u200f", nil},
		{"wrapped lines", "Talks\nresumed. They\nfailed.", []string{"Talks\nresumed.", "They\nfailed."}},
		{"blank line", "A heading\n \nIts text.", []string{"A heading", "Its text."}},
		{"paragraph separator", "A heading\u2029Its text.", []string{"A heading", "Its text."}},
		{"trimmed", " \u00a0One.\u00a0\n Two. ", []string{"One.", "Two."}},
		{"missing blank in Arabic", "غادر الوفد.ثم عاد؟لا أحد يعرف", []string{"غادر الوفد.", "ثم عاد؟", "لا أحد يعرف"}},
		{"stop first", ". One", []string{".", "One"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := slices.Collect(Sentences(tt.s))
			assert.Equal(t, tt.want, texts(tt.s, got))
			checkSpans(t, tt.s, got)
		})
	}
}

func TestSentencesStop(t *testing.T) {
	n := 0
	for range Sentences("One. Two. Three.") {
		n++
		break
	}
	assert.Equal(t, 1, n)
}

func TestSentencesDoesNotAllocate(t *testing.T) {
	s := strings.Join(prose, " ") + " Mr. Smith of the U.S. said so. " + strings.Join(arabicProse, " ")
	assert.Zero(t, testing.AllocsPerRun(10, func() {
		for p := range Sentences(s) {
			_ = p
		}
	}))
}

// TestSentencesLinear feeds stops that would not end in time if each were followed to the end of the text.
func TestSentencesLinear(t *testing.T) {
	for _, piece := range []string{". ) ", ". ", ".", "a.", "a. 5 ", "1. ", ". ((", "“. ", ".\n", ". \u200f", "؟"} {
		s := strings.Repeat(piece, 1<<19/len(piece)) + "x"
		for p := range Sentences(s) {
			_ = p
		}
	}
}

func TestAbbreviationsAreReachable(t *testing.T) {
	for word := range abbreviations {
		assert.LessOrEqual(t, len(word), maxAbbreviation, word)
		assert.Equal(t, strings.ToLower(word), word)
	}
}
