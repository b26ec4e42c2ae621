package training

import (
	"context"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training/vectors"
)

func XPLoad(paths ...string) []Row {
	var rows []Row
	for _, p := range paths {
		f, err := os.Open(p)
		if err != nil {
			panic(err)
		}
		r, err := ReadRows(f)
		if err != nil {
			fmt.Fprintln(os.Stderr, p, err)
		}
		rows = append(rows, r...)
		f.Close()
	}
	return rows
}

type XP struct {
	St   stats
	X    *model.Extractor
	Rows []Row
	Dev  []Row
}

func XPTable(p string) *vectors.Table {
	b, err := os.ReadFile(p)
	if err != nil {
		return nil
	}
	t, err := vectors.Decode(b)
	if err != nil {
		panic(err)
	}
	return t
}

func NewXP(en, ar string, rows, dev []Row) *XP {
	x := &XP{Rows: rows, Dev: dev}
	x.St = stats{XPTable(en), XPTable(ar)}
	if x.St.ar == nil {
		x.St.ar = x.St.en
	}
	lex, err := os.ReadFile("model/attitude.lexicon")
	if err != nil {
		panic(err)
	}
	x.X, err = model.NewExtractor(model.AssadTarget, string(lex), x.St)
	if err != nil {
		panic(err)
	}
	return x
}

// Run fits on rows (no cv) and reports on dev; k>0 also cross-validates over real rows.
func (x *XP) Run(name string, cfg Config, k int, show bool) {
	t0 := time.Now()
	all := append(append([]Row{}, x.Rows...), x.Dev...)
	d, err := newDataset(context.Background(), all, x.X, &cfg)
	if err != nil {
		panic(err)
	}
	var tr []int
	for i := range x.Rows {
		tr = append(tr, i)
	}
	line := fmt.Sprintf("%-26s", name)
	if k > 0 {
		sub, err := newDataset(context.Background(), x.Rows, x.X, &cfg)
		if err != nil {
			panic(err)
		}
		fold := FoldsBy(x.Rows, k, 1, func(r *Row) string { return r.Group })
		z, err := sub.crossValidate(context.Background(), fold, k, &cfg, func(string, float64) {})
		if err != nil {
			panic(err)
		}
		line += " cv-real"
		for _, lang := range []string{"en", "ar"} {
			for t := range model.Task(model.NumTasks) {
				var ps []Prediction
				for i := range x.Rows {
					if r := &x.Rows[i]; r.Lang == lang && r.Source != Written {
						ps = append(ps, xpPred(t, z[i], r))
					}
				}
				line += fmt.Sprintf(" %s-%s %.3f", lang, t, Measure(t, ps).MacroF1)
			}
		}
	}
	w, err := d.fit(context.Background(), tr, &cfg)
	if err != nil {
		panic(err)
	}
	line += " | dev"
	var conf string
	for _, lang := range []string{"en", "ar"} {
		for t := range model.Task(model.NumTasks) {
			var ps []Prediction
			for j := range x.Dev {
				if r := &x.Dev[j]; r.Lang == lang {
					ps = append(ps, xpPred(t, d.x.logits(len(x.Rows)+j, w), r))
				}
			}
			m := Measure(t, ps)
			line += fmt.Sprintf(" %s-%s %.3f (acc %.3f)", lang, t, m.MacroF1, m.Accuracy)
			conf += fmt.Sprint("   ", lang, " ", t, " ", m.Confusion, "\n")
			for _, l := range m.Labels {
				conf += fmt.Sprintf("      %s p%.2f r%.2f f%.2f n%d\n", l.Label, l.Precision, l.Recall, l.F1, l.Support)
			}
		}
	}
	fmt.Println(line, len(d.x.keys), len(d.x.index), time.Since(t0).Round(time.Second))
	if show {
		fmt.Print(conf)
	}
}

func xpPred(t model.Task, z [outputs]float64, r *Row) Prediction {
	a, b := t.Outputs()
	p := Prediction{Gold: r.Label(t), Probabilities: make([]float64, b-a)}
	best := a
	for c := a; c < b; c++ {
		if z[c] > z[best] {
			best = c
		}
	}
	p.Label = best - a
	return p
}

// XPScore fits on rows and writes probabilities of texts (id, text) to out.
func (x *XP) Score(cfg Config, pool []Row, out string) {
	all := append(append([]Row{}, x.Rows...), pool...)
	d, err := newDataset(context.Background(), all, x.X, &cfg)
	if err != nil {
		panic(err)
	}
	var tr []int
	for i := range x.Rows {
		tr = append(tr, i)
	}
	w, err := d.fit(context.Background(), tr, &cfg)
	if err != nil {
		panic(err)
	}
	f, _ := os.Create(out)
	for j := range pool {
		z := d.x.logits(len(x.Rows)+j, w)
		a, b := xpPred(0, z, &pool[j]), xpPred(1, z, &pool[j])
		softmaxInto(z[:4], a.Probabilities)
		softmaxInto(z[4:], b.Probabilities)
		fmt.Fprint(f, pool[j].ID, " ", a.Probabilities, " ", b.Probabilities, "\n")
	}
	f.Close()
}

func softmaxInto(z, p []float64) {
	l := logSumExp(z)
	for i := range z {
		p[i] = math.Exp(z[i] - l)
	}
}
