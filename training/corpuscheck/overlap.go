package corpuscheck

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/standoff"
)

// overlapWords is the length of a run of words that may not be shared with the
// texts of others.
const overlapWords = 8

// Overlap is a run of words that a row shares with a text.
type Overlap struct {
	Row   string
	Words string
	File  string
	Line  int // in the file, from 1
}

// Overlaps looks for the word 8-grams of rows in the texts of others.
type Overlaps struct {
	rows  []training.Row
	grams map[uint64]sighting
	bits  []uint64 // a bit for each gram, to say no quickly
	// Words counts the words read.
	Words int
}

// sighting is where a run of words was first met; line 0 is nowhere.
type sighting struct {
	file string
	line int
}

const overlapBits = 1 << 24

// NewOverlaps indexes the rows.
func NewOverlaps(rows []training.Row) *Overlaps {
	o := &Overlaps{rows: rows, grams: map[uint64]sighting{}, bits: make([]uint64, overlapBits/64)}
	w := newWindow(overlapWords)
	for i := range rows {
		w.reset()
		eachWord(rows[i].Text, func(word []byte) {
			if !w.add(word) {
				return
			}
			o.grams[w.hash] = sighting{}
			b := w.hash % overlapBits
			o.bits[b/64] |= 1 << (b % 64)
		})
	}
	return o
}

// Dir reads every file under a directory: .jsonl by its field "text", .gz and
// all others as plain text. It stops when ctx is done.
func (o *Overlaps) Dir(ctx context.Context, dir string) error {
	return standoff.Walk(ctx, dir, func(_, below string, r io.Reader) error { return o.Read(ctx, below, r) })
}

// maxLine is the length of the longest line that is read, in bytes.
const maxLine = 16 << 20

// Read looks for shared runs in one file.
func (o *Overlaps) Read(ctx context.Context, name string, r io.Reader) error {
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
	w := newWindow(overlapWords)
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 1<<20), maxLine)
	for line := 1; sc.Scan(); line++ {
		if line%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		s := sc.Text()
		if records {
			var row struct{ Text string }
			if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
				return fmt.Errorf("%s: line %d: %w", name, line, err)
			}
			s = row.Text
		}
		if records || strings.TrimSpace(s) == "" || inner != name {
			w.reset() // a paragraph ends
		}
		eachWord(s, func(word []byte) {
			o.Words++
			if !w.add(word) {
				return
			}
			if b := w.hash % overlapBits; o.bits[b/64]&(1<<(b%64)) == 0 {
				return
			}
			if at, ok := o.grams[w.hash]; ok && at.line == 0 {
				o.grams[w.hash] = sighting{name, line}
			}
		})
	}
	if err := sc.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// List returns the runs of words that have been met, in the order of the rows.
func (o *Overlaps) List() []Overlap {
	var out []Overlap
	w := newWindow(overlapWords)
	for i := range o.rows {
		w.reset()
		list := words(o.rows[i].Text)
		for k, word := range list {
			if !w.add([]byte(word)) {
				continue
			}
			if at := o.grams[w.hash]; at.line > 0 {
				run := strings.Join(list[k+1-overlapWords:k+1], " ")
				out = append(out, Overlap{o.rows[i].ID, run, at.file, at.line})
			}
		}
	}
	return out
}
