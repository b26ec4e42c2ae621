package standoff

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
)

// Texts collects, from what a user has, the texts of stand-off rows. It is not
// safe for concurrent use.
type Texts struct {
	wanted map[string]bool
	found  map[string]string // normalised text by hash
}

// NewTexts returns a collection for the texts of rows.
func NewTexts(files []File) *Texts {
	t := &Texts{wanted: map[string]bool{}, found: map[string]string{}}
	for _, f := range files {
		for i := range f.Rows {
			t.wanted[f.Rows[i].SHA256] = true
		}
	}
	return t
}

// Found returns how many of how many different texts have been found.
func (t *Texts) Found() (found, of int) { return len(t.found), len(t.wanted) }

// add keeps a text if it is one of those looked for.
func (t *Texts) add(s string) {
	if len(s) > model.MaxParagraph {
		return
	}
	s = Normalize(s)
	if h := Hash(s); t.wanted[h] {
		t.found[h] = s
	}
}

// Path reads a file, or every file under a directory: .jsonl by its field
// "text", all others as plain text; .gz is unpacked. It stops when ctx is done.
func (t *Texts) Path(ctx context.Context, path string) error {
	return Walk(ctx, path, func(name, _ string, r io.Reader) error { return t.Read(ctx, name, r) })
}

// Walk opens a file, or every regular file under a directory in the order of
// their names, and hands it to read with its name and its path below the
// directory. It stops at the first error, and when ctx is done.
func Walk(ctx context.Context, path string, read func(name, below string, r io.Reader) error) error {
	// The directory itself may be a link, which WalkDir would not follow.
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	return filepath.WalkDir(path, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if !e.Type().IsRegular() {
			return nil
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		below, err := filepath.Rel(path, name)
		if err != nil {
			below = name
		}
		return read(name, below, f)
	})
}

// Read reads one file. In plain text each line is looked up, and each block of
// lines between blank ones. Of two files with the same text either will do.
func (t *Texts) Read(ctx context.Context, name string, r io.Reader) error {
	inner := name
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(bufio.NewReaderSize(r, 1<<16))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		defer z.Close()
		r, inner = z, strings.TrimSuffix(name, ".gz")
	}
	records := strings.HasSuffix(inner, ".jsonl")
	var block []string
	size := 0
	endBlock := func() {
		if len(block) > 1 && size <= model.MaxParagraph {
			t.add(strings.Join(block, " "))
		}
		block, size = block[:0], 0
	}
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 1<<20), maxLine)
	for line := 1; sc.Scan(); line++ {
		if line%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if records {
			var row struct{ Text string }
			if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
				return fmt.Errorf("%s: line %d: %w", name, line, err)
			}
			t.add(row.Text)
			continue
		}
		s := strings.TrimSpace(sc.Text())
		if s == "" {
			endBlock()
			continue
		}
		t.add(s)
		if size += len(s) + 1; size <= model.MaxParagraph {
			block = append(block, s)
		}
	}
	endBlock()
	if err := sc.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Rows returns the rows whose texts have been found as labelled rows, in order.
// The texts are normalised.
func (t *Texts) Rows(rows []Row) ([]Labelled, error) {
	var out []Labelled
	for i := range rows {
		s, ok := t.found[rows[i].SHA256]
		if !ok {
			continue
		}
		r, err := rows[i].attach(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", rows[i].ID, err)
		}
		out = append(out, Labelled{r, rows[i].How})
	}
	return out, nil
}

var errOffset = errors.New("a span lies outside the text")

// attach joins a row with its normalised text.
func (r *Row) attach(s string) (training.Row, error) {
	row := training.Row{
		ID: r.ID, Lang: r.Lang, Text: s, Stance: r.Stance, Tone: r.Tone, Group: r.Group, Source: r.Source,
		Evidence: training.Evidence{Stance: []string{}, Tone: []string{}},
	}
	for t, list := range map[model.Task]*[]string{model.Stance: &row.Evidence.Stance, model.Tone: &row.Evidence.Tone} {
		for _, x := range r.Evidence.Task(t) {
			if x[1] > len(s) {
				return row, errOffset
			}
			*list = append(*list, s[x[0]:x[1]])
		}
	}
	if h := r.Holder; h != nil {
		if h[1] > len(s) {
			return row, errOffset
		}
		row.Holder = s[h[0]:h[1]]
	}
	return row, row.Check()
}

// Hydrate returns the rows of the stand-off part of the corpus whose texts
// stand in the files under paths.
func Hydrate(ctx context.Context, paths ...string) ([]training.Row, error) {
	files, err := Files()
	if err != nil {
		return nil, err
	}
	t := NewTexts(files)
	for _, p := range paths {
		if err := t.Path(ctx, p); err != nil {
			return nil, err
		}
	}
	var all []training.Row
	for _, f := range files {
		rows, err := t.Rows(f.Rows)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		for i := range rows {
			all = append(all, rows[i].Row)
		}
	}
	return all, nil
}
