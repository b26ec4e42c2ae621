package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parley-nlp/parley/training/standoff"
)

// newCorpusStandoffCommand is `parley corpus standoff`.
func newCorpusStandoffCommand() *cobra.Command {
	var output, how, lang string
	cmd := &cobra.Command{
		Use:   "standoff [flags] [FILE|-]...",
		Short: "Turn labelled rows into labels without text",
		Example: `  parley corpus standoff --lang en labelled/en*.jsonl -o training/standoff/unlabelled-en.jsonl
  parley corpus standoff --how seed --lang ar ../shared/train/real.jsonl`,
		Long: `Each labelled row becomes a row with a hash of its text, and evidence and holder
as offsets; no word of the text is kept. Rows are sorted by id.

Exit status: 0 all done; 1 some rows were refused (each is named on standard
error, the others are written); 3 an input cannot be read.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(standoff.Ways, how) {
				return usageError("unknown --how %q (want one of %s)", how, strings.Join(standoff.Ways, " "))
			}
			if lang != "" && lang != "en" && lang != "ar" {
				return usageError("unknown --lang %q (want en or ar)", lang)
			}
			if len(args) == 0 {
				args = []string{"-"}
			}
			var rows []standoff.Row
			failed := false
			for _, name := range args {
				in := cmd.InOrStdin()
				if name != "-" {
					f, err := os.Open(name)
					if err != nil {
						return inputError(err)
					}
					defer f.Close()
					in = f
				}
				r, err := standoff.Make(in, how)
				if err != nil {
					failed = true
					fmt.Fprintf(cmd.ErrOrStderr(), "parley: %s: %v\n", name, err)
				}
				rows = append(rows, r...)
			}
			if lang != "" {
				rows = slices.DeleteFunc(rows, func(r standoff.Row) bool { return r.Lang != lang })
			}
			slices.SortStableFunc(rows, func(a, b standoff.Row) int { return cmp.Compare(a.ID, b.ID) })
			err := writeFile(cmd.OutOrStdout(), output, func(w io.Writer) error { return standoff.Write(w, rows) })
			if err != nil {
				return inputError(err)
			}
			if failed {
				return &exitError{status: exitRows}
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to `FILE` instead of standard output")
	cmd.Flags().StringVar(&how, "how", "seed", "how the rows were chosen, where they do not say")
	cmd.Flags().StringVar(&lang, "lang", "", "keep only rows in this language, en or ar")
	return cmd
}

// writeFile writes to the named file, or to standard output if it has no name.
func writeFile(stdout io.Writer, name string, write func(io.Writer) error) error {
	if name == "" {
		return write(stdout)
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// newCorpusHydrateCommand is `parley corpus hydrate`.
func newCorpusHydrateCommand() *cobra.Command {
	var from, labels []string
	var out string
	cmd := &cobra.Command{
		Use:   "hydrate --from DIR --out DIR",
		Short: "Join the labels of real text with the texts that you have",
		Example: `  parley corpus hydrate --from ../shared --out rows/
  parley corpus hydrate --from en.txt.gz --from mine.jsonl --out rows/`,
		Long: `The stand-off part of the corpus has labels of texts that belong to others.
Texts are found by hash in the files under --from: JSON Lines with a field
"text", and plain text with a paragraph a line or between blank lines, each also
as .gz. Every file of labels becomes a file of labelled rows under --out.

Exit status: 0 some texts were found (how many is printed for each file); 3 none,
or an input cannot be read.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(from) == 0 || out == "" {
				return usageError("--from and --out are required")
			}
			files, err := labelFiles(labels)
			if err != nil {
				return inputError(err)
			}
			texts := standoff.NewTexts(files)
			for _, path := range from {
				if err := texts.Path(cmd.Context(), path); err != nil {
					return inputError(err)
				}
			}
			if n, of := texts.Found(); n == 0 {
				return inputError(fmt.Errorf("none of %d texts found in %s", of, strings.Join(from, ", ")))
			}
			if err := os.MkdirAll(out, 0o777); err != nil {
				return inputError(err)
			}
			for _, f := range files {
				rows, err := texts.Rows(f.Rows)
				if err == nil {
					err = writeFile(nil, filepath.Join(out, f.Name), func(w io.Writer) error { return standoff.WriteLabelled(w, rows) })
				}
				if err != nil {
					return inputError(fmt.Errorf("%s: %w", f.Name, err))
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %d of %d found\n", f.Name, len(rows), len(f.Rows))
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&from, "from", nil, "directory or file with the texts (may be repeated)")
	cmd.Flags().StringVar(&out, "out", "", "directory that the labelled rows are written to")
	cmd.Flags().StringArrayVar(&labels, "labels", nil, "file of stand-off labels (may be repeated; default: those of the corpus)")
	return cmd
}

// labelFiles reads files of stand-off labels; none means those of the corpus.
func labelFiles(names []string) ([]standoff.File, error) {
	if len(names) == 0 {
		return standoff.Files()
	}
	var files []standoff.File
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		rows, err := standoff.Read(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files = append(files, standoff.File{Name: filepath.Base(name), Rows: rows})
	}
	return files, nil
}
