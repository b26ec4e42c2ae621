package behaviour_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training/behaviour"
)

func TestShippedCases(t *testing.T) {
	cases, err := behaviour.Load(behaviour.Shipped())
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	texts := map[string]string{}
	for _, c := range cases {
		count[behaviour.Key(c.Capability, c.Language.String())]++
		if id, ok := texts[c.Text]; ok {
			t.Errorf("%s and %s have the same text", id, c.ID)
		}
		texts[c.Text] = c.ID
		if want := c.Capability + "-" + c.Language.String() + "-"; !strings.HasPrefix(c.ID, want) {
			t.Errorf("id %q does not begin with %q", c.ID, want)
		}
	}
	const least = 25
	for _, capability := range []string{"negation", "name-swap", "reported-speech", "headline", "boilerplate", "comments", "bare-names"} {
		for _, lang := range []string{"en", "ar"} {
			if n := count[behaviour.Key(capability, lang)]; n < least {
				t.Errorf("%s in %s: %d cases, want %d or more", capability, lang, n, least)
			}
		}
	}
}

func TestEmbeddedModelReachesFloor(t *testing.T) {
	m, err := model.Default()
	if err != nil {
		t.Fatal(err)
	}
	cases, err := behaviour.Load(behaviour.Shipped())
	if err != nil {
		t.Fatal(err)
	}
	floor, err := behaviour.Floor(behaviour.Shipped())
	if err != nil {
		t.Fatal(err)
	}
	r, err := behaviour.Run(m, cases, floor)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range r.Rates {
		if _, ok := floor[behaviour.Key(x.Capability, x.Language)]; !ok {
			t.Errorf("%s in %s has no floor", x.Capability, x.Language)
		}
	}
	for _, x := range r.Below() {
		t.Errorf("%s in %s: %d of %d passed (%.2f), want %.2f", x.Capability, x.Language, x.Passed, x.Cases, x.Rate, x.Floor)
	}
}

// fake says what the test says of a text.
type fake map[string][2]int

var errUnknown = errors.New("unknown text")

func (f fake) Paragraph(s string, _ model.Options) (model.Paragraph, error) {
	labels, ok := f[s]
	if !ok {
		return model.Paragraph{}, errUnknown
	}
	var p model.Paragraph
	for t := range model.Task(model.NumTasks) {
		q := p.Task(t)
		q.Label = labels[t]
		q.Probabilities[q.Label] = 1
	}
	return p, nil
}

func TestRun(t *testing.T) {
	says := fake{
		"praise": {model.Favor, model.Cooperative},
		"blame":  {model.Against, model.Confrontational},
		"plain":  {model.Neutral, model.NeutralTone},
	}
	tests := []struct {
		name, line string
		why        string // part of the failure, empty for a pass
	}{
		{"right label", `{"id":"1","type":"mft","text":"praise","want":{"stance":["favor"]}}`, ""},
		{"one of several labels", `{"id":"1","type":"mft","text":"plain","want":{"stance":["unrelated","neutral"],"tone":["neutral"]}}`, ""},
		{"wrong label", `{"id":"1","type":"mft","text":"blame","want":{"stance":["favor","neutral"]}}`, "stance is against (1.00), want favor or neutral"},
		{"second task wrong", `{"id":"1","type":"mft","text":"praise","want":{"stance":["favor"],"tone":["neutral"]}}`, "tone is cooperative"},
		{"unchanged", `{"id":"1","type":"inv","text":"praise","variant":"praise","same":["stance","tone"]}`, ""},
		{"changed", `{"id":"1","type":"inv","text":"praise","variant":"plain","same":["tone"]}`, "tone goes from cooperative to neutral"},
		{"moves down", `{"id":"1","type":"dir","text":"praise","variant":"blame","move":{"stance":"down"}}`, ""},
		{"moves up", `{"id":"1","type":"dir","text":"blame","variant":"plain","move":{"stance":"up","tone":"up"}}`, ""},
		{"moves the wrong way", `{"id":"1","type":"dir","text":"praise","variant":"blame","move":{"stance":"up"}}`, "score of stance goes from +1.00 to -1.00"},
		{"does not move", `{"id":"1","type":"dir","text":"plain","variant":"plain","move":{"tone":"down"}}`, "score of tone goes from +0.00 to +0.00"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cases := load(t, test.line)
			r, err := behaviour.Run(says, cases, map[string]float64{"x/en": 0.5})
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Rates) != 1 || r.Rates[0].Cases != 1 || r.Rates[0].Floor != 0.5 {
				t.Fatalf("rates %+v, want one case with the floor 0.5", r.Rates)
			}
			if test.why == "" {
				if len(r.Failures) != 0 || r.Rates[0].Passed != 1 || len(r.Below()) != 0 {
					t.Errorf("got %+v, want a pass", r)
				}
				return
			}
			if len(r.Failures) != 1 || !strings.Contains(r.Failures[0].Why, test.why) {
				t.Errorf("failures %+v, want %q", r.Failures, test.why)
			}
			if len(r.Below()) != 1 {
				t.Errorf("below the floor: %v, want the one rate", r.Below())
			}
		})
	}
}

