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
	stream  string       // one that can be read only once, for messages; empty for none
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
	written := f.written(cmd)
	stdin := false
	for _, a := range args {
		if a == "-" {
			if stdin {
				return nil, usageError("standard input (-) is named twice")
			}
			stdin, in.stream = true, "standard input"
			in.sources = append(in.sources, input.Source{Path: a, Format: format, Compression: pack, Read: &in.read, Stdin: typed(cmd)})
			continue
		}
		for _, found := range f.expand(a) {
			if found.within && slices.ContainsFunc(written, func(w writtenFile) bool { return w.is(statInput(&found.Source)) }) {
				continue // what the run itself writes below a directory
			}
			found.Read = &in.read
			if found.Format, found.Compression = format, pack; f.inputFormat == "" && found.Err == nil {
				found.Format, found.Compression, found.Err = input.Detect(found.Path)
			}
			in.sources = append(in.sources, found.Source)
		}
	}
	for i := range in.sources {
		switch info, err := os.Stat(in.sources[i].Path); {
		case err != nil:
		case info.Mode().IsRegular():
			in.size += info.Size()
		case !info.IsDir():
			in.stream = "the pipe or device " + in.sources[i].Path
		}
	}
	return in, nil
}

// found is an input that an argument stands for.
type found struct {
	input.Source
	within bool // below a directory, not named itself
}

// expand returns the files that an argument stands for, in lexical order:
// itself, what a pattern matches, and with --recursive those in a directory.
// What cannot be one has an error.
func (f *scoreFlags) expand(arg string) []found {
	failed := func(err error) []found { return []found{{Source: input.Source{Path: arg, Err: err}}} }
	_, err := os.Stat(arg)
	switch {
	case err == nil:
		return f.below(arg)
	case strings.Contains(arg, "**"):
		return failed(errors.New("patterns know no ** (name the directory, and say --recursive)"))
	case !strings.ContainsAny(arg, "*?["):
		if errors.Is(err, fs.ErrNotExist) && strings.Contains(arg, " ") {
			return failed(errors.New("no such file (text itself is scored from standard input: parley score -)"))
		}
		return []found{{Source: input.Source{Path: arg}}}
	}
	paths, err := filepath.Glob(arg)
	if err != nil {
		return failed(fmt.Errorf("pattern: %w", err))
	}
	var all []found
	for _, p := range paths {
		if strings.HasPrefix(filepath.Base(arg), ".") || !strings.HasPrefix(filepath.Base(p), ".") {
			all = append(all, f.below(p)...)
		}
	}
	if len(all) == 0 {
		return failed(errors.New("pattern matches no file"))
	}
	return all
}

// below returns a file itself, and with --recursive for a directory what is in
// it.
func (f *scoreFlags) below(path string) []found {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() || !f.recursive {
		return []found{{Source: input.Source{Path: path}}}
	}
	all := walk(path)
	if len(all) == 0 {
		all = append(all, found{Source: input.Source{Path: path, Err: errors.New("directory holds no file of a known format")}})
	}
	return all
}

// walk finds the files below a directory whose suffix names a format, and what
// cannot be read there. What begins with a dot is left out, links to directories
// in it are not followed.
func walk(dir string) []found {
	var all []found
	root := dir + string(filepath.Separator)                                       // follows the directory itself if it is a link
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error { // returns what the function does: nothing
		if err != nil {
			all = append(all, found{Source: input.Source{Path: filepath.Clean(path), Err: err}, within: true})
			return nil
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
			all = append(all, found{Source: input.Source{Path: path}, within: true})
		}
		return nil
	})
	return all
}
