package peers

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	"github.com/parley-nlp/parley/training/standoff"
)

// What speed is measured on: so many paragraphs of so many words.
const (
	speedRows              = 60000
	speedLeast, speedWords = 60, 80
)

// SpeedInput writes the paragraphs that speed is measured on, one a line, to
// path, as fastText reads them to path.ft, and as parley score does to path.jsonl:
// real ones of 60 to 80 words that no training has seen, English and Arabic in
// turn, each once, from unlabelled/en.txt.gz and ar.txt.gz under shared.
func SpeedInput(d *Data, shared, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	trained := map[string]bool{}
	for i := range d.Train {
		trained[standoff.Normalize(d.Train[i].Text)] = true
	}
	var texts [2][]string
	for i, name := range []string{"en.txt.gz", "ar.txt.gz"} {
		var err error
		if texts[i], err = speedTexts(filepath.Join(shared, "unlabelled", name), trained); err != nil {
			return err
		}
	}
	n := min(len(texts[0]), len(texts[1]), speedRows/2)
	if n == 0 {
		return fmt.Errorf("no paragraphs of %d to %d words in both languages under %s", speedLeast, speedWords, shared)
	}
	var lines, normal, rows strings.Builder
	var toks text.Tokens
	for i := range 2 * n {
		s := texts[i%2][i/2]
		row, err := json.Marshal(map[string]string{"text": s})
		if err != nil {
			return err
		}
		lines.WriteString(s + "\n")
		normal.WriteString(words(&toks, s) + "\n")
		rows.Write(append(row, '\n'))
	}
	return errors.Join(
		os.WriteFile(path, []byte(lines.String()), 0o644),
		os.WriteFile(path+".ft", []byte(normal.String()), 0o644),
		os.WriteFile(path+".jsonl", []byte(rows.String()), 0o644))
}

// speedTexts returns the first of a file's paragraphs, one a line, that speed can
// be measured on.
func speedTexts(path string, trained map[string]bool) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var texts []string
	sc := bufio.NewScanner(z)
	sc.Buffer(nil, 1<<20)
	for len(texts) < speedRows/2 && sc.Scan() {
		s := standoff.Normalize(sc.Text())
		if n := strings.Count(s, " ") + 1; n >= speedLeast && n <= speedWords && !trained[s] {
			texts = append(texts, s)
		}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return texts, nil
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
