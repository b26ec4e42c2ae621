package model_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

func TestParagraphTooLong(t *testing.T) {
	m := shipped(t)
	long := strings.Repeat("a ", model.MaxParagraph/2)
	if _, err := m.Paragraph(long, model.Options{Evidence: model.NoEvidence}); err != nil {
		t.Errorf("%d bytes: %v", len(long), err)
	}
	long += "b"
	if _, err := m.Paragraph(long, model.Options{}); !errors.Is(err, model.ErrTooLong) {
		t.Errorf("Paragraph of %d bytes: got %v, want %v", len(long), err, model.ErrTooLong)
	}
	if _, err := m.Explain(long, text.English); !errors.Is(err, model.ErrTooLong) {
		t.Errorf("Explain of %d bytes: got %v, want %v", len(long), err, model.ErrTooLong)
	}
	if _, err := reader(t).Extract(long, text.English); !errors.Is(err, model.ErrTooLong) {
		t.Errorf("Extract of %d bytes: got %v, want %v", len(long), err, model.ErrTooLong)
	}
	if got := m.LexiconSpans(long, model.Stance, model.Against); got != nil {
		t.Errorf("LexiconSpans of %d bytes: got %v, want none", len(long), got)
	}
}

func TestAbstains(t *testing.T) {
	const russian = "Министр заявил, что переговоры о перемирии продолжатся на следующей неделе в Женеве."
	const french = "Le ministre a déclaré que les négociations sur la trêve se poursuivront la semaine prochaine à Genève."
	tests := []struct {
		name, s string
		lang    text.Language
		want    model.AbstainReason
	}{
		{"empty", "", text.Other, model.NothingToRead},
		{"white space", " \n\t ", text.Other, model.NothingToRead},
		{"marks", "... !? «»", text.Other, model.NothingToRead},
		{"directional marks", "\u200f\u202b\u202c", text.Other, model.NothingToRead},
		{"marks, though the language is given", "***", text.English, model.NothingToRead},
		{"emoji", "😀 😡", text.Other, model.NothingToRead},
		{"numbers", "12, 345.6 ٧٨", text.Other, model.NothingToRead},
		{"Russian", russian, text.Other, model.UnsupportedLanguage},
		{"French", french, text.Other, model.UnsupportedLanguage},
		{"Japanese", "大統領は会談を拒否した。", text.Other, model.UnsupportedLanguage},
		{"Persian", "رئیس جمهور گفت که مذاکرات را ادامه می\u200cدهیم و این پیشنهاد را می\u200cپذیریم", text.Other, model.UnsupportedLanguage},
	}
	m := shipped(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := m.Paragraph(tt.s, model.Options{Language: tt.lang})
			if err != nil {
				t.Fatal(err)
			}
			for task := range model.Task(model.NumTasks) {
				q := p.Task(task)
				if q.Abstained != tt.want {
					t.Errorf("%s: abstained %q, want %q", task, q.Abstained, tt.want)
				}
				if len(q.Evidence) != 0 {
					t.Errorf("%s: evidence %v of what cannot be read", task, q.Evidence)
				}
			}
			checkParagraph(t, tt.s, &p, 0)
		})
	}
}

func TestAbstainsBelowThreshold(t *testing.T) {
	p := tiny()
	p.Words[0].Weights[model.Favor] = 4 // "bravo"
	for l := range p.Languages {
		p.Languages[l].Threshold = [model.NumTasks]float64{0.6, 0.9}
	}
	m := load(t, p)
	tests := []struct {
		name, s      string
		stance, tone model.AbstainReason
	}{
		{"nothing known", "Some words.", model.LowConfidence, model.LowConfidence},
		{"sure of one task", "Bravo bravo bravo.", model.NotAbstained, model.LowConfidence},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := m.Paragraph(tt.s, model.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Stance.Abstained != tt.stance || got.Tone.Abstained != tt.tone {
				t.Errorf("got %q and %q, want %q and %q (confidence %v, %v)", got.Stance.Abstained, got.Tone.Abstained,
					tt.stance, tt.tone, got.Stance.Confidence(), got.Tone.Confidence())
			}
		})
	}
}

