// Package journal remembers how far a run has come, in a small file beside its
// output, so that a run that was cut off at any moment can go on.
//
// A journal is replaced as a whole by renaming a file that was written and
// synced before, and only after the output it speaks of was synced. What stands
// in the output beyond the journaled size was written later and is cut off.
package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/parley-nlp/parley/cmd/parley/internal/score"
)

// Suffix is what the name of a journal has after that of the output.
const Suffix = ".journal"

// version is that of the journal's format: a line of JSON and one with its
// checksum.
const version = 2

// State is what a journal holds.
type State struct {
	Version int `json:"version"`
	// Run says which run it is; another one must not go on with its output.
	Run Run `json:"run"`
	// Position is where to go on reading.
	Position score.Position `json:"position"`
	// Output and Errors are the files as far as they go.
	Output File `json:"output"`
	Errors File `json:"errors"`
	// Counts are the figures so far.
	Counts Counts `json:"counts"`
	// Done tells that the run has ended and the output is complete.
	Done bool `json:"done"`
}

// File is the beginning of a file that is known to be good.
type File struct {
	// Size is its length in bytes.
	Size int64 `json:"size"`
	// CRC is its CRC-32C.
	CRC uint32 `json:"crc"`
}

// Counts are the figures of a run so far.
type Counts struct {
	Rows       int64            `json:"rows"`
	Dropped    int64            `json:"dropped"`
	Failed     int64            `json:"failed"`
	Unreadable int64            `json:"unreadable"`
	Labels     map[string]int64 `json:"labels"`
}

// Clone returns a copy that shares nothing.
func (c Counts) Clone() Counts {
	labels := make(map[string]int64, len(c.Labels))
	for k, v := range c.Labels {
		labels[k] = v
	}
	c.Labels = labels
	return c
}

// Run identifies a run.
type Run struct {
	// Model is the exact name of the model.
	Model string `json:"model"`
	// Settings are the flags that the output depends on.
	Settings map[string]string `json:"settings"`
	// Inputs are the inputs in their order.
	Inputs []Input `json:"inputs"`
}

// Input identifies an input file.
type Input struct {
	Path string `json:"path"`
	// Size and Modified are those of the file; Size is -1 if there is none.
	Size     int64 `json:"size"`
	Modified int64 `json:"modified"`
	// Ends is the CRC-32C of the first and the last mebibyte.
	Ends uint32 `json:"ends"`
}

// Castagnoli is the polynomial of all checksums here.
var Castagnoli = crc32.MakeTable(crc32.Castagnoli)

// IdentifyInput describes an input file as it is now. A file that cannot be
// read is described as missing, since the run itself will say so.
func IdentifyInput(path string) Input {
	in := Input{Path: path, Size: -1}
	f, err := os.Open(path)
	if err != nil {
		return in
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return in
	}
	const ends = 1 << 20
	h := crc32.New(Castagnoli)
	for _, part := range []*io.SectionReader{io.NewSectionReader(f, 0, ends), io.NewSectionReader(f, max(ends, info.Size()-ends), ends)} {
		if _, err := io.Copy(h, part); err != nil {
			return in
		}
	}
	in.Size, in.Modified, in.Ends = info.Size(), info.ModTime().UnixNano(), h.Sum32()
	return in
}

// Differs says in which way a run is not the same as before; empty if it is.
func (r *Run) Differs(before *Run) string {
	var found []string
	if r.Model != before.Model {
		found = append(found, fmt.Sprintf("the model is %s, was %s", r.Model, before.Model))
	}
	var names []string
	for name := range r.Settings {
		names = append(names, name)
	}
	for name := range before.Settings {
		if _, ok := r.Settings[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if now, was := r.Settings[name], before.Settings[name]; now != was {
			found = append(found, fmt.Sprintf("--%s is %q, was %q", name, now, was))
		}
	}
	switch {
	case len(r.Inputs) != len(before.Inputs):
		found = append(found, fmt.Sprintf("there are %d inputs, were %d", len(r.Inputs), len(before.Inputs)))
	default:
		for i := range r.Inputs {
			if d := r.Inputs[i].differs(&before.Inputs[i]); d != "" {
				found = append(found, d)
				break
			}
		}
	}
	return strings.Join(found, "; ")
}

func (in *Input) differs(before *Input) string {
	switch {
	case in.Path != before.Path:
		return fmt.Sprintf("an input is %s, was %s", in.Path, before.Path)
	case in.Size != before.Size:
		return fmt.Sprintf("input %s has %d bytes, had %d", in.Path, in.Size, before.Size)
	case in.Ends != before.Ends:
		return fmt.Sprintf("input %s has other content", in.Path)
	case in.Modified != before.Modified:
		return fmt.Sprintf("input %s was modified", in.Path)
	}
	return ""
}

// Read returns the journal of an output; nil if it has none.
func Read(output string) (*State, error) {
	path := output + Suffix
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var s State
	line, sum, _ := bytes.Cut(data, []byte{'\n'})
	if err := json.Unmarshal(line, &s); err != nil {
		return nil, fmt.Errorf("journal %s is damaged: %w", path, err)
	}
	if s.Version != version {
		return nil, fmt.Errorf("journal %s is of version %d, this program writes %d", path, s.Version, version)
	}
	if string(sum) != checksum(line) {
		return nil, fmt.Errorf("journal %s is damaged: its checksum does not match", path)
	}
	return &s, nil
}

// checksum is the second line of a journal.
func checksum(line []byte) string { return fmt.Sprintf("%08x\n", crc32.Checksum(line, Castagnoli)) }

// Write replaces the journal of an output. The output must have been synced.
func Write(output string, s *State) error {
	s.Version = version
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	path := output + Suffix
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s\n%s", data, checksum(data))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a rename last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	return errors.Join(err, d.Close())
}

// Remove removes the journal of an output, if there is one.
func Remove(output string) error {
	err := os.Remove(output + Suffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// IsAll tells whether a file of that size holds nothing beyond f.
func (f File) IsAll(size int64) error {
	if size > f.Size {
		return fmt.Errorf("it has %d bytes, the journal knows of %d", size, f.Size)
	}
	return nil
}

// Check tells whether a file begins with what the journal knows of it.
func (f File) Check(r io.ReaderAt) error {
	h := crc32.New(Castagnoli)
	n, err := io.Copy(h, io.NewSectionReader(r, 0, f.Size))
	if err != nil {
		return err
	}
	if n < f.Size {
		return fmt.Errorf("it has %d bytes, the journal knows of %d", n, f.Size)
	}
	if h.Sum32() != f.CRC {
		return fmt.Errorf("its first %d bytes are not those that were written", f.Size)
	}
	return nil
}