func load(t *testing.T, lines ...string) []behaviour.Case {
	t.Helper()
	cases, err := behaviour.Load(fstest.MapFS{"x.en.jsonl": {Data: []byte(strings.Join(lines, "\n"))}})
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

func TestRunPassesErrorsOn(t *testing.T) {
	cases := load(t, `{"id":"7","type":"inv","text":"a","variant":"b","same":["stance"]}`)
	for _, says := range []fake{{}, {"a": {}}} {
		_, err := behaviour.Run(says, cases, nil)
		if !errors.Is(err, errUnknown) || !strings.Contains(err.Error(), "case 7") {
			t.Errorf("error %v, want that of the scorer with the case named", err)
		}
	}
}

func TestReached(t *testing.T) {
	says := fake{"a": {model.Favor, 0}, "b": {model.Neutral, 0}}
	want := `,"want":{"stance":["favor"]}}`
	cases := load(t, `{"id":"1","type":"mft","text":"a"`+want, `{"id":"2","type":"mft","text":"b"`+want, `{"id":"3","type":"mft","text":"a"`+want)
	r, err := behaviour.Run(says, cases, nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := r.Reached()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]float64
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if math.Abs(got["x/en"]-0.66) > 1e-12 {
		t.Errorf("floor %v, want 2/3 rounded down to 0.66", got)
	}
	floor, err := behaviour.Floor(fstest.MapFS{"floor.json": {Data: data}})
	if err != nil {
		t.Fatal(err)
	}
	if r, err = behaviour.Run(says, cases, floor); err != nil || len(r.Below()) != 0 {
		t.Errorf("below its own floor: %v, %v", r.Below(), err)
	}
}

func TestLoadRefuses(t *testing.T) {
	good := `{"id":"1","type":"mft","text":"a","want":{"stance":["favor"]}}`
	tests := []struct{ name, file, data, want string }{
		{"no JSON", "x.en.jsonl", "{", "x.en.jsonl:1"},
		{"second line", "x.en.jsonl", good + "\n\n{}", "x.en.jsonl:3: id and text are required"},
		{"unknown field", "x.en.jsonl", `{"id":"1","kind":"mft"}`, "kind"},
		{"unknown type", "x.en.jsonl", `{"id":"1","type":"x","text":"a"}`, "none of [mft inv dir]"},
		{"unknown label", "x.en.jsonl", `{"id":"1","type":"mft","text":"a","want":{"stance":["pro"]}}`, `"pro" is none of`},
		{"no label", "x.en.jsonl", `{"id":"1","type":"mft","text":"a","want":{"stance":[]}}`, "names no label"},
		{"unknown task in want", "x.en.jsonl", `{"id":"1","type":"mft","text":"a","want":{"mood":["favor"]}}`, `"mood" is none of`},
		{"unknown task in same", "x.en.jsonl", `{"id":"1","type":"inv","text":"a","variant":"b","same":["mood"]}`, `"mood" is none of`},
		{"unknown task in move", "x.en.jsonl", `{"id":"1","type":"dir","text":"a","variant":"b","move":{"mood":"up"}}`, `"mood" is none of`},
		{"unknown way", "x.en.jsonl", `{"id":"1","type":"dir","text":"a","variant":"b","move":{"tone":"left"}}`, "want up or down"},
		{"mft with a variant", "x.en.jsonl", `{"id":"1","type":"mft","text":"a","variant":"b","want":{"tone":["neutral"]}}`, "takes text and want"},
		{"inv without a variant", "x.en.jsonl", `{"id":"1","type":"inv","text":"a","same":["tone"]}`, "takes text, variant and same"},
		{"dir without a move", "x.en.jsonl", `{"id":"1","type":"dir","text":"a","variant":"b"}`, "takes text, variant and move"},
		{"id twice", "x.en.jsonl", good + "\n" + good, "also stands at x.en.jsonl:1"},
		{"no language", "x.jsonl", good, "CAPABILITY.en.jsonl"},
		{"unknown language", "x.fr.jsonl", good, "CAPABILITY.en.jsonl"},
		{"line too long", "x.en.jsonl", strings.Repeat("x", 2<<20), "too long"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := behaviour.Load(fstest.MapFS{test.file: {Data: []byte(test.data)}})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
	t.Run("no files", func(t *testing.T) {
		if _, err := behaviour.Load(fstest.MapFS{}); err == nil {
			t.Error("no error")
		}
	})
}

func TestFloorRefuses(t *testing.T) {
	for _, data := range []string{"[", `{"x/en":1.5}`, `{"x/en":-1}`} {
		if _, err := behaviour.Floor(fstest.MapFS{"floor.json": {Data: []byte(data)}}); err == nil {
			t.Errorf("floor %s: no error", data)
		}
	}
	if floor, err := behaviour.Floor(fstest.MapFS{}); floor != nil || err != nil {
		t.Errorf("no file: %v, %v, want nothing", floor, err)
	}
}
