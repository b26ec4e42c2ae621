package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/parley-nlp/parley/cmd/parley/internal/input"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// diffChunk is how many paragraphs a request compares.
const diffChunk = 500

// changeRow is a change as a row of JSONL.
type changeRow struct {
	ID            string            `json:"id"`
	Text          string            `json:"text"`
	Task          string            `json:"task"`
	Before        string            `json:"before"`
	After         string            `json:"after"`
	Confidence    [2]float64        `json:"confidence"`
	Contributions []contributionRow `json:"contributions"`
}

type contributionRow struct {
	Start  int64   `json:"start"`
	End    int64   `json:"end"`
	Text   string  `json:"text"`
	Before float64 `json:"before"`
	After  float64 `json:"after"`
}

func newModelsDiffCommand() *cobra.Command {
	var bench workbench
	var format string
	var words int32
	cmd := &cobra.Command{
		Use:   "diff [flags] BEFORE AFTER [FILE|-]...",
		Short: "Show which paragraphs two models label differently, and why",
		Example: `  parley models diff --data-dir data default candidate paragraphs.jsonl
  parley models diff --addr localhost:50051 assad@sha256:1f2e default archive.txt`,
		Long: `Diff labels the paragraphs of files (as for labels suggest) with both models and
shows each label that differs, with the words whose contribution to the new label
over the old one changed most: before and after, in logit units.`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			table, err := tableOrJSON(cmd, format)
			if err != nil {
				return err
			}
			if words < 0 || words > 32 {
				return usageError("--words is %d (want 0 to 32)", words)
			}
			sources, err := poolSources(cmd, args[2:])
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			conn, stop, err := bench.open(ctx)
			if err != nil {
				return err
			}
			defer stop()
			d := differ{cmd: cmd, client: parleyv1.NewTrainingServiceClient(conn), table: table, words: words}
			if d.before, err = exact(ctx, conn, args[0]); err != nil {
				return err
			}
			if d.after, err = exact(ctx, conn, args[1]); err != nil {
				return err
			}
			return d.run(ctx, sources)
		},
	}
	cmd.Flags().SortFlags = false
	bench.register(cmd.Flags())
	cmd.Flags().StringVarP(&format, "format", "f", "", "`FORMAT`: table or jsonl (default: table on a terminal, jsonl otherwise)")
	cmd.Flags().Int32Var(&words, "words", 6, "most `WORDS` to show for a change, 0 to 32")
	return cmd
}

// differ compares two models on paragraphs as they are read.
type differ struct {
	cmd           *cobra.Command
	client        parleyv1.TrainingServiceClient
	before, after string
	table         bool
	words         int32

	compared, changed int
}

func (d *differ) run(ctx context.Context, sources []input.Source) error {
	var waiting []*parleyv1.PoolParagraph
	reader := poolSender{cmd: d.cmd}
	for i := range sources {
		s := &sources[i]
		r, err := s.Open(input.Fields{})
		if err != nil {
			return inputError(err)
		}
		for {
			batch, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return errors.Join(inputError(err), r.Close())
			}
			for _, rec := range batch.Parse() {
				paragraphs := reader.paragraphs(&rec, s.Format.IsDocument())
				waiting = append(waiting, paragraphs...)
				for len(waiting) >= diffChunk {
					if err := d.compare(ctx, waiting[:diffChunk]); err != nil {
						return errors.Join(err, r.Close())
					}
					waiting = waiting[diffChunk:]
				}
			}
		}
		if err := r.Close(); err != nil {
			return inputError(err)
		}
	}
	if len(waiting) > 0 {
		if err := d.compare(ctx, waiting); err != nil {
			return err
		}
	}
	note(d.cmd, "%d of %d paragraphs change a label from %s to %s", d.changed, d.compared, short(d.before), short(d.after))
	if reader.bad > 0 {
		return &exitError{status: exitRows}
	}
	return nil
}

func (d *differ) compare(ctx context.Context, paragraphs []*parleyv1.PoolParagraph) error {
	resp, err := d.client.CompareModels(ctx, &parleyv1.CompareModelsRequest{Before: d.before, After: d.after, Paragraphs: paragraphs, MaxContributions: &d.words})
	if err != nil {
		return callError(ctx, err)
	}
	d.compared += len(paragraphs)
	last := int32(-1)
	for _, c := range resp.GetChanges() {
		if c.GetIndex() != last {
			last = c.GetIndex()
			d.changed++
		}
		if err := d.write(c, paragraphs[c.GetIndex()].GetText()); err != nil {
			return inputError(fmt.Errorf("write: %w", err))
		}
	}
	return nil
}

func (d *differ) write(c *parleyv1.LabelChange, body string) error {
	w := d.cmd.OutOrStdout()
	if !d.table {
		row := changeRow{
			ID: c.GetId(), Text: body, Task: c.GetTask(), Before: c.GetBefore(), After: c.GetAfter(),
			Confidence: [2]float64{round4(c.GetBeforeConfidence()), round4(c.GetAfterConfidence())}, Contributions: []contributionRow{},
		}
		for _, x := range c.GetContributions() {
			row.Contributions = append(row.Contributions, contributionRow{x.GetSpan().GetStart(), x.GetSpan().GetEnd(), x.GetText(), round4(x.GetBefore()), round4(x.GetAfter())})
		}
		return writeJSON(w, row)
	}
	if _, err := fmt.Fprintf(w, "%s: %s %s (%.2f) -> %s (%.2f)\n  %s\n", c.GetId(), c.GetTask(), c.GetBefore(), c.GetBeforeConfidence(), c.GetAfter(), c.GetAfterConfidence(), snippet(body, 100)); err != nil {
		return err
	}
	for _, x := range c.GetContributions() {
		if _, err := fmt.Fprintf(w, "    %+6.2f -> %+6.2f  %s\n", x.GetBefore(), x.GetAfter(), x.GetText()); err != nil {
			return err
		}
	}
	return nil
}
