package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/corpuscheck"
	"github.com/parley-nlp/parley/training/standoff"
)

// newCorpusCheckCommand is `parley corpus check`.
func newCorpusCheckCommand() *cobra.Command {
	var shared, plan string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check the corpus against its plan and against the texts of others",
		Example: `  parley corpus check
  parley corpus check --shared ../shared --plan plan.json`,
		Long: `The written rows are checked for their shape and evidence, for the balance of
labels, lengths and names, for near-duplicates and repeated openings, and, where
--shared names texts of others, for runs of eight words that they share. The
real rows whose texts are found there are compared word by word.

Exit status: 0 all holds; 1 something does not (each breach is a line that
begins with "breach:"); 3 an input cannot be read.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, w := cmd.Context(), cmd.OutOrStdout()
			opt := corpuscheck.Options{Shared: sharedDir(shared)}
			if plan != "" {
				data, err := os.ReadFile(plan)
				if err != nil {
					return inputError(err)
				}
				if opt.Plan, err = corpuscheck.ParsePlan(data); err != nil {
					return inputError(fmt.Errorf("%s: %w", plan, err))
				}
			}
			rows, err := training.Corpus()
			if err != nil {
				return inputError(err)
			}
			if opt.Shared != "" {
				if opt.Real, err = standoff.Hydrate(ctx, opt.Shared); err != nil {
					return inputError(err)
				}
			}
			r, err := corpuscheck.Check(ctx, rows, opt)
			if err != nil {
				return inputError(err)
			}
			if err := r.Print(w); err != nil {
				return inputError(err)
			}
			if len(r.Breaches) > 0 {
				return &exitError{status: exitRows}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&shared, "shared", "", "directory of the texts of others (default: $PARLEY_SHARED, else ../shared if it exists)")
	cmd.Flags().StringVar(&plan, "plan", "", "JSON file with another plan")
	return cmd
}

// newCorpusStatsCommand is `parley corpus stats`.
func newCorpusStatsCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "stats",
		Short:   "Print how many rows the corpus has, by label, style, era and length",
		Example: "  parley corpus stats",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w := cmd.OutOrStdout()
			rows, err := training.Corpus()
			if err != nil {
				return inputError(err)
			}
			fmt.Fprintln(w, "Written part")
			err = corpuscheck.Print(w, []*corpuscheck.Counts{corpuscheck.Count(rows, "en"), corpuscheck.Count(rows, "ar")})
			if err != nil {
				return inputError(err)
			}
			files, err := standoff.Files()
			if err != nil {
				return inputError(err)
			}
			fmt.Fprintln(w, "Stand-off part")
			return standoff.Print(w, files)
		},
	}
}
