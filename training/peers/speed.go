package peers

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// speedRows is how many paragraphs speed is measured on; the rows of the corpus
// are repeated to reach it.
const speedRows = 60000

// SpeedInput writes the paragraphs that speed is measured on, one a line, to
// path, as fastText reads them to path.ft, and as parley score does to path.jsonl.
func SpeedInput(d *Data, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	var lines, normal, rows []string
	var toks text.Tokens
	for i := range d.Train {
		s := strings.Join(strings.Fields(d.Train[i].Text), " ")
		row, err := json.Marshal(map[string]string{"text": s})
		if err != nil {
			return err
		}
		lines = append(lines, s)
		normal = append(normal, words(&toks, s))
		rows = append(rows, string(row))
	}
	for name, from := range map[string][]string{path: lines, path + ".ft": normal, path + ".jsonl": rows} {
		f, err := os.Create(name)
		if err != nil {
			return err
		}
		w := bufio.NewWriter(f)
		for i := range speedRows {
			w.WriteString(from[i%len(from)])
			w.WriteByte('\n')
		}
		if err := w.Flush(); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// Speed measures, on one thread, paragraphs a second of processor time (the
// machine may have other work) of the model (both tasks,
// with and without evidence) and of the floor: a loop that tokenises, hashes
// words and pairs of words, and looks up three weights for each.
func Speed(m *model.Model, path string, w io.Writer) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	n := 0
	for _, l := range lines {
		n += len(strings.Fields(l))
	}
	fmt.Fprintf(w, "%d paragraphs of %.0f words\n", len(lines), float64(n)/float64(len(lines)))
	paragraph := func(evidence int) func(string) error {
		return func(s string) error {
			_, err := m.Paragraph(s, model.Options{Evidence: evidence})
			return err
		}
	}
	f := newFloor()
	for _, k := range []struct {
		name string
		f    func(string) error
	}{
		{"parley, both tasks with evidence", paragraph(model.DefaultEvidence)},
		{"parley, both tasks, labels alone", paragraph(model.NoEvidence)},
		{"floor: tokenise, hash, look up", func(s string) error { f.score(s); return nil }},
	} {
		for _, s := range lines[:min(1000, len(lines))] { // warm
			if err := k.f(s); err != nil {
				return err
			}
		}
		begun, err := processorTime()
		if err != nil {
			return err
		}
		for _, s := range lines {
			if err := k.f(s); err != nil {
				return err
			}
		}
		ended, err := processorTime()
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%.0f\n", k.name, float64(len(lines))/max(ended-begun, 1e-9))
	}
	if f.sum[0] == 0 {
		return fmt.Errorf("the floor loop found no weight")
	}
	return nil
}

// floorBits is the size of the floor's table, 2^20 entries of three weights.
const floorBits = 20

type floor struct {
	weights [][3]float32
	sum     [3]float32
}

func newFloor() *floor {
	f := &floor{weights: make([][3]float32, 1<<floorBits)}
	for i := range f.weights {
		f.weights[i] = [3]float32{1, float32(i % 7), float32(i % 3)}
	}
	return f
}

func (f *floor) add(h uint64) {
	w := &f.weights[(h*0x9E3779B97F4A7C15)>>(64-floorBits)]
	for k := range w {
		f.sum[k] += w[k]
	}
}

// score reads ASCII letters, digits and all bytes of other scripts as words.
func (f *floor) score(s string) {
	f.sum = [3]float32{}
	h, before := text.HashOffset, uint64(0)
	in := false
	for i := 0; i <= len(s); i++ {
		var c byte
		if i < len(s) {
			c = s[i]
		}
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c >= 0x80 {
			if c >= 'A' && c <= 'Z' {
				c |= 0x20
			}
			h = (h ^ uint64(c)) * text.HashPrime
			in = true
			continue
		}
		if in {
			f.add(h)
			if before != 0 {
				f.add(before*31 + h)
			}
			before, h, in = h, text.HashOffset, false
		}
	}
}
