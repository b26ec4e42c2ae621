package main

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// newCorpusCommand is `parley corpus`.
func newCorpusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "corpus",
		Short: "Check the labelled corpus, join it with texts, learn word vectors",
		Example: `  parley corpus check                              # the corpus against its plan
  parley corpus stats                              # its tables
  parley corpus hydrate --from texts/ --out rows/  # labels of real text + your texts
  parley corpus vectors --from en.txt.gz --out en.vec
  parley corpus curve -o docs/learning-curve.svg   # would more rows still pay?`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cmd.Help(); err != nil {
				return err
			}
			return usageError("a command is required")
		},
	}
	cmd.AddCommand(newCorpusCheckCommand(), newCorpusStatsCommand(), newCorpusStandoffCommand(),
		newCorpusHydrateCommand(), newCorpusVectorsCommand(), newCorpusCurveCommand(), newCorpusAgreeCommand())
	return cmd
}

// sharedDir returns the directory of texts that are not in the repository: what
// the flag says, else PARLEY_SHARED, else ../shared beside the checkout if it
// exists, else none.
func sharedDir(flag string) string {
	if flag != "" {
		return flag
	}
	if dir, ok := os.LookupEnv("PARLEY_SHARED"); ok {
		return dir
	}
	dir := filepath.Join("..", "shared")
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return dir
	}
	return ""
}
