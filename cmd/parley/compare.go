package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parley-nlp/parley/cmd/parley/internal/compare"
	"github.com/parley-nlp/parley/cmd/parley/internal/input"
	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
	"github.com/parley-nlp/parley/model"
)

func newCompareCommand() *cobra.Command {
	var format string
	var top int
	cmd := &cobra.Command{
		Use:   "compare [flags] A B",
		Short: "Compare two files of scored rows: two models, or two archives",
		Example: `  parley compare old-model.jsonl new-model.jsonl
  parley compare --format json 2015.parquet 2016.parquet`,
		Long: `Compare reads two files that parley score wrote (.jsonl, also .gz or .zst, or
.parquet) and prints how the labels of each are distributed. Where the same
paragraphs, by id, number and text, stand in both, it also prints how far the two
agree: the share of equal labels, Cohen's kappa, which label becomes which, and
the paragraphs whose change both are surest of.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "table" && format != "json" {
				return usageError("unknown format %q (want table or json)", format)
			}
			if top < 0 {
				return usageError("--top is %d (want 0 or more)", top)
			}
			r, err := compareFiles(args[0], args[1], top)
			if err != nil {
				return inputError(err)
			}
			if format == "json" {
				e := json.NewEncoder(cmd.OutOrStdout())
				e.SetEscapeHTML(false)
				return e.Encode(r)
			}
			return writeComparison(cmd.OutOrStdout(), r)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.IntVar(&top, "top", 10, "how many changed paragraphs to show")
	fs.StringVarP(&format, "format", "f", "table", "output `FORMAT`: table or json")
	return cmd
}

func compareFiles(a, b string, top int) (*compare.Result, error) {
	c := compare.New(top)
	for i, side := range []struct {
		path string
		add  func(*rows.Row) error
	}{{a, c.AddA}, {b, c.AddB}} {
		in, closer, err := scoredRows(side.path)
		if err != nil {
			return nil, err
		}
		for r, err := range in {
			if err == nil {
				err = side.add(r)
			}
			if err != nil {
				return nil, errors.Join(fmt.Errorf("%s: %w", side.path, err), closer.Close())
			}
		}
		if err := closer.Close(); err != nil {
			return nil, err
		}
		if c.Rows(i) == 0 {
			return nil, fmt.Errorf("%s: no scored rows", side.path)
		}
	}
	return c.Result(a, b), nil
}

// scoredRows opens a file that parley score wrote.
func scoredRows(path string) (iter.Seq2[*rows.Row, error], io.Closer, error) {
	s := input.Source{Path: path}
	s.Format, s.Compression, s.Err = input.Detect(path)
	switch {
	case s.Err != nil:
	case s.Format == input.Parquet && s.Compression == input.Plain:
		f, err := os.Open(path)
		if err != nil {
			return nil, nil, err
		}
		info, err := f.Stat()
		if err != nil {
			return nil, nil, errors.Join(err, f.Close())
		}
		return rows.ReadParquet(f, info.Size()), f, nil
	case s.Format != input.JSONL:
		s.Err = fmt.Errorf("scored rows are read from .jsonl, also .gz or .zst, and .parquet")
	}
	in, err := s.Plain()
	if err != nil {
		return nil, nil, err
	}
	return rows.ReadJSONL(in), in, nil
}

func writeComparison(w io.Writer, r *compare.Result) error {
	out := bufio.NewWriter(w)
	for i, f := range []compare.File{r.A, r.B} {
		fmt.Fprintf(out, "%c  %s: %d paragraphs, %s\n", 'A'+rune(i), f.Name, f.Rows, strings.Join(f.Models, ", "))
	}
	fmt.Fprintf(out, "paragraphs in both: %d\n", r.Common)
	if r.OtherText > 0 {
		fmt.Fprintf(out, "of the same id and number, but another text: %d\n", r.OtherText)
	}
	for t := range model.Task(model.NumTasks) {
		task := r.Tasks[t.String()]
		fmt.Fprintf(out, "\n%-18s%10s%10s%10s\n", t, "A", "B", "B - A")
		line := func(name string, a, b float64, format string) {
			change := fmt.Sprintf(strings.Replace(format, "%", "%+", 1), b-a)
			if strings.Trim(change, "-0.%") == "" {
				change = strings.Replace(change, "-", "+", 1)
			}
			fmt.Fprintf(out, "  %-16s%10s%10s%10s\n", name, fmt.Sprintf(format, a), fmt.Sprintf(format, b), change)
		}
		percent := func(name string, a, b float64) { line(name, 100*a, 100*b, "%.1f%%") }
		for _, l := range t.Labels() {
			percent(l, task.A.Shares[l], task.B.Shares[l])
		}
		line("mean score", task.A.Score, task.B.Score, "%.3f")
		line("mean confidence", task.A.Confidence, task.B.Confidence, "%.3f")
		percent("abstained", task.A.Abstained, task.B.Abstained)
		fmt.Fprintf(out, "  distance of the distributions %.3f\n", task.Distance)
		if g := task.Agreement; g != nil {
			fmt.Fprintf(out, "  same label %.1f%%, kappa %.3f, mean shift of the probabilities %.3f\n", 100*g.Same, g.Kappa, g.Shift)
			fmt.Fprintf(out, "  %-16s", "A \\ B")
			for _, l := range t.Labels() {
				fmt.Fprintf(out, "%16s", l)
			}
			fmt.Fprintln(out)
			for _, a := range t.Labels() {
				fmt.Fprintf(out, "  %-16s", a)
				for _, b := range t.Labels() {
					fmt.Fprintf(out, "%16d", g.Confusion[a][b])
				}
				fmt.Fprintln(out)
			}
		}
	}
	if len(r.Changes) > 0 {
		fmt.Fprintln(out, "\nchanged, the surest first")
	}
	for i := range r.Changes {
		c := &r.Changes[i]
		fmt.Fprintf(out, "  %.2f  %s\n        %s\n", c.Certainty, rows.Printable(c.String()), rows.Printable(clip(c.Text, 160)))
	}
	return out.Flush()
}

// clip shortens a text to about n bytes.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "..."
}
