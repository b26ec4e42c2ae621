package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/parley-nlp/parley/training/corpuscheck"
)

// newCorpusAgreeCommand is `parley corpus agree`.
func newCorpusAgreeCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "agree FILE",
		Short:   "Measure how far the two labellings of the corpus agree",
		Example: "  parley corpus agree training/corpus/second/labels.jsonl",
		Long: `The rows of the file were labelled twice, neither annotator knowing of the other:
{"id":"...","lang":"en","part":"written","first":["favor","neutral"],"second":["neutral","neutral"]}.
For each task, language and part it prints the share of rows with the same label,
Cohen's kappa with its 95 % bootstrap interval, and the macro-F1 of the second
against the first, as a table in Markdown.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := os.Open(args[0])
			if err != nil {
				return inputError(err)
			}
			defer f.Close()
			rows, err := corpuscheck.ReadTwice(f)
			if err == nil && len(rows) == 0 {
				err = errors.New("no rows")
			}
			if err != nil {
				return inputError(fmt.Errorf("%s: %w", args[0], err))
			}
			list, err := corpuscheck.Agree(cmd.Context(), rows)
			if err != nil {
				return err
			}
			return corpuscheck.PrintAgreement(cmd.OutOrStdout(), list)
		},
	}
}