// Equal logits: the label of the lowest number wins.
func TestTies(t *testing.T) {
	tests := []struct {
		name         string
		bias         [model.NumOutputs]float64
		stance, tone int
	}{
		{"all equal", [model.NumOutputs]float64{}, model.Favor, model.Cooperative},
		{"last two", [model.NumOutputs]float64{0, 0, 2, 2, 0, 1, 1}, model.Neutral, model.Confrontational},
		{"first and last", [model.NumOutputs]float64{1, 0, 0, 1, 3, 0, 3}, model.Favor, model.Cooperative},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := tiny()
			p.Bias = tt.bias
			got, err := load(t, p).Paragraph("", model.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Stance.Label != tt.stance || got.Tone.Label != tt.tone {
				t.Errorf("got %d and %d, want %d and %d", got.Stance.Label, got.Tone.Label, tt.stance, tt.tone)
			}
		})
	}
}

func TestLanguageOption(t *testing.T) {
	m := shipped(t)
	const s = "Envoys from nine countries met in Vienna and agreed to meet again."
	for _, tt := range []struct{ given, want text.Language }{
		{text.Other, text.English}, {text.English, text.English}, {text.Arabic, text.Arabic},
	} {
		p, err := m.Paragraph(s, model.Options{Language: tt.given})
		if err != nil {
			t.Fatal(err)
		}
		if p.Language != tt.want {
			t.Errorf("given %s: got %s, want %s", tt.given, p.Language, tt.want)
		}
		e, err := m.Explain(s, tt.given)
		if err != nil {
			t.Fatal(err)
		}
		if e.Language != tt.want {
			t.Errorf("explained, given %s: got %s, want %s", tt.given, e.Language, tt.want)
		}
	}
}

func TestEvidenceOption(t *testing.T) {
	p := tiny()
	p.Words[0].Weights[model.Favor] = 9
	m := load(t, p)
	s := strings.TrimSpace(strings.Repeat("Bravo. ", 30))
	tests := []struct{ given, want int }{
		{0, model.DefaultEvidence}, {model.NoEvidence, 0}, {-7, 0}, {1, 1}, {5, 5},
		{model.MaxEvidence, model.MaxEvidence}, {model.MaxEvidence + 1, model.MaxEvidence}, {1 << 30, model.MaxEvidence},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.given), func(t *testing.T) {
			got, err := m.Paragraph(s, model.Options{Evidence: tt.given, Language: text.English})
			if err != nil {
				t.Fatal(err)
			}
			if n := len(got.Stance.Evidence); n != tt.want {
				t.Errorf("got %d spans, want %d", n, tt.want)
			}
		})
	}
}

// The labels do not depend on how much evidence is asked for.
func TestEvidenceChangesNoLabel(t *testing.T) {
	m := shipped(t)
	for _, s := range corpusParagraphs(t, 30) {
		a, _ := m.Paragraph(s, model.Options{Evidence: model.NoEvidence})
		b, _ := m.Paragraph(s, model.Options{Evidence: model.MaxEvidence})
		a.Stance.Evidence, a.Tone.Evidence, b.Stance.Evidence, b.Tone.Evidence = nil, nil, nil, nil
		if !slices.Equal(bits(&a), bits(&b)) {
			t.Errorf("%q: %+v without evidence, %+v with", s, a, b)
		}
	}
}

