// Package training makes models: it reads labelled rows, fits and calibrates
// the classifier of package model, and measures what it made.
//
// Every step is a function from values to values that gives the same result
// for the same input, whatever the number of processors; files and flags are
// the business of cmd/parley.
package training

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// Row is a labelled paragraph.
type Row struct {
	ID       string   `json:"id"`
	Lang     string   `json:"lang"`
	Text     string   `json:"text"`
	Stance   string   `json:"stance"`
	Tone     string   `json:"tone"`
	Evidence Evidence `json:"evidence"`
	// Group is the article or thread; rows that share one never stand on both
	// sides of a split.
	Group string `json:"group"`
	// Source is where the row comes from: "written" for the corpus written for
	// this project.
	Source string `json:"source,omitempty"`
	// Holder is who holds the stance, as named in the text; empty for the author.
	Holder string `json:"holder,omitempty"`
	Style  string `json:"style,omitempty"`
	Era    string `json:"era,omitempty"`
	Outlet string `json:"outlet,omitempty"`
	// Pair is shared by the two rows of a contrast pair.
	Pair string `json:"pair,omitempty"`
}

// Evidence holds the verbatim stretches that annotators marked for each task.
type Evidence struct {
	Stance []string `json:"stance"`
	Tone   []string `json:"tone"`
}

// Task returns the stretches for a task.
func (e *Evidence) Task(t model.Task) []string {
	if t == model.Stance {
		return e.Stance
	}
	return e.Tone
}

// Written is the source of rows that were written for this project.
const Written = "written"

// Label returns the number of the row's label for a task.
func (r *Row) Label(t model.Task) int {
	name := r.Stance
	if t == model.Tone {
		name = r.Tone
	}
	n, err := t.ParseLabel(name)
	if err != nil {
		panic(err) // Check has seen every row
	}
	return n
}

// Language returns the row's language.
func (r *Row) Language() text.Language {
	if r.Lang == "ar" {
		return text.Arabic
	}
	return text.English
}

// Check reports what is wrong with a row, and what is accepted.
func (r *Row) Check() error {
	if strings.TrimSpace(r.Text) == "" {
		return errors.New("text is missing or empty")
	}
	if len(r.Text) > model.MaxParagraph {
		return model.ErrTooLong
	}
	if r.Lang != "en" && r.Lang != "ar" {
		return fmt.Errorf("lang %q is none of [en ar]", r.Lang)
	}
	for t, name := range map[model.Task]string{model.Stance: r.Stance, model.Tone: r.Tone} {
		label, err := t.ParseLabel(name)
		if err != nil {
			return err
		}
		for _, s := range r.Evidence.Task(t) {
			switch {
			case s == "":
				return fmt.Errorf("evidence of %s: empty stretch", t)
			case !strings.Contains(r.Text, s):
				return fmt.Errorf("evidence of %s: %q does not stand in the text", t, s)
			case t.Polarity(label) == 0:
				return fmt.Errorf("evidence of %s: the label %s takes none", t, name)
			}
		}
	}
	return nil
}

// RowError is a row that cannot be used.
type RowError struct {
	Line int // in the input, from 1
	Err  error
}

func (e *RowError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

func (e *RowError) Unwrap() error { return e.Err }

// maxRow is the length of the longest line that ReadRows reads, in bytes.
const maxRow = 16 << 20

// ReadRows reads labelled rows, one JSON object a line. It returns the good
// rows and, joined, a RowError for each bad one.
func ReadRows(r io.Reader) ([]Row, error) {
	var rows []Row
	var errs []error
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 1<<16), maxRow)
	for line := 1; sc.Scan(); line++ {
		b := bytes.TrimSpace(sc.Bytes())
		if len(b) == 0 {
			continue
		}
		var row Row
		err := json.Unmarshal(b, &row)
		if err == nil {
			err = row.Check()
		}
		if err != nil {
			errs = append(errs, &RowError{line, err})
			continue
		}
		if row.Group == "" {
			row.Group = "row:" + row.ID + row.Text[:min(len(row.Text), 32)]
		}
		rows = append(rows, row)
	}
	if err := sc.Err(); err != nil {
		errs = append(errs, err)
	}
	return rows, errors.Join(errs...)
}

// Digest returns the SHA-256 of rows in hexadecimal, whatever their order.
func Digest(rows []Row) string {
	sums := make([]string, len(rows))
	for i := range rows {
		r := &rows[i]
		b, err := json.Marshal(r)
		if err != nil {
			panic(err) // strings always marshal
		}
		s := sha256.Sum256(b)
		sums[i] = string(s[:])
	}
	slices.Sort(sums)
	h := sha256.New()
	for _, s := range sums {
		io.WriteString(h, s)
	}
	return hex.EncodeToString(h.Sum(nil))
}
