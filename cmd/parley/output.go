package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/parley-nlp/parley/cmd/parley/internal/input"
	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
	"github.com/parley-nlp/parley/model/text"
)

// output is where rows go.
type output struct {
	name   string // for messages
	file   *os.File
	rows   rows.Writer
	append func(dst []byte, r *rows.Row) []byte // nil for formats that are written in order
}

// formats are the names of the output formats by the suffix of a file.
var formats = map[string]string{".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".txt": "table"}

// openOutput opens what --output names, or standard output.
func (f *scoreFlags) openOutput(cmd *cobra.Command, sources []input.Source) (*output, error) {
	w := cmd.OutOrStdout()
	o := &output{name: "standard output"}
	format := f.format
	if format == "" {
		format = "jsonl"
		if named, ok := formats[strings.ToLower(filepath.Ext(f.output))]; ok {
			format = named
		} else if f.output == "" && isTerminal(w) {
			format = "table"
		}
	}
	if err := f.checkFormat(format); err != nil {
		return nil, err
	}
	if f.output != "" {
		if err := distinct(f.output, sources); err != nil {
			return nil, err
		}
		file, err := os.Create(f.output)
		if err != nil {
			return nil, inputError(err)
		}
		o.name, o.file, w = f.output, file, file
	}
	buf := bufio.NewWriterSize(w, 256<<10)
	switch format {
	case "jsonl":
		o.rows, o.append = rows.NewLineWriter(buf, rows.JSONL{}), rows.JSONL{}.Append
	case "csv":
		o.rows, o.append = rows.NewLineWriter(buf, rows.CSV{}), rows.CSV{}.Append
	case "table":
		t := rows.Table{Width: f.width, Color: f.useColor(w)}
		t.Offsets, _ = text.ParseEncoding(f.offsets) // config has checked it
		if t.Width == 0 {
			t.Width = terminalWidth(w)
		}
		o.rows = t.NewWriter(buf)
	}
	return o, nil
}

// checkFormat refuses wrong names of formats and of colours.
func (f *scoreFlags) checkFormat(format string) error {
	switch format {
	case "jsonl", "csv", "table":
	default:
		return usageError("unknown format %q (want table, jsonl or csv)", format)
	}
	switch f.color {
	case "auto", "always", "never":
		return nil
	}
	return usageError("unknown --color %q (want auto, always or never)", f.color)
}

// distinct refuses an output that is also an input.
func distinct(path string, sources []input.Source) error {
	out, err := os.Stat(path)
	if err != nil {
		return nil
	}
	for i := range sources {
		in, err := os.Stat(sources[i].Path)
		if err == nil && os.SameFile(in, out) {
			return usageError("output %s is also an input", path)
		}
	}
	return nil
}

// useColor decides on colours for a table that goes to w.
func (f *scoreFlags) useColor(w io.Writer) bool {
	switch f.color {
	case "always":
		return true
	case "never":
		return false
	}
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// terminalWidth returns the columns of the terminal behind w, 0 if there is
// none.
func terminalWidth(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

func (o *output) write(r *rows.Row, encoded []byte) error { return o.rows.Write(r, encoded) }

func (o *output) flush() error { return o.wrap(o.rows.Flush()) }

// close writes the end of the output.
func (o *output) close() error {
	err := o.rows.Close()
	if o.file != nil {
		err = errors.Join(err, o.file.Close())
	}
	return o.wrap(err)
}

// discard closes an output that nothing was written to.
func (o *output) discard() error {
	if o.file == nil {
		return nil
	}
	return o.file.Close()
}

func (o *output) wrap(err error) error {
	if err == nil {
		return nil
	}
	return inputError(fmt.Errorf("write %s: %w", o.name, err))
}
