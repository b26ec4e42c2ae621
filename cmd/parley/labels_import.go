package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/parley-nlp/parley/cmd/parley/internal/labelio"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

const (
	// importBatch and importBytes bound a request.
	importBatch = 500
	importBytes = 4 << 20
)

// importFlags are the flags of parley labels import.
type importFlags struct {
	bench   workbench
	format  string
	offsets string
	dryRun  bool
	quiet   bool
	opt     labelio.Options
}

func newLabelsImportCommand() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import [flags] [FILE|-]...",
		Short: "Store the labels of files or standard input",
		Example: `  parley labels import --data-dir data --annotator nadia corrections.jsonl
  parley labels import --addr localhost:50051 project-7.json          # Label Studio
  parley labels import --data-dir data --format doccano --annotator omar admin.jsonl`,
		Long: `Import stores labels. Rows that cannot be stored are named on standard error with
file, line and reason; the others go in and the exit status is 1. A label that
the same annotator gave the same text before is not stored again, so that an
import can be repeated.

The format goes by the suffix (.csv, .json for Label Studio, else Parley's
JSONL) unless --format says otherwise. Offsets are counted as the tool counts
them: Label Studio and Prodigy in code points, doccano in UTF-16 units; --offsets
says otherwise. Where a file holds the text of a span, it must be that of the
offsets.`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	f.bench.register(fs)
	fs.StringVarP(&f.format, "format", "f", "", "`FORMAT`: parley, csv, label-studio, doccano or prodigy")
	fs.StringVar(&f.offsets, "offsets", "", "`UNIT` of offsets in the files: utf8, utf16 or utf32 (default: that of the tool)")
	fs.StringVar(&f.opt.Annotator, "annotator", "", "`NAME` of who judged, for rows that do not say")
	fs.StringVar(&f.opt.Source, "source", "", "`NAME` of where the text is from, for rows that do not say")
	fs.StringVar(&f.opt.Model, "corrects", "", "exact `MODEL` whose answers the labels correct, for rows that do not say")
	fs.BoolVarP(&f.dryRun, "dry-run", "n", false, "only check; store nothing")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "no summary")
	return cmd
}

// importer is the state of one import.
type importer struct {
	cmd    *cobra.Command
	client parleyv1.LabelServiceClient
	dryRun bool
	file   string
	rows   []*labelio.Row
	bytes  int

	stored, existed, refused, skipped int
}

func (f *importFlags) run(cmd *cobra.Command, args []string) error {
	if f.offsets != "" {
		unit, err := text.ParseEncoding(f.offsets)
		if err != nil {
			return usageError("--offsets: %w", err)
		}
		f.opt.Offsets = &unit
	}
	if f.format != "" {
		if _, err := labelio.ParseFormat(f.format); err != nil {
			return usageError("--format: %w", err)
		}
	}
	if len(args) == 0 {
		args = []string{"-"}
	}
	ctx := cmd.Context()
	conn, stop, err := f.bench.open(ctx)
	if err != nil {
		return err
	}
	defer stop()
	im := importer{cmd: cmd, client: parleyv1.NewLabelServiceClient(conn), dryRun: f.dryRun}
	var unread error
	for _, path := range args {
		format := labelio.Format(f.format)
		if format == "" {
			format = labelio.Detect(path)
		}
		err := im.read(ctx, path, format, f.opt)
		var e *exitError
		if errors.As(err, &e) && e.status != exitInput {
			return err
		}
		if err != nil {
			note(cmd, "%v", err)
			unread = err
		}
	}
	if !f.quiet {
		verb := "stored"
		if f.dryRun {
			verb = "would be stored"
		}
		note(cmd, "%d labels %s, %d there already, %d refused, %d skipped", im.stored, verb, im.existed, im.refused, im.skipped)
	}
	switch {
	case unread != nil:
		return &exitError{status: exitInput}
	case im.refused > 0:
		return &exitError{status: exitRows}
	}
	return nil
}

func (im *importer) read(ctx context.Context, path string, format labelio.Format, o labelio.Options) error {
	in := im.cmd.InOrStdin()
	im.file = "stdin"
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return inputError(err)
		}
		defer func() { _ = file.Close() }()
		in, im.file = file, path
	}
	for row, err := range labelio.Read(in, format, o) {
		var bad *labelio.RowError
		switch {
		case errors.As(err, &bad) && bad.Skipped:
			im.skipped++
			note(im.cmd, "%s:%d: skipped: %v", im.file, bad.Line, bad.Err)
		case errors.As(err, &bad):
			im.refuse(bad.Line, bad.Err.Error())
		case err != nil:
			return errors.Join(im.flush(ctx), inputError(fmt.Errorf("%s: %w", im.file, err)))
		default:
			im.rows = append(im.rows, row)
			im.bytes += len(row.Label.Text) + 512
			if len(im.rows) >= importBatch || im.bytes >= importBytes {
				if err := im.flush(ctx); err != nil {
					return err
				}
			}
		}
	}
	return im.flush(ctx)
}

func (im *importer) refuse(line int, reason string) {
	im.refused++
	note(im.cmd, "%s:%d: %s", im.file, line, reason)
}

// flush stores what has been read.
func (im *importer) flush(ctx context.Context) error {
	if len(im.rows) == 0 {
		return nil
	}
	req := &parleyv1.CreateLabelsRequest{ValidateOnly: im.dryRun}
	for _, r := range im.rows {
		req.Labels = append(req.Labels, r.Label)
	}
	resp, err := im.client.CreateLabels(ctx, req)
	if err != nil {
		return callError(ctx, err)
	}
	for _, item := range resp.GetItems() {
		switch e := item.GetError(); {
		case e != nil:
			im.refuse(im.rows[item.GetIndex()].Line, e.GetMessage())
		case item.GetExisted():
			im.existed++
		default:
			im.stored++
		}
	}
	im.rows, im.bytes = im.rows[:0], 0
	return nil
}
