package card_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/card"
	"github.com/parley-nlp/parley/training/peers"
)

// data is a part of the written corpus. The test rows pass for real ones.
func data(t *testing.T, every int) *peers.Data {
	t.Helper()
	all, err := training.TrainingSet()
	if err != nil {
		t.Fatal(err)
	}
	var d peers.Data
	for i := range all {
		switch {
		case i%every == 0:
			r := all[i]
			if i%(2*every) == 0 {
				r.Source = []string{"gazette", "courier"}[i/every%4/2]
			}
			d.Train = append(d.Train, r)
		case i%16 == 1:
			r := all[i]
			r.Source, r.Outlet, r.Style, r.Era = "made up", "evening-post", "", ""
			d.Test = append(d.Test, r)
		}
	}
	return &d
}

func measured(t *testing.T) (*card.Card, *peers.Data) {
	t.Helper()
	m, err := model.Default()
	if err != nil {
		t.Fatal(err)
	}
	d := data(t, 10)
	figures := map[string]float64{"stance/en": 0.5, "stance/ar": 0.6, "tone/en": 0.7, "tone/ar": 0.8}
	s := &card.Studies{
		Ablation: []card.Result{{Name: "all families", CrossValidated: figures, Test: figures}, {Name: "without pair", Test: figures}},
		Learners: []card.Result{{Name: "shipped", CrossValidated: figures}},
		Transfer: []card.Result{{Name: "whole sources held out", CrossValidated: figures, Sources: []card.PartResult{{Name: "courier", Language: "ar", Rows: 50, StanceF1: 0.44, ToneF1: 0.55}}}},
		Styles:   []card.PartResult{{Name: "wire", Language: "en", Rows: 77, StanceF1: 0.61}},
		Eras:     []card.PartResult{{Name: "sieges", Language: "ar", Rows: 66, ToneF1: 0.62}},
	}
	c, err := card.Measure(m, d, s)
	if err != nil {
		t.Fatal(err)
	}
	return c, d
}

func TestMarkdown(t *testing.T) {
	c, d := measured(t)
	got := c.Markdown()
	for _, want := range []string{
		`^# Model card: assad\n`, "(?m)^## Data and labels$", "(?m)^## Quality$", "(?m)^## Calibration$", "(?m)^## Abstention$",
		"(?m)^## Evidence$", "(?m)^## Behaviour$", "(?m)^## What contributes$", "(?m)^## Where it fails$",
		`(?m)^\| stance \| English \| \d+ \| 0\.\d{3} \| 0\.\d{3} \| 0\.89 \| 0\.86 \|`,
		`(?m)^\| test, Arabic, real \| \d+( \| \d+){7} \|$`,
		`(?m)^\| evening-post \| English \| \d+( \| \d\.\d{3}){4} \|$`,
		`(?m)^\| \d+ to \d+ words \| English \|`,
		`(?m)^\| wire \| English \| 77 \| 0\.000 \| 0\.610`, `(?m)^\| sieges \| Arabic \| 66 `, `(?m)^\| courier \| Arabic \| 50 \| 0\.440 \| 0\.550 \|$`,
		`(?m)^\| all families \| 0\.500 \| 0\.600 \| 0\.700 \| 0\.800 \| 0\.500 `, `(?m)^\| without pair \|  \|  \|  \|  \| 0\.500 `,
		`(?m)^\| negation \| Arabic \| \d+ \| \d+ \| \d+ %`, "trained on other rows", "run on other rows",
		`figures/reliability-stance\.svg`, `figures/coverage-tone\.svg`,
	} {
		if !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("nothing matches %s", want)
		}
	}
	// Every table has as many cells in each line as in its head.
	for _, table := range regexp.MustCompile(`(?m)(^\|.*\n)+`).FindAllString(got, -1) {
		lines := strings.Split(strings.TrimSpace(table), "\n")
		for _, l := range lines {
			if a, b := strings.Count(l, "|"), strings.Count(lines[0], "|"); a != b {
				t.Errorf("%d cells under a head of %d: %s", a-1, b-1, l)
			}
		}
	}
	for i := range d.Test {
		if s := strings.Join(strings.Fields(d.Test[i].Text), " "); len(s) > 40 && strings.Contains(got, s) {
			t.Errorf("the card quotes a test row: %s", s)
		}
	}
	if c2, _ := measured(t); c2.Markdown() != got {
		t.Error("the same model and rows make two cards")
	}
}

func TestDraw(t *testing.T) {
	c, _ := measured(t)
	got, err := c.Draw()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"reliability-stance.svg", "reliability-tone.svg", "coverage-stance.svg", "coverage-tone.svg"} {
		svg, ok := got[name]
		if !ok {
			t.Errorf("no %s", name)
			continue
		}
		for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
		}
		for _, want := range []string{"<svg", "fill:#FFFFFF", "accuracy", "<path"} {
			if !bytes.Contains(svg, []byte(want)) {
				t.Errorf("%s lacks %s", name, want)
			}
		}
	}
	if again, err := c.Draw(); err != nil || !reflect.DeepEqual(got, again) {
		t.Errorf("two drawings differ (%v)", err)
	}
}

func TestRunStudies(t *testing.T) {
	if testing.Short() {
		t.Skip("some thirty small fits")
	}
	d := data(t, 60)
	for i := range len(d.Test) / 10 {
		d.Test[i] = d.Test[10*i]
	}
	d.Test = d.Test[:len(d.Test)/10]
	cfg := training.DefaultConfig()
	cfg.Iterations = 1
	saved, names := 0, []string{}
	save := func(*card.Studies) error { saved++; return nil }
	progress := func(name string) { names = append(names, name) }
	s, err := card.RunStudies(t.Context(), d, cfg, nil, save, progress)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Ablation) < 2 || s.Ablation[0].Name != "all families" || s.Learners[0].Name != "shipped" || len(s.Transfer) != 5 {
		t.Fatalf("studies %+v", s)
	}
	for _, list := range [][]card.Result{s.Ablation, s.Learners, s.Transfer} {
		seen := map[string]bool{}
		for _, r := range list {
			if seen[r.Name] {
				t.Errorf("%s stands twice", r.Name)
			}
			seen[r.Name] = true
			for _, figures := range []map[string]float64{r.CrossValidated, r.Test} {
				for cell, x := range figures {
					if !(x >= 0 && x <= 1) {
						t.Errorf("%s: %s is %v", r.Name, cell, x)
					}
				}
			}
			if len(r.Test) != 4 && r.Name != "whole sources held out" {
				t.Errorf("%s: test figures %v", r.Name, r.Test)
			}
		}
	}
	if len(names) < 15 || saved < 15 {
		t.Errorf("%d studies, saved %d times", len(names), saved)
	}
	// What is known is not run again.
	names = nil
	again, err := card.RunStudies(t.Context(), d, cfg, s, save, progress)
	if err != nil || len(names) != 0 || !reflect.DeepEqual(again, s) {
		t.Errorf("known studies: ran %v again (%v)", names, err)
	}
	errFull := errors.New("disk full")
	cfg.Seed++
	if _, err := card.RunStudies(t.Context(), d, cfg, s, func(*card.Studies) error { return errFull }, progress); !errors.Is(err, errFull) {
		t.Errorf("other settings: %v, want a new run that cannot be saved", err)
	}
}
