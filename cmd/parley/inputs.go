package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/parley-nlp/parley/cmd/parley/internal/input"
)

// inputs are the sources of a run and what is known of them as a whole.
type inputs struct {
	sources []input.Source
	stdin   bool         // standard input is among them
	size    int64        // bytes of all files
	read    atomic.Int64 // bytes read so far
}

// openInputs turns the arguments into inputs; none is standard input. What
// cannot be an input is named when its turn comes, like a file that does not
// exist.
func (f *scoreFlags) openInputs(cmd *cobra.Command, args []string) (*inputs, error) {
	var format input.Format
	var pack input.Compression
	if f.inputFormat != "" {
		var err error
		if format, pack, err = input.ParseFormat(f.inputFormat); err != nil {
			return nil, usageError("%w", err)
		}
	}
	if len(args) == 0 {
		args = []string{"-"}
	}
	in := &inputs{}
	add := func(path string, known bool) {
		s := input.Source{Path: path, Format: format, Compression: pack, Read: &in.read}
		if f.inputFormat == "" && path != "-" {
			s.Format, s.Compression, s.Err = input.Detect(path)
			if known && (s.Err != nil || f.isOutput(path)) {
				return // a directory may hold anything
			}
		}
		in.sources = append(in.sources, s)
	}
	for _, a := range args {
		if a == "-" {
			if in.stdin {
				return nil, usageError("standard input (-) is named twice")
			}
			in.stdin = true
			add(a, false)
			in.sources[len(in.sources)-1].Stdin = typed(cmd)
			continue
		}
		paths, within, err := f.expand(a)
		if err != nil {
			in.sources = append(in.sources, input.Source{Path: a, Err: err})
			continue
		}
		for _, p := range paths {
			add(p, within)
		}
	}
	for _, s := range in.sources {
		if info, err := os.Stat(s.Path); err == nil && info.Mode().IsRegular() {
			in.size += info.Size()
		}
	}
	return in, nil
}

// expand returns the files that an argument stands for, in lexical order:
// itself, what a pattern matches, or with --recursive those in a directory, of
// which it then says so.
func (f *scoreFlags) expand(arg string) (paths []string, within bool, err error) {
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir() && f.recursive:
		paths, err = walk(arg)
		if err == nil && len(paths) == 0 {
			err = errors.New("directory holds no file of a known format")
		}
		return paths, true, err
	case errors.Is(err, fs.ErrNotExist) && strings.Contains(arg, " "):
		return nil, false, errors.New("no such file (text itself is scored from standard input: parley score -)")
	case err == nil || !strings.ContainsAny(arg, "*?["):
		return []string{arg}, false, nil
	}
	paths, err = filepath.Glob(arg)
	if err != nil {
		return nil, false, fmt.Errorf("pattern: %w", err)
	}
	if !strings.HasPrefix(filepath.Base(arg), ".") {
		paths = slices.DeleteFunc(paths, func(p string) bool { return strings.HasPrefix(filepath.Base(p), ".") })
	}
	if len(paths) == 0 {
		return nil, false, errors.New("pattern matches no file")
	}
	return paths, false, nil
}

// isOutput tells whether a path is the file that the run writes.
func (f *scoreFlags) isOutput(path string) bool {
	if f.output == "" {
		return false
	}
	a, errA := os.Stat(path)
	b, errB := os.Stat(f.output)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// walk lists the files below a directory whose suffix names a format. What
// begins with a dot is left out, links to directories in it are not followed.
func walk(dir string) ([]string, error) {
	var paths []string
	root := dir + string(filepath.Separator) // follows the directory itself if it is a link
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path != root && strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if d.IsDir() || filepath.Ext(path) == "" {
			return nil
		}
		if _, _, err := input.Detect(path); err == nil {
			paths = append(paths, path)
		}
		return nil
	})
	return paths, err
}
