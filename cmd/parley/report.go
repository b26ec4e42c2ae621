package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/parley-nlp/parley/cmd/parley/internal/input"
	"github.com/parley-nlp/parley/cmd/parley/internal/report"
	"github.com/parley-nlp/parley/model/text"
)

// reportFlags are the flags of parley report as they were given.
type reportFlags struct {
	output  string
	title   string
	offsets string
	most    int
}

func newReportCommand() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report [-o FILE.html] FILE...",
		Short: "Turn scored rows into one HTML page to look at",
		Example: `  parley score examples/*.txt -o scored.jsonl && parley report -o report.html scored.jsonl
  parley report --title "Spring 2016" -o spring.html part-*.parquet
  parley score --format jsonl archive/*.txt | parley report - > report.html`,
		Long: `Report reads rows of parley score, from .jsonl or .parquet (each also .gz or
.zst; standard input, -, is JSONL), and writes one HTML file that needs no
network: totals, stance and tone over time, by source and by holder, a matrix of
both, the most telling phrases, uncertain paragraphs to label next, and the
articles with their paragraphs coloured and their evidence marked, to filter and
to search.

What the rows carry in extra describes their article, in capitals or not: date,
published or year its day; source, outlet or publisher its source (else its id);
title or headline its title; url its address. Rows may come in any order and
from any number of files: those with one id of which the same is said make one
article.

A row that is not one of parley score is named on standard error and left out,
and the exit status is 1.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVarP(&f.output, "output", "o", "", "write to `FILE` instead of standard output")
	fs.StringVar(&f.title, "title", "Parley report", "`HEADING` of the page")
	fs.StringVar(&f.offsets, "offsets", "utf8", "`UNIT` of the rows' offsets, as they were scored: utf8, utf16 or utf32")
	fs.IntVar(&f.most, "max-paragraphs", report.DefaultMaxParagraphs, "refuse more paragraphs than `N`, which browsers would not open")
	return cmd
}

func (f *reportFlags) run(cmd *cobra.Command, args []string) error {
	offsets, err := text.ParseEncoding(f.offsets)
	if err != nil {
		return usageError("--offsets: %w", err)
	}
	if f.most < 1 {
		return usageError("--max-paragraphs is %d (want 1 or more)", f.most)
	}
	if f.output == "" && isTerminal(cmd.OutOrStdout()) {
		return usageError("the page would go to the terminal (say -o FILE.html)")
	}
	sources, err := reportSources(cmd, args)
	if err != nil {
		return err
	}
	if f.output != "" {
		if err := distinct(f.output, sources); err != nil {
			return err
		}
	}
	r := report.New(report.Options{Title: f.title, Offsets: offsets, MaxParagraphs: f.most})
	faults := faultList{w: cmd.ErrOrStderr()}
	for i := range sources {
		if err := cmd.Context().Err(); err != nil {
			return err
		}
		if err := r.Read(&sources[i], faults.add); err != nil {
			faults.end()
			if errors.Is(err, report.ErrFull) {
				err = fmt.Errorf("%w (score fewer with --sample or --filter, or say --max-paragraphs)", err)
			}
			return inputError(err)
		}
	}
	faults.end()
	if r.Len() == 0 {
		return inputError(errors.New("no scored rows in the input"))
	}
	for _, n := range r.Notes() {
		fmt.Fprintf(cmd.ErrOrStderr(), "parley: note: %s\n", n)
	}
	if err := f.write(cmd, r); err != nil {
		return inputError(err)
	}
	if faults.n > 0 {
		return &exitError{exitRows, nil}
	}
	return nil
}

// reportSources turns the arguments into inputs of rows.
func reportSources(cmd *cobra.Command, args []string) ([]input.Source, error) {
	var sources []input.Source
	stdin := 0
	for _, a := range args {
		s := input.Source{Path: a, Format: input.JSONL}
		if a == "-" {
			if stdin++; stdin > 1 {
				return nil, usageError("standard input (-) is named twice")
			}
			in := bufio.NewReader(cmd.InOrStdin())
			if looksLikeCSV(in) {
				return nil, inputError(errors.New("stdin: this looks like CSV, and rows are read as JSONL (say --format jsonl to parley score, or name a .parquet file)"))
			}
			s.Stdin = in
		} else {
			s.Format, s.Compression, s.Err = input.Detect(a)
		}
		sources = append(sources, s)
	}
	return sources, nil
}

// looksLikeCSV tells the head of a table from a row of JSONL, so that not every
// line of the table is refused by itself.
func looksLikeCSV(in *bufio.Reader) bool {
	start, _ := in.Peek(in.Size())
	head, _, _ := bytes.Cut(start, []byte("\n"))
	return !bytes.ContainsAny(head, "{[") && bytes.Count(head, []byte(",")) > 1
}

// write writes the page: to a file beside the output first, so that one that
// was there is replaced only by a whole page.
func (f *reportFlags) write(cmd *cobra.Command, r *report.Report) error {
	if f.output == "" {
		return r.Write(cmd.OutOrStdout())
	}
	if info, err := os.Stat(f.output); err == nil && !info.Mode().IsRegular() {
		return writeInto(f.output, r)
	}
	file, err := os.CreateTemp(filepath.Dir(f.output), filepath.Base(f.output)+".*.tmp")
	if err != nil {
		return err
	}
	err = errors.Join(r.Write(file), file.Chmod(0o644), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), f.output)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// writeInto writes to what cannot be replaced, such as /dev/stdout.
func writeInto(path string, r *report.Report) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(r.Write(file), file.Close())
}

// faultList names rows that were left out, the first of them one by one.
type faultList struct {
	w io.Writer
	n int
}

const mostFaults = 20

func (l *faultList) add(err error) {
	if l.n++; l.n <= mostFaults {
		fmt.Fprintf(l.w, "parley: %v\n", err)
	}
}

func (l *faultList) end() {
	if more := l.n - mostFaults; more > 0 {
		fmt.Fprintf(l.w, "parley: %d more rows were left out\n", more)
	}
}
