package main

import (
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parley-nlp/parley/cmd/parley/internal/input"
	"github.com/parley-nlp/parley/cmd/parley/internal/journal"
	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
	"github.com/parley-nlp/parley/model/text"
)

// outputFormat is a format and how it is packed.
type outputFormat struct {
	name string // table, jsonl, csv, parquet or html
	pack input.Compression
}

// resumable tells whether a run in the format can go on after it was cut off.
func (o outputFormat) resumable() bool { return o.name != "table" && o.name != "html" }

// blocks tells whether rows are held back until a block of them is full.
func (o outputFormat) blocks() bool { return o.pack != input.Plain || o.name == "parquet" }

// outputSuffixes are the formats by the suffix of a file.
var outputSuffixes = map[string]string{
	".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".txt": "table", ".html": "html", ".htm": "html", ".parquet": "parquet",
}

// outputFormat settles the format by --format, the suffix of --output, or what
// standard output is.
func (f *scoreFlags) outputFormat(stdout io.Writer) (outputFormat, error) {
	var o outputFormat
	base := strings.ToLower(f.output)
	switch filepath.Ext(base) {
	case ".gz":
		base, o.pack = strings.TrimSuffix(base, ".gz"), input.Gzip
	case ".zst":
		base, o.pack = strings.TrimSuffix(base, ".zst"), input.Zstd
	}
	o.name = f.format
	if o.name == "" {
		o.name = "jsonl"
		if named, ok := outputSuffixes[filepath.Ext(base)]; ok {
			o.name = named
		} else if filepath.Ext(base) == ".tsv" {
			return o, usageError("rows are not written as .tsv (want .jsonl, .csv, .parquet, .txt or .html)")
		} else if f.output == "" && isTerminal(stdout) {
			o.name = "table"
		}
	}
	switch o.name {
	case "jsonl", "csv":
	case "table", "html", "parquet":
		if o.pack != input.Plain {
			return o, usageError("format %s cannot be compressed as %s asks (jsonl and csv can; parquet is by itself)", o.name, f.output)
		}
	default:
		return o, usageError("unknown format %q (want table, jsonl, csv, parquet or html)", o.name)
	}
	if o.name == "parquet" && f.output == "" && isTerminal(stdout) {
		return o, usageError("parquet is not for a terminal (say -o FILE)")
	}
	return o, nil
}

// output is where rows go.
type output struct {
	*countedFile
	format outputFormat
	rows   rows.Writer
	append func(dst []byte, r *rows.Row) []byte // nil for formats that are not encoded row by row
}

// countedFile is a file, or standard output, with the size and the checksum of
// all that was written to it, also before a run was cut off.
type countedFile struct {
	name    string   // for messages
	file    *os.File // nil for standard output
	buf     *bufio.Writer
	done    journal.File
	created bool // the file was not there before
}

// Write implements io.Writer.
func (c *countedFile) Write(p []byte) (int, error) {
	n, err := c.buf.Write(p)
	c.done.Size += int64(n)
	c.done.CRC = crc32.Update(c.done.CRC, journal.Castagnoli, p[:n])
	return n, err
}

// openCounted opens a file for writing and keeps other runs from it. It is as it
// was until it is prepared.
func openCounted(path string) (*countedFile, error) {
	c := &countedFile{name: path}
	flags := os.O_RDWR | os.O_CREATE
	info, err := os.Stat(path)
	switch {
	case err != nil:
		c.created = true
	case !info.Mode().IsRegular():
		flags = os.O_WRONLY // who could read a pipe himself would not notice that nobody does
	}
	if c.file, err = os.OpenFile(path, flags, 0o644); err != nil {
		return nil, inputError(err)
	}
	c.buf = bufio.NewWriterSize(c.file, 256<<10)
	if isRegularOrNew(path) {
		if err := journal.Lock(c.file); err != nil {
			return nil, errors.Join(c.failed(err), c.file.Close())
		}
	}
	return c, nil
}

