package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parley-nlp/parley/training/vectors"
)

// newCorpusVectorsCommand is `parley corpus vectors`.
func newCorpusVectorsCommand() *cobra.Command {
	var from, out string
	var cfg vectors.Config
	cmd := &cobra.Command{
		Use:   "vectors --from FILE --out FILE",
		Short: "Learn word vectors from unlabelled text",
		Example: `  parley corpus vectors --from ../shared/unlabelled/en.txt.gz --out training/vectors/en.vec
  parley corpus vectors --from notes.txt --out notes.vec --dim 32 --min-count 2`,
		Long: `The text has a paragraph a line, plain or as .gz. The table that is written holds
words, counts and vectors; no text can be read back from it. The same text and
flags give the same bytes. 16 million words take about ten minutes.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if from == "" || out == "" {
				return usageError("--from and --out are required")
			}
			if cfg.Dim < 4 || cfg.Dim > 1024 || cfg.Dim%4 != 0 {
				return usageError("--dim %d is not a multiple of 4 from 4 to 1024", cfg.Dim)
			}
			if cfg.MinCount < 1 || cfg.MaxWords < 1 || cfg.Epochs < 1 {
				return usageError("--min-count, --max-words and --epochs take 1 or more")
			}
			f, err := os.Open(from)
			if err != nil {
				return inputError(err)
			}
			defer f.Close()
			var text io.Reader = f
			if strings.HasSuffix(from, ".gz") {
				z, err := gzip.NewReader(bufio.NewReaderSize(f, 1<<16))
				if err != nil {
					return inputError(fmt.Errorf("%s: %w", from, err))
				}
				defer z.Close()
				text = z
			}
			last := -1
			cfg.Progress = func(done float64) {
				if p := int(done * 20); p > last {
					last = p
					fmt.Fprintf(cmd.ErrOrStderr(), "learning: %d %%\n", p*5)
				}
			}
			table, err := vectors.Train(cmd.Context(), text, cfg)
			if err != nil {
				return fmt.Errorf("%s: %w", from, err)
			}
			data := table.Encode()
			if err := os.WriteFile(out, data, 0o666); err != nil {
				return inputError(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d words of dimension %d, %d bytes\n", out, len(table.Words()), table.Dim(), len(data))
			return nil
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "text, a paragraph a line, plain or .gz")
	cmd.Flags().StringVar(&out, "out", "", "file that the table is written to")
	cmd.Flags().IntVar(&cfg.Dim, "dim", 64, "length of a vector, a multiple of 4")
	cmd.Flags().IntVar(&cfg.MinCount, "min-count", 8, "leave out words seen less often")
	cmd.Flags().IntVar(&cfg.MaxWords, "max-words", 60000, "keep the most frequent words")
	cmd.Flags().IntVar(&cfg.Epochs, "epochs", 5, "passes over the text")
	cmd.Flags().Uint64Var(&cfg.Seed, "seed", 0, "seed of the random numbers")
	return cmd
}
