package corpuscheck_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training/corpuscheck"
)

// twice returns n lines with the same labels.
func twice(n int, lang, part, first, second string) string {
	line := fmt.Sprintf(`{"id":"x","lang":%q,"part":%q,"first":[%q,"neutral"],"second":[%q,"neutral"]}`, lang, part, first, second)
	return strings.Repeat(line+"\n", n)
}

func TestAgree(t *testing.T) {
	// Observed (20+15)/50 = 0.7, by chance 0.5*0.6 + 0.5*0.4 = 0.5: kappa 0.4.
	data := twice(20, "en", "real", "favor", "favor") + twice(5, "en", "real", "favor", "against") +
		twice(10, "en", "real", "against", "favor") + twice(15, "en", "real", "against", "against") +
		twice(4, "ar", "written", "unrelated", "unrelated") + twice(4, "ar", "written", "neutral", "neutral")
	rows, err := corpuscheck.ReadTwice(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	list, err := corpuscheck.Agree(context.Background(), rows)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 8 { // a part and both, of two languages and tasks
		t.Fatalf("%d figures, want 8", len(list))
	}
	en := list[0]
	if en.Task != model.Stance || en.Language != "en" || en.Part != "real" || en.Rows != 50 || math.Abs(en.Observed-0.7) > 1e-9 {
		t.Errorf("figures %+v", en)
	}
	if math.Abs(en.Kappa.Value-0.4) > 1e-9 || en.Kappa.Low >= 0.4 || en.Kappa.High <= 0.4 {
		t.Errorf("kappa %+v, want 0.4 within its interval", en.Kappa)
	}
	// Favor: F1 2*20/(25+30), against: 2*15/(25+20); the other two labels do not occur.
	if want := (40.0/55 + 30.0/45) / 2; math.Abs(en.MacroF1-want) > 1e-9 && math.Abs(en.MacroF1-want/2) > 1e-9 {
		t.Errorf("macro-F1 %v, want %v over the labels that occur or half of it over all", en.MacroF1, want)
	}
	if ar := list[2]; ar.Language != "ar" || ar.Kappa.Value != 1 || ar.Observed != 1 {
		t.Errorf("figures %+v, want full agreement", ar)
	}
	var b strings.Builder
	if err := corpuscheck.PrintAgreement(&b, list[:2]); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(b.String(), "\n"); lines != 4 || !strings.Contains(b.String(), "0.40 (") {
		t.Errorf("table:\n%s", &b)
	}
}

func TestReadTwiceRefuses(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"{", "line 2"}, {twice(1, "fr", "real", "favor", "favor"), `"fr"`}, {twice(1, "en", "web", "favor", "favor"), `"web"`},
		{twice(1, "en", "real", "favor", "pro"), "pro"}, {twice(1, "en", "real", "", "favor"), "line 2"},
	} {
		_, err := corpuscheck.ReadTwice(strings.NewReader(twice(1, "en", "real", "favor", "favor") + c.line))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want one with %q", c.line, err, c.want)
		}
	}
}
