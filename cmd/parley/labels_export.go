package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/parley-nlp/parley/cmd/parley/internal/labelio"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// listPage is how many labels a request asks for.
const listPage = 1000

// eachLabel calls f with every label the filter means, up to limit if that is
// above 0.
func eachLabel(ctx context.Context, c parleyv1.LabelServiceClient, filter *parleyv1.LabelFilter, limit int, f func(*parleyv1.Label) error) error {
	req := &parleyv1.ListLabelsRequest{Filter: filter, PageSize: listPage}
	for n := 0; ; {
		if limit > 0 {
			req.PageSize = int32(min(listPage, limit-n))
		}
		resp, err := c.ListLabels(ctx, req)
		if err != nil {
			return callError(ctx, err)
		}
		for _, l := range resp.GetLabels() {
			if err := f(l); err != nil {
				return err
			}
			n++
		}
		req.PageToken = resp.GetNextPageToken()
		if req.PageToken == "" || limit > 0 && n >= limit {
			return nil
		}
	}
}

func newLabelsExportCommand() *cobra.Command {
	var (
		bench                   workbench
		filter                  labelFilter
		format, offsets, output string
	)
	cmd := &cobra.Command{
		Use:   "export [flags]",
		Short: "Write labels to standard output or a file",
		Example: `  parley labels export --data-dir data -o labels.jsonl
  parley labels export --data-dir data --format label-studio --language ar -o labels.json`,
		Long: `Export writes labels in the order in which they were stored. Parley's JSONL and
CSV hold everything that an import reads; offsets are in the unit that the tool
of the format counts in unless --offsets says otherwise.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			f := labelio.Parley
			if format != "" {
				if f, err = labelio.ParseFormat(format); err != nil {
					return usageError("--format: %w", err)
				}
			}
			unit := f.Offsets()
			if offsets != "" {
				if unit, err = text.ParseEncoding(offsets); err != nil {
					return usageError("--offsets: %w", err)
				}
			}
			p, err := filter.proto()
			if err != nil {
				return err
			}
			conn, stop, err := bench.open(cmd.Context())
			if err != nil {
				return err
			}
			defer stop()
			w, done, err := outputTo(cmd, output)
			if err != nil {
				return err
			}
			return errors.Join(exportLabels(cmd.Context(), parleyv1.NewLabelServiceClient(conn), p, w, f, unit), done())
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	bench.register(fs)
	fs.StringVarP(&format, "format", "f", "", "`FORMAT`: parley, csv, label-studio, doccano or prodigy (default parley)")
	fs.StringVar(&offsets, "offsets", "", "`UNIT` of offsets: utf8, utf16 or utf32 (default: that of the tool)")
	fs.StringVarP(&output, "output", "o", "", "write to `FILE` instead of standard output")
	filter.register(fs)
	return cmd
}

func exportLabels(ctx context.Context, c parleyv1.LabelServiceClient, filter *parleyv1.LabelFilter, out io.Writer, f labelio.Format, unit text.Encoding) error {
	buf := bufio.NewWriterSize(out, 64<<10)
	w := labelio.NewWriter(buf, f, unit)
	write := func(l *parleyv1.Label) error {
		if err := w.Write(l); err != nil {
			return inputError(fmt.Errorf("write: %w", err))
		}
		return nil
	}
	if err := eachLabel(ctx, c, filter, 0, write); err != nil {
		return err
	}
	if err := errors.Join(w.Close(), buf.Flush()); err != nil {
		return inputError(fmt.Errorf("write: %w", err))
	}
	return nil
}

func newLabelsListCommand() *cobra.Command {
	var (
		bench  workbench
		filter labelFilter
		format string
		limit  int
	)
	cmd := &cobra.Command{
		Use:   "list [flags]",
		Short: "Show labels",
		Example: `  parley labels list --data-dir data
  parley labels list --addr localhost:50051 --by nadia --stance favor -n 20`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			table, err := tableOrJSON(cmd, format)
			if err != nil {
				return err
			}
			if limit < 0 {
				return usageError("--limit is %d (want 0 or more)", limit)
			}
			p, err := filter.proto()
			if err != nil {
				return err
			}
			conn, stop, err := bench.open(cmd.Context())
			if err != nil {
				return err
			}
			defer stop()
			return listLabels(cmd, parleyv1.NewLabelServiceClient(conn), p, limit, table)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	bench.register(fs)
	fs.StringVarP(&format, "format", "f", "", "`FORMAT`: table or jsonl (default: table on a terminal, jsonl otherwise)")
	fs.IntVarP(&limit, "limit", "n", 0, "at most this `NUMBER` of labels (default 0: all)")
	filter.register(fs)
	return cmd
}

func listLabels(cmd *cobra.Command, c parleyv1.LabelServiceClient, filter *parleyv1.LabelFilter, limit int, table bool) error {
	buf := bufio.NewWriterSize(cmd.OutOrStdout(), 64<<10)
	var err error
	if table {
		t := tabwriter.NewWriter(buf, 0, 8, 2, ' ', 0)
		fmt.Fprintln(t, "SEQ\tID\tBY\tLANG\tSTANCE\tTONE\tSTATE\tTEXT")
		err = eachLabel(cmd.Context(), c, filter, limit, func(l *parleyv1.Label) error {
			lang := map[parleyv1.Language]string{parleyv1.Language_LANGUAGE_ENGLISH: "en", parleyv1.Language_LANGUAGE_ARABIC: "ar"}[l.GetLanguage()]
			state := map[parleyv1.LabelState]string{parleyv1.LabelState_LABEL_STATE_SUPERSEDED: "superseded", parleyv1.LabelState_LABEL_STATE_DELETED: "deleted"}[l.GetState()]
			_, err := fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.GetSequence(), l.GetId(), l.GetAnnotator(), lang,
				stanceText(l.GetStance()), toneText(l.GetTone()), state, snippet(l.GetText(), 60))
			return err
		})
		err = errors.Join(err, t.Flush())
	} else {
		w := labelio.NewWriter(buf, labelio.Parley, text.UTF8)
		err = eachLabel(cmd.Context(), c, filter, limit, w.Write)
	}
	if err != nil {
		return err
	}
	return buf.Flush()
}

func newLabelsDeleteCommand() *cobra.Command {
	var (
		bench     workbench
		by, notes string
	)
	cmd := &cobra.Command{
		Use:     "delete [flags] ID...",
		Short:   "Mark labels as deleted",
		Example: `  parley labels delete --data-dir data --note "wrong article" 4xk2...`,
		Long: `Delete marks labels as deleted; they stay in the store and in the history, and an
import does not bring them back.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			conn, stop, err := bench.open(cmd.Context())
			if err != nil {
				return err
			}
			defer stop()
			c := parleyv1.NewLabelServiceClient(conn)
			for _, id := range ids {
				if _, err := c.DeleteLabel(cmd.Context(), &parleyv1.DeleteLabelRequest{Id: id, Actor: by, Note: notes}); err != nil {
					return callError(cmd.Context(), err)
				}
			}
			return nil
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	bench.register(fs)
	byFlag(fs, &by, "`NAME` of who deletes")
	fs.StringVar(&notes, "note", "", "why, as `TEXT`")
	return cmd
}