func TestDocument(t *testing.T) {
	m := shipped(t)
	const content = "\ufeff<h1>Talks &amp; truce</h1><p>The envoy thanked Damascus.</p>\r\n<p>وصل الوفد السوري 😀 إلى جنيف.</p>"
	d, err := text.Decode([]byte(content), text.HTML)
	if err != nil {
		t.Fatal(err)
	}
	want := []struct{ text, source string }{
		{"Talks & truce", "Talks &amp; truce"},
		{"The envoy thanked Damascus.", "The envoy thanked Damascus."},
		{"وصل الوفد السوري 😀 إلى جنيف.", "وصل الوفد السوري 😀 إلى جنيف."},
	}
	i := 0
	for p, err := range m.Document(d, model.Options{}) {
		if err != nil || i >= len(want) {
			t.Fatalf("paragraph %d: %v", i, err)
		}
		if got := p.Span.In(d.Text); got != want[i].text {
			t.Errorf("paragraph %d is %q, want %q", i, got, want[i].text)
		}
		if got := p.Source.In(content); got != want[i].source {
			t.Errorf("paragraph %d stands in the source as %q, want %q", i, got, want[i].source)
		}
		alone, err := m.Paragraph(want[i].text, model.Options{})
		if err != nil || !slices.Equal(bits(&alone), bits(&p.Paragraph)) {
			t.Errorf("paragraph %d scores otherwise than alone: %v", i, err)
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d paragraphs, want %d", i, len(want))
	}
}

func TestDocumentGoesOnAfterTooLong(t *testing.T) {
	m := shipped(t)
	long := strings.Repeat("word ", model.MaxParagraph/5+1)
	d, err := text.Decode([]byte("First.\n\n"+long+"\n\nLast."), text.Plain)
	if err != nil {
		t.Fatal(err)
	}
	var errs []error
	for p, err := range m.Document(d, model.Options{}) {
		errs = append(errs, err)
		if p.Span.Len() == 0 || p.Source.Len() == 0 {
			t.Errorf("paragraph %d has the spans %v and %v", len(errs)-1, p.Span, p.Source)
		}
	}
	if len(errs) != 3 || errs[0] != nil || !errors.Is(errs[1], model.ErrTooLong) || errs[2] != nil {
		t.Errorf("got %v, want the second of three to be too long", errs)
	}
	for range m.Document(d, model.Options{}) {
		break // a caller may stop early
	}
}

func TestLexiconSpans(t *testing.T) {
	m := shipped(t)
	const s = "He praised the army; others condemned the massacre."
	tests := []struct {
		name  string
		task  model.Task
		label int
		want  []string
	}{
		{"for", model.Stance, model.Favor, []string{"praised"}},
		{"against", model.Stance, model.Against, []string{"condemned"}},
		{"a label without evidence", model.Stance, model.Neutral, nil},
		{"another", model.Tone, model.NeutralTone, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, p := range m.LexiconSpans(s, tt.task, tt.label) {
				got = append(got, p.In(s))
			}
			if len(tt.want) == 0 && len(got) > 0 {
				t.Errorf("got %q, want none", got)
			}
			for _, w := range tt.want {
				if !slices.Contains(got, w) {
					t.Errorf("got %q, want %q among them", got, w)
				}
			}
		})
	}
}

func TestNames(t *testing.T) {
	tests := []struct{ got, want string }{
		{model.Stance.String(), "stance"}, {model.Tone.String(), "tone"}, {model.Task(9).String(), "task(9)"},
		{strings.Join(model.Stance.Labels(), " "), "favor against neutral unrelated"},
		{strings.Join(model.Tone.Labels(), " "), "cooperative confrontational neutral"},
		{model.NotAbstained.String(), ""}, {model.LowConfidence.String(), "low_confidence"},
		{model.UnsupportedLanguage.String(), "unsupported_language"}, {model.NothingToRead.String(), "nothing_to_read"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
	for f := range model.NumFamilies {
		if f.String() == "" {
			t.Errorf("family %d has no name", f)
		}
	}
	for task := range model.Task(model.NumTasks) {
		for i, name := range task.Labels() {
			if got, err := task.ParseLabel(name); got != i || err != nil {
				t.Errorf("%s %q parsed as %d, %v", task, name, got, err)
			}
		}
		from, to := task.Outputs()
		if to-from != len(task.Labels()) {
			t.Errorf("%s has the outputs %d to %d and %d labels", task, from, to, len(task.Labels()))
		}
	}
	if _, err := model.Tone.ParseLabel("favor"); err == nil || !strings.Contains(err.Error(), "cooperative") {
		t.Errorf("a label of the other task: got %v, want an error that names those accepted", err)
	}
}

func TestScore(t *testing.T) {
	p := model.Prediction{Label: 1, Probabilities: [model.MaxLabels]float64{0.2, 0.5, 0.3}}
	if got := p.Score(); got != 0.2-0.5 {
		t.Errorf("score %v, want %v", got, 0.2-0.5)
	}
	if got := p.Confidence(); got != 0.5 {
		t.Errorf("confidence %v, want 0.5", got)
	}
	for task, want := range map[model.Task][]int{model.Stance: {1, -1, 0, 0}, model.Tone: {1, -1, 0}} {
		for label, w := range want {
			if got := task.Polarity(label); got != w {
				t.Errorf("polarity of %s %d is %d, want %d", task, label, got, w)
			}
		}
	}
}
