package corpuscheck

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/agreement"
)

// Twice is a row that two annotators labelled, neither knowing of the other.
type Twice struct {
	ID   string `json:"id"`
	Lang string `json:"lang"`
	// Part is "written" or "real".
	Part string `json:"part"`
	// First and Second are the stance and the tone that each gave it.
	First  [model.NumTasks]string `json:"first"`
	Second [model.NumTasks]string `json:"second"`
}

// ReadTwice reads rows that were labelled twice, one JSON object a line.
func ReadTwice(r io.Reader) ([]Twice, error) {
	var rows []Twice
	sc := bufio.NewScanner(r)
	for line := 1; sc.Scan(); line++ {
		var row Twice
		err := json.Unmarshal(sc.Bytes(), &row)
		if err == nil && (row.Lang != "en" && row.Lang != "ar" || row.Part != "written" && row.Part != "real") {
			err = fmt.Errorf("lang %q or part %q is not known", row.Lang, row.Part)
		}
		for t := range model.Task(model.NumTasks) {
			for _, name := range []string{row.First[t], row.Second[t]} {
				if _, e := t.ParseLabel(name); err == nil && e != nil {
					err = e
				}
			}
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		rows = append(rows, row)
	}
	return rows, sc.Err()
}

// Agreement is how far two annotators agree on some rows.
type Agreement struct {
	Part, Language string // "" for all
	Task           model.Task
	Rows           int
	// Observed is the share of rows with the same label, Kappa Cohen's with its
	// 95 % bootstrap interval, MacroF1 that of the second against the first.
	Observed float64
	Kappa    agreement.Estimate
	MacroF1  float64
}

// agreementResamples and agreementSeed are those of the bootstrap.
const (
	agreementResamples = 1000
	agreementSeed      = 1
)

// Agree compares the labels of the rows by task, language and part.
func Agree(ctx context.Context, rows []Twice) ([]Agreement, error) {
	var out []Agreement
	for t := range model.Task(model.NumTasks) {
		for _, lang := range []string{"en", "ar"} {
			for _, part := range []string{"written", "real", ""} {
				in := agreement.Input{
					Classes: len(t.Labels()), Annotators: 2, Resamples: agreementResamples, Seed: agreementSeed,
				}
				var preds []training.Prediction
				for i := range rows {
					r := &rows[i]
					if r.Lang != lang || part != "" && r.Part != part {
						continue
					}
					first, err := t.ParseLabel(r.First[t])
					if err != nil {
						return nil, err
					}
					second, err := t.ParseLabel(r.Second[t])
					if err != nil {
						return nil, err
					}
					item := int32(len(preds))
					in.Judgements = append(in.Judgements,
						agreement.Judgement{Item: item, Annotator: 0, Label: int8(first)},
						agreement.Judgement{Item: item, Annotator: 1, Label: int8(second)})
					p := training.Prediction{Gold: first, Label: second, Probabilities: make([]float64, in.Classes)}
					p.Probabilities[second] = 1
					preds = append(preds, p)
				}
				if len(preds) == 0 {
					continue
				}
				res, err := agreement.Compute(ctx, in)
				if err != nil {
					return nil, err
				}
				out = append(out, Agreement{
					Part: part, Language: lang, Task: t, Rows: len(preds), Observed: res.Pairs[0].Observed,
					Kappa: res.Pairs[0].Kappa, MacroF1: training.Measure(t, preds).MacroF1,
				})
			}
		}
	}
	return out, nil
}

// PrintAgreement writes a table in Markdown.
func PrintAgreement(w io.Writer, list []Agreement) error {
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	fmt.Fprintln(t, "| task\t| language\t| part\t| rows\t| same label\t| Cohen's kappa (95 % interval)\t| macro-F1\t|")
	fmt.Fprintln(t, "| ---\t| ---\t| ---\t| ---\t| ---\t| ---\t| ---\t|")
	for i := range list {
		a := &list[i]
		part := a.Part
		if part == "" {
			part = "both"
		}
		fmt.Fprintf(t, "| %s\t| %s\t| %s\t| %d\t| %.3f\t| %.2f (%.2f to %.2f)\t| %.2f\t|\n",
			a.Task, a.Language, part, a.Rows, a.Observed, a.Kappa.Value, a.Kappa.Low, a.Kappa.High, a.MacroF1)
	}
	return t.Flush()
}
