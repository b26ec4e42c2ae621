package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/parley-nlp/parley/cmd/parley/internal/input"
	"github.com/parley-nlp/parley/cmd/parley/internal/remote"
	"github.com/parley-nlp/parley/cmd/parley/internal/score"
	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// scoreFlags are the flags of parley score as they were given.
type scoreFlags struct {
	unit        string
	format      string
	output      string
	offsets     string
	evidence    int
	language    string
	model       string
	inputFormat string
	textField   string
	idField     string
	passThrough string
	color       string
	width       int
	jobs        int
	remote      remoteFlags
	rate        float64
	recursive   bool
	filters     []string
	sample      string
	seed        uint64
	failFast    bool
	errors      string
	resume      bool
	checkpoint  time.Duration
	progress    string
}

func newScoreCommand() *cobra.Command {
	var f scoreFlags
	cmd := &cobra.Command{
		Use:   "score [flags] [FILE|-]...",
		Short: "Label every paragraph of files or standard input",
		Example: `  parley score examples/*.txt
  parley score --format jsonl -o out.jsonl archive.jsonl
  parley score --text-field body --id-field url --format csv articles.csv
  cat article.txt | parley score --evidence 0 -`,
		Long: `Score labels each paragraph with its stance and tone and prints one row a
paragraph, in the order of the input.

Inputs go by their suffix: .txt, .md and .html are one document each; .jsonl,
.csv, .tsv and .parquet hold one document a row; each may be compressed (.gz,
.zst). A file without suffix and standard input (-) are text unless
--input-format says otherwise. Without any input, standard input is read.

A row that cannot be scored is named on standard error with its file and line;
the others are scored and the exit status is 1. A document without text has no
rows, which is noted and no error; so is an id that an earlier document has (of
the first 131072). Text is UTF-8, or UTF-16 with its mark; bytes that are neither
are read as U+FFFD, and text with more than a tenth of them fails.

Conditions of --filter are FIELD OPERATOR VALUE without blanks, all of which must
hold: stance, tone, language, holder, id, text, model and extra.NAME with = != ~
(contains) and !~, a comma between alternatives; confidence, score, paragraph,
stance.LABEL and tone.LABEL (probabilities) with = != < <= > >=; abstained=true.
confidence and score are those of the task named before them, or tone.score.

With -o FILE a journal, FILE.journal, stands beside the output while the run
lasts. After a crash or Ctrl-C the same command with --resume goes on, and the
finished output equals that of a run without interruption. It refuses when
inputs, model or flags have changed. With --resume from the start the journal
stays, and a finished run is not repeated. Compressed output and Parquet are
written in blocks (1 MiB, or 8,192 rows); of an unfinished one the rows are
scored again.`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	f.register(cmd.Flags())
	return cmd
}

func (f *scoreFlags) register(fs *pflag.FlagSet) {
	fs.SortFlags = false
	fs.StringVar(&f.unit, "unit", "document", "`UNIT` of an input: document (split into paragraphs) or paragraph (scored as it is)")
	fs.StringVarP(&f.format, "format", "f", "", "output `FORMAT`: table, jsonl, csv, parquet or html (default: by the suffix of -o; else table on a terminal, jsonl otherwise)")
	fs.StringVarP(&f.output, "output", "o", "", "write to `FILE` instead of standard output; .gz or .zst at its end compresses jsonl and csv")
	fs.BoolVar(&f.resume, "resume", false, "go on with a run that was interrupted, by the journal beside its output FILE")
	fs.StringVar(&f.offsets, "offsets", "utf8", "`UNIT` of offsets: utf8 (bytes), utf16 (Java, JavaScript) or utf32 (Python)")
	fs.IntVar(&f.evidence, "evidence", model.DefaultEvidence, fmt.Sprintf("most evidence spans a task, 0 to %d", model.MaxEvidence))
	fs.StringVar(&f.language, "language", "", "`LANGUAGE` of every paragraph, en or ar (default: detected)")
	fs.StringVar(&f.model, "model", "", "model `FILE` (default: the embedded model); with --addr a name or alias")
	fs.StringVar(&f.inputFormat, "input-format", "", "`FORMAT` of all inputs, whatever their suffix: txt, md, html, jsonl, csv, tsv, parquet, or one with .gz or .zst")
	fs.StringVar(&f.textField, "text-field", "text", "`NAME` of the field or column with the text")
	fs.StringVar(&f.idField, "id-field", "id", "`NAME` of the field or column with the id")
	fs.StringVar(&f.passThrough, "pass-through", "all", "other `FIELDS` to hand on in extra: all, none, or names with commas")
	fs.DurationVar(&f.checkpoint, "checkpoint", time.Second, "how much work, in time, a crash may cost; of .gz, .zst and parquet also the rows of a block")
	fs.BoolVarP(&f.recursive, "recursive", "r", false, "score all files of a known format in the directories that are named")
	fs.StringArrayVar(&f.filters, "filter", nil, "print only rows for which `CONDITIONS` hold, such as 'stance=against confidence>=0.8' (see below)")
	fs.StringVar(&f.sample, "sample", "", "score only a random `SHARE` of the paragraphs, such as 0.01 or 1%")
	fs.Uint64Var(&f.seed, "seed", 1, "which sample is drawn")
	fs.BoolVar(&f.failFast, "fail-fast", false, "stop at the first row or input that fails")
	fs.StringVar(&f.errors, "errors", "", "write what failed to `FILE` too, as JSONL")
	fs.StringVar(&f.progress, "progress", "auto", "`WHEN` to show progress on standard error: auto, always or never")
	fs.StringVar(&f.color, "color", "auto", "`WHEN` to colour the table: auto (on a terminal, unless NO_COLOR is set), always or never")
	fs.IntVar(&f.width, "width", 0, "`COLUMNS` of the table (default: those of the terminal, or 80)")
	fs.IntVarP(&f.jobs, "jobs", "j", 0, "chunks scored at a time (default: one for each core, with --addr 8 for each server)")
	fs.Float64Var(&f.rate, "rate", 0, "score at most so many paragraphs a second (default: no bound)")
	f.remote.register(fs)
}

// config checks the flags that say how to score.
func (f *scoreFlags) config() (*score.Config, model.Options, error) {
	c := &score.Config{Workers: f.jobs}
	var opt model.Options
	var err error
	switch f.unit {
	case "document":
	case "paragraph":
		c.Unit = score.Paragraph
	default:
		return nil, opt, usageError("unknown unit %q (want document or paragraph)", f.unit)
	}
	if c.Offsets, err = text.ParseEncoding(f.offsets); err != nil {
		return nil, opt, usageError("--offsets: %w", err)
	}
	if f.evidence < 0 || f.evidence > model.MaxEvidence {
		return nil, opt, usageError("--evidence is %d (want 0 to %d)", f.evidence, model.MaxEvidence)
	}
	opt.Evidence = f.evidence
	if f.evidence == 0 {
		opt.Evidence = model.NoEvidence
	}
	if f.language != "" {
		if opt.Language, err = text.ParseLanguage(f.language); err != nil || opt.Language == text.Other {
			return nil, opt, usageError("unknown language %q (want en or ar)", f.language)
		}
	}
	if f.jobs < 0 {
		return nil, opt, usageError("--jobs is %d (want 1 or more)", f.jobs)
	}
	if f.jobs == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
		if n := len(f.remote.addrs); n > 0 {
			c.Workers = n * remote.InFlight
		}
	}
	if !(f.rate >= 0) {
		return nil, opt, usageError("--rate is %v (want 0 or more)", f.rate)
	}
	if err := f.remote.check(); err != nil {
		return nil, opt, err
	}
	if f.checkpoint <= 0 {
		return nil, opt, usageError("--checkpoint must be above 0")
	}
	if err := f.checkWhen(); err != nil {
		return nil, opt, err
	}
	if c.Keep, err = f.keep(); err != nil {
		return nil, opt, err
	}
	if c.Sample, err = f.sampler(); err != nil {
		return nil, opt, err
	}
	c.Fields = input.Fields{Text: f.textField, ID: f.idField}
	switch f.passThrough {
	case "all", "":
	case "none":
		c.Fields.PassNone = true
	default:
		for _, name := range strings.Split(f.passThrough, ",") {
			c.Fields.Pass = append(c.Fields.Pass, strings.TrimSpace(name))
		}
	}
	if f.textField == f.idField {
		return nil, opt, usageError("--text-field and --id-field both name %q", f.textField)
	}
	return c, opt, nil
}

// checkWhen checks the flags that say when to do something.
func (f *scoreFlags) checkWhen() error {
	for name, value := range map[string]string{"color": f.color, "progress": f.progress} {
		switch value {
		case "auto", "always", "never":
		default:
			return usageError("unknown --%s %q (want auto, always or never)", name, value)
		}
	}
	return nil
}
