package main

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/parley-nlp/parley/cmd/parley/internal/input"
)

// writtenFile is a file that a run writes.
type writtenFile struct {
	name string
	info os.FileInfo
}

func (w *writtenFile) is(info os.FileInfo) bool { return info != nil && os.SameFile(w.info, info) }

// distinct refuses an output that is also an input.
func (w *writtenFile) distinct(sources []input.Source) error {
	for i := range sources {
		if w.is(statInput(&sources[i])) {
			return usageError("output %s is also an input", w.name)
		}
	}
	return nil
}

// distinct refuses an output file that is also an input.
func distinct(path string, sources []input.Source) error {
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	return (&writtenFile{path, info}).distinct(sources)
}

// written lists the regular files that the run writes, those that are there.
func (f *scoreFlags) written(cmd *cobra.Command) []writtenFile {
	var all []writtenFile
	add := func(name string, info os.FileInfo, err error) {
		if err == nil && info.Mode().IsRegular() {
			all = append(all, writtenFile{name, info})
		}
	}
	if f.output != "" {
		info, err := os.Stat(f.output)
		add(f.output, info, err)
	} else if out, ok := cmd.OutOrStdout().(*os.File); ok {
		info, err := out.Stat()
		add("standard output", info, err)
	}
	if f.errors != "" {
		info, err := os.Stat(f.errors)
		add(f.errors, info, err)
	}
	return all
}

// statInput describes the file of an input, nil if there is none.
func statInput(s *input.Source) os.FileInfo {
	var info os.FileInfo
	var err error
	if in, ok := s.Stdin.(*os.File); ok {
		info, err = in.Stat()
	} else {
		info, err = os.Stat(s.Path)
	}
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	return info
}

// samePath tells whether two names are those of one file, there or not.
func samePath(a, b string) bool {
	a, errA := filepath.Abs(a)
	b, errB := filepath.Abs(b)
	return errA == nil && errB == nil && a == b
}

// isRegularOrNew tells whether a path is a regular file or not there yet.
func isRegularOrNew(path string) bool {
	info, err := os.Stat(path)
	return err != nil || info.Mode().IsRegular()
}
