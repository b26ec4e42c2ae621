// Package peers measures other classifiers on the rows that Parley is trained
// and measured on: what somebody could build in a week with fastText,
// scikit-learn or golearn, a polarity lexicon and the majority label.
//
// fastText and scikit-learn run outside (run.sh): Prepare writes their input
// and Predictions reads their answers. The others run here.
package peers

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/standoff"
)

// Languages are those that peers are trained in, each alone.
var Languages = []string{"en", "ar"}

// Data is what classifiers are trained and measured on.
type Data struct {
	Train, Test []training.Row
}

// Load returns the rows of the shipped model (the written training set and the
// stand-off rows whose texts stand under shared) and, as Test, the rows of
// shared/eval/dev.jsonl.
func Load(ctx context.Context, shared string) (*Data, error) {
	var d Data
	var err error
	if d.Train, err = training.TrainingSet(); err != nil {
		return nil, err
	}
	real, err := standoff.Hydrate(ctx, shared)
	if err != nil {
		return nil, err
	}
	d.Train = append(d.Train, real...)
	f, err := os.Open(filepath.Join(shared, "eval", "dev.jsonl"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if d.Test, err = training.ReadRows(f); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return &d, nil
}

// In returns the rows in a language.
func In(rows []training.Row, lang string) []training.Row {
	var out []training.Row
	for i := range rows {
		if rows[i].Lang == lang {
			out = append(out, rows[i])
		}
	}
	return out
}

// labelsOf returns the label numbers of rows.
func labelsOf(rows []training.Row, t model.Task) []int {
	out := make([]int, len(rows))
	for i := range rows {
		out[i] = rows[i].Label(t)
	}
	return out
}

// Prepare writes the input of the peers that run outside to a directory: for
// every language LANG.train.jsonl and LANG.test.jsonl with the fields text,
// stance, tone and group, and for every task fastText's LANG.TASK.train and
// LANG.test with lower-cased words between blanks.
func Prepare(d *Data, dir string) error {
	for _, lang := range Languages {
		train, test := In(d.Train, lang), In(d.Test, lang)
		for name, rows := range map[string][]training.Row{"train": train, "test": test} {
			err := writeLines(filepath.Join(dir, lang+"."+name+".jsonl"), rows, func(r *training.Row) (string, error) {
				b, err := json.Marshal(map[string]string{"text": r.Text, "stance": r.Stance, "tone": r.Tone, "group": r.Group})
				return string(b), err
			})
			if err != nil {
				return err
			}
		}
		var toks text.Tokens
		err := writeLines(filepath.Join(dir, lang+".test"), test, func(r *training.Row) (string, error) {
			return words(&toks, r.Text), nil
		})
		if err != nil {
			return err
		}
		for t := range model.Task(model.NumTasks) {
			err := writeLines(filepath.Join(dir, lang+"."+t.String()+".train"), train, func(r *training.Row) (string, error) {
				return "__label__" + t.Labels()[r.Label(t)] + " " + words(&toks, r.Text), nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// words returns the normal forms of a text's words and its punctuation, a blank
// apart.
func words(toks *text.Tokens, s string) string {
	toks.Tokenize(s)
	var b strings.Builder
	for i := range toks.List {
		if i > 0 {
			b.WriteByte(' ')
		}
		k := &toks.List[i]
		if k.Kind == text.Word || k.Kind == text.Number {
			b.Write(toks.Norm(i))
			continue
		}
		b.WriteString(strings.Join(strings.Fields(s[k.Start:k.End]), " "))
	}
	return b.String()
}

func writeLines(path string, rows []training.Row, line func(*training.Row) (string, error)) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	for i := range rows {
		s, err := line(&rows[i])
		if err != nil {
			return errors.Join(err, f.Close())
		}
		w.WriteString(s)
		w.WriteByte('\n')
	}
	return errors.Join(w.Flush(), f.Close())
}

// Predictions reads the answers of a peer that ran outside, a label a line:
// DIR/NAME.LANG.TASK.out. It returns nil if the peer did not run.
func Predictions(dir, name, lang string, t model.Task, rows int) ([]int, error) {
	path := filepath.Join(dir, name+"."+lang+"."+t.String()+".out")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []int
	for i, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		label, err := t.ParseLabel(strings.TrimPrefix(strings.TrimSpace(line), "__label__"))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
		out = append(out, label)
	}
	if len(out) != rows {
		return nil, fmt.Errorf("%s: %d answers for %d rows", path, len(out), rows)
	}
	return out, nil
}