// prepare empties the file, or cuts it to what a journal knows of it, to be
// continued; before says which.
func (c *countedFile) prepare(before *journal.File) error {
	if before != nil {
		if err := before.Check(c.file); err != nil {
			return c.failed(fmt.Errorf("cannot go on with it: %w", err))
		}
		c.done = *before
	}
	info, err := c.file.Stat()
	if err != nil {
		return c.failed(err)
	}
	if !info.Mode().IsRegular() {
		return nil // a device or a pipe
	}
	if err := c.file.Truncate(c.done.Size); err != nil {
		return c.failed(err)
	}
	if _, err := c.file.Seek(c.done.Size, io.SeekStart); err != nil {
		return c.failed(err)
	}
	return nil
}

func (c *countedFile) failed(err error) error {
	return inputError(fmt.Errorf("output %s: %w", c.name, err))
}

// abandon closes a file that nothing was written to. One that was not there
// before goes.
func (c *countedFile) abandon() error {
	if c == nil || c.file == nil {
		return nil
	}
	err := c.file.Close()
	if c.created {
		err = errors.Join(err, os.Remove(c.name))
	}
	return err
}

// sync makes all that was written last.
func (c *countedFile) sync() error {
	if err := c.buf.Flush(); err != nil || c.file == nil {
		return err
	}
	return c.file.Sync()
}

// close flushes and closes.
func (c *countedFile) close() error {
	err := c.buf.Flush()
	if c.file != nil {
		err = errors.Join(err, c.file.Close())
	}
	return c.wrap(err)
}

func (c *countedFile) wrap(err error) error {
	if err == nil {
		return nil
	}
	if path := (*os.PathError)(nil); errors.As(err, &path) {
		err = path.Err // the name stands before it
	}
	return inputError(fmt.Errorf("write %s: %w", c.name, err))
}

// newOutput returns the output that writes to a file which is prepared, or to
// standard output for nil.
func (f *scoreFlags) newOutput(cmd *cobra.Command, format outputFormat, file *countedFile) (*output, error) {
	o := &output{format: format, countedFile: file}
	var err error
	target := cmd.OutOrStdout()
	if file == nil {
		o.countedFile = &countedFile{name: "standard output", buf: bufio.NewWriterSize(target, 256<<10)}
	} else {
		target = o.file
	}
	resumed := o.done.Size > 0
	offsets, _ := text.ParseEncoding(f.offsets) // config has checked it
	switch format.name {
	case "table":
		t := rows.Table{Width: f.width, Color: f.useColor(target), Offsets: offsets}
		if t.Width == 0 {
			t.Width = terminalWidth(target)
		}
		o.rows = t.NewWriter(o)
	case "html":
		o.rows = rows.NewHTMLWriter(o, offsets)
	case "parquet":
		if resumed {
			o.rows, err = rows.ResumeParquet(o, o.file, o.done.Size)
		} else {
			o.rows, err = rows.NewParquetWriter(o)
		}
	case "csv":
		err = o.encode(rows.CSV{}, resumed)
	default:
		err = o.encode(rows.JSONL{}, resumed)
	}
	if err != nil {
		return nil, o.wrap(err)
	}
	return o, nil
}

// encode sets the writer of a format that is encoded row by row.
func (o *output) encode(a rows.Appender, resumed bool) (err error) {
	o.append = a.Append
	switch o.format.pack {
	case input.Gzip:
		o.rows = rows.NewGzipWriter(o, a, resumed)
	case input.Zstd:
		o.rows, err = rows.NewZstdWriter(o, a, resumed)
	default:
		o.rows = rows.NewLineWriter(o, a, resumed)
	}
	return err
}

// flush passes on what a reader of standard output can use already.
func (o *output) flush() error {
	if err := o.rows.Flush(); err != nil {
		return o.wrap(err)
	}
	return o.wrap(o.buf.Flush())
}

// finish writes the end of the output.
func (o *output) finish() error { return o.wrap(o.rows.Close()) }
