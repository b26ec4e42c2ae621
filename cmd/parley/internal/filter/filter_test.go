package filter

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
)

func row() *rows.Row {
	r := &rows.Row{
		ID: "a.txt", Paragraph: 3, Language: "ar", Text: "The Palace said so.", Model: "assad@sha256:00",
		Extra: json.RawMessage(`{"date":"2016-05-01","n":7,"outlet":"BBC Arabic"}`),
	}
	r.Stance.Label, r.Stance.Confidence, r.Stance.Score = "against", 0.85, -0.8
	r.Stance.Probabilities.Against, r.Stance.Probabilities.Favor = 0.85, 0.05
	r.Stance.Evidence = []rows.Evidence{{Holder: "Putin"}, {}}
	r.Tone.Label, r.Tone.Confidence, r.Tone.Score, r.Tone.Abstained = "neutral", 0.4, 0.1, "low_confidence"
	return r
}

func TestMatch(t *testing.T) {
	for expression, want := range map[string]bool{
		"":                                           true,
		"stance=against confidence>=0.8":             true,
		"stance=against confidence>0.85":             false,
		"stance=favor,against":                       true,
		"stance!=favor,against":                      false,
		"tone=neutral confidence<0.5":                true,
		"tone=neutral stance=against confidence<0.5": false,
		"confidence>=0.8":                            true,
		"tone.confidence>=0.8":                       false,
		"stance.score<0":                             true,
		"score<0 tone.score>0":                       true,
		"stance.against>0.8":                         true,
		"stance.favor=0.05":                          true,
		"abstained=true":                             true,
		"stance.abstained=true":                      false,
		"tone=neutral abstained=true":                true,
		"stance=against abstained=true":              false,
		"abstained!=true":                            false,
		"language=ar,en paragraph<=3":                true,
		"paragraph!=3":                               false,
		"text~palace":                                true,
		"text!~palace":                               false,
		"holder=Putin":                               true,
		"holder=":                                    true,
		"holder!=Putin":                              false,
		`extra.outlet="BBC Arabic"`:                  true,
		`"extra.outlet=BBC Arabic" id~.txt`:          true,
		"extra.n=7":                                  true,
		"extra.date~2016":                            true,
		"extra.missing=":                             true,
		"model~assad":                                true,
	} {
		f, err := Parse(expression)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		if got := f.Match(row()); got != want {
			t.Errorf("%s is %v, want %v", expression, got, want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for expression, message := range map[string]string{
		"stance":            "want FIELD OPERATOR VALUE",
		"=favor":            "want FIELD OPERATOR VALUE",
		"stance=pro":        "favor",
		"stance>favor":      "does not go with a label",
		"tone=against":      "cooperative",
		"confidence>=high":  `"high" is not a number`,
		"confidence~1":      "does not go with a number",
		"language<ar":       "does not go with text",
		"abstained=perhaps": "want abstained=true",
		"nope=1":            "unknown field",
		"favor>0.5":         "unknown field",
		"tone.favor>0.5":    "unknown field",
		"id!x":              "unknown operator",
		`text="a`:           "quote is not closed",
	} {
		if _, err := Parse(expression); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%s: error is %v, want %q", expression, err, message)
		}
	}
}
