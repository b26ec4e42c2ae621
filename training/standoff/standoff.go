// Package standoff keeps labels of texts that may not be passed on: a row holds
// a hash of its text, and evidence and holder as offsets, but no word of it.
// Hydrate joins the rows with the texts of a user who has them.
package standoff

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
)

// Row is the labels of a text. Offsets are bytes of the normalised text in
// UTF-8, half-open, see Normalize.
type Row struct {
	ID     string `json:"id"`
	Lang   string `json:"lang"`
	Source string `json:"source"`
	// SHA256 is the hash of the normalised text in hexadecimal.
	SHA256 string `json:"sha256"`
	Stance string `json:"stance"`
	Tone   string `json:"tone"`
	// Evidence lists the spans in the order of the annotator.
	Evidence Spans `json:"evidence"`
	// Holder is where the holder of the stance is named; nil for the author.
	Holder *Span  `json:"holder,omitempty"`
	Group  string `json:"group"`
	// How says why the row was chosen to be labelled.
	How string `json:"how,omitempty"`
}

// Spans are the spans of evidence for each task.
type Spans struct {
	Stance []Span `json:"stance"`
	Tone   []Span `json:"tone"`
}

// Task returns the spans for a task.
func (s *Spans) Task(t model.Task) []Span {
	if t == model.Stance {
		return s.Stance
	}
	return s.Tone
}

// Span is a start and an end.
type Span [2]int

// Ways in which rows were chosen: "seed" were labelled before this project,
// "detector" name the target and "detector-cue" also hold a cue of the rarer
// labels, "syria" name Syria but not the target, "random" are drawn from all
// texts; the others were chosen by a model: "guess-favor", "guess-against" and
// "guess-cooperative" by its guess, "uncertain" by its doubt.
var Ways = []string{"seed", "detector", "detector-cue", "syria", "random", "guess-favor", "guess-against", "guess-cooperative", "uncertain"}

// Normalize returns a text in Unicode normal form C, with every run of white
// space as one space and none at the ends.
func Normalize(s string) string {
	if !norm.NFC.IsNormalString(s) {
		s = norm.NFC.String(s)
	}
	return strings.Join(strings.Fields(s), " ")
}

// Hash returns the SHA-256 of the normalised text in hexadecimal.
func Hash(s string) string {
	h := sha256.Sum256([]byte(Normalize(s)))
	return hex.EncodeToString(h[:])
}

// Check reports what is wrong with a row.
func (r *Row) Check() error {
	if r.ID == "" || r.Group == "" || r.Source == "" {
		return errors.New("id, group or source is missing")
	}
	if r.Lang != "en" && r.Lang != "ar" {
		return fmt.Errorf("lang %q is none of [en ar]", r.Lang)
	}
	if sum, err := hex.DecodeString(r.SHA256); err != nil || len(sum) != sha256.Size {
		return fmt.Errorf("sha256 %q is not a SHA-256 in hexadecimal", r.SHA256)
	}
	if !slices.Contains(Ways, r.How) {
		return fmt.Errorf("how %q is none of %v", r.How, Ways)
	}
	for t, name := range map[model.Task]string{model.Stance: r.Stance, model.Tone: r.Tone} {
		label, err := t.ParseLabel(name)
		if err != nil {
			return err
		}
		spans := slices.SortedFunc(slices.Values(r.Evidence.Task(t)), func(a, b Span) int { return a[0] - b[0] })
		end := 0
		for _, s := range spans {
			if s[0] < end || s[1] <= s[0] {
				return fmt.Errorf("evidence of %s: span %v is empty or overlaps another", t, s)
			}
			end = s[1]
		}
		if t.Polarity(label) == 0 && len(spans) > 0 {
			return fmt.Errorf("evidence of %s: the label %s takes none", t, name)
		}
	}
	if h := r.Holder; h != nil && (h[0] < 0 || h[1] <= h[0]) {
		return fmt.Errorf("holder: span %v is empty", *h)
	}
	return nil
}

// maxLine is the length of the longest line that is read, in bytes.
const maxLine = 16 << 20

// Read reads stand-off rows, one JSON object a line. A row that is not as it
// should be, or that has a field it should not have, is an error.
func Read(r io.Reader) ([]Row, error) {
	var rows []Row
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 1<<16), maxLine)
	for line := 1; sc.Scan(); line++ {
		dec := json.NewDecoder(bytes.NewReader(sc.Bytes()))
		dec.DisallowUnknownFields()
		var row Row
		err := dec.Decode(&row)
		if err == nil {
			err = row.Check()
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		rows = append(rows, row)
	}
	return rows, sc.Err()
}

// Write writes rows so that Read reads them.
func Write(w io.Writer, rows []Row) error { return write(w, rows) }

// WriteLabelled writes labelled rows, one JSON object a line.
func WriteLabelled(w io.Writer, rows []Labelled) error { return write(w, rows) }

func write[T any](w io.Writer, rows []T) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for i := range rows {
		if err := enc.Encode(&rows[i]); err != nil {
			return err
		}
	}
	return nil
}

//go:embed *.jsonl
var files embed.FS

// File is a named list of rows.
type File struct {
	Name string // without directory
	Rows []Row
}

// Files returns the stand-off part of the corpus, by name. The caller must not
// change the rows.
var Files = sync.OnceValues(func() ([]File, error) {
	names, err := fs.Glob(files, "*.jsonl")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var out []File
	for _, name := range names {
		f, err := files.Open(name)
		if err != nil {
			return nil, err
		}
		rows, err := Read(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, File{name, rows})
	}
	return out, nil
})

// Labelled is a labelled row with how it was chosen.
type Labelled struct {
	training.Row
	How string `json:"how"`
}
