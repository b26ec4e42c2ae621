// Command parley-beam scores archives as parley score does, as an Apache Beam
// pipeline: on this machine, or on Flink, Spark or Dataflow by flag. It is a
// module of its own, so that parley needs nothing of Beam.
//
// Its exit statuses are: 0 all done; 1 some rows failed (they stand in the
// errors output, the others are scored); 2 usage; 3 an input or the model cannot
// be read, or the pipeline failed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/s3"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"

	"github.com/parley-nlp/parley/model"
)

// The exit statuses.
const (
	exitRows     = 1
	exitUsage    = 2
	exitPipeline = 3
)

func main() {
	c := define(flag.CommandLine)
	flag.Parse()
	beamlog.SetupLogging("warn", "text")
	beam.Init() // a worker of a runner stays in here
	os.Exit(run(context.Background(), c, flag.Args(), os.Stderr))
}

// define sets up the flags. Those of Beam and its runners stand beside them.
func define(fs *flag.FlagSet) *Config {
	c := &Config{}
	fs.StringVar(&c.Output, "output", "", "write rows to PREFIX-00000-of-00004.jsonl and so on; a path, gs://... or s3://... (required)")
	fs.StringVar(&c.Errors, "errors", "", "write what failed to PREFIX-00000-of-00001.jsonl (default: failed- before the output's name)")
	fs.IntVar(&c.Shards, "shards", 4, "number of files that the rows are written to")
	fs.StringVar(&c.Model, "model", "", "model file that every worker can read (default: the embedded model)")
	fs.StringVar(&c.Options.Unit, "unit", "document", "unit of an input: document or paragraph")
	fs.StringVar(&c.Options.Offsets, "offsets", "utf8", "unit of offsets: utf8, utf16 or utf32")
	fs.StringVar(&c.Options.Language, "language", "", "language of every paragraph, en or ar (default: detected)")
	fs.StringVar(&c.Options.TextField, "text-field", "text", "field or column with the text")
	fs.StringVar(&c.Options.IDField, "id-field", "id", "field or column with the id")
	fs.StringVar(&c.Options.PassThrough, "pass-through", "all", "other fields to hand on in extra: all, none, or names with commas")
	fs.IntVar(&c.Options.Evidence, "evidence", model.DefaultEvidence, fmt.Sprintf("most evidence spans a task, 0 to %d", model.MaxEvidence))
	fs.Usage = func() { usage(fs) }
	return c
}

func usage(fs *flag.FlagSet) {
	w := fs.Output()
	fmt.Fprint(w, `Usage: parley-beam --output PREFIX [flags] PATTERN...

Score the files that the patterns match, each by its suffix (.jsonl, .parquet,
.csv, .tsv, .txt, .md, .html, also .gz and .zst), on a runner of Apache Beam:
--runner prism (within this process, the default), flink, spark or dataflow.

  parley-beam --output out/rows 'archive/*.jsonl.gz'
  parley-beam --runner flink --endpoint localhost:8099 --output gs://b/rows gs://b/archive/*.parquet

Flags:
`)
	own := flag.NewFlagSet("", flag.ContinueOnError)
	own.SetOutput(w)
	define(own)
	own.PrintDefaults()
	fmt.Fprint(w, "\nFlags of the runners:\n")
	theirs := flag.NewFlagSet("", flag.ContinueOnError)
	theirs.SetOutput(w)
	fs.VisitAll(func(f *flag.Flag) {
		if own.Lookup(f.Name) == nil {
			theirs.Var(f.Value, f.Name, f.Usage)
		}
	})
	theirs.PrintDefaults()
}

// run checks the command line, runs the pipeline and returns the exit status.
func run(ctx context.Context, c *Config, patterns []string, stderr io.Writer) int {
	c.Patterns = patterns
	if err := c.check(); err != nil {
		fmt.Fprintf(stderr, "parley-beam: %v (see --help)\n", err)
		return exitUsage
	}
	if runner := flag.Lookup("runner"); inProcess(runner.Value.String()) {
		if err := c.preflight(ctx); err != nil {
			fmt.Fprintf(stderr, "parley-beam: %v\n", err)
			return exitPipeline
		}
	}
	p, s := beam.NewPipelineWithRoot()
	c.Build(s)
	result, err := beamx.RunWithMetrics(ctx, p)
	if err != nil {
		fmt.Fprintf(stderr, "parley-beam: %v\n", err)
		return exitPipeline
	}
	if n := counted(result, badCounter); n > 0 {
		fmt.Fprintf(stderr, "parley-beam: %d rows failed; they are named in %s\n", n, shardName(c.Errors, 0, 1))
		return exitRows
	}
	return 0
}

// counted returns a counter's value; 0 from a runner that keeps none.
func counted(result beam.PipelineResult, name string) int64 {
	if result == nil {
		return 0
	}
	var n int64
	for _, c := range result.Metrics().AllMetrics().Counters() {
		if c.Name() == name {
			n += c.Result()
		}
	}
	return n
}

// check completes the configuration and returns what is wrong with it.
func (c *Config) check() error {
	if err := checkRunner(flag.Lookup("runner").Value.String()); err != nil {
		return err
	}
	for _, p := range c.Patterns {
		if strings.HasPrefix(p, "-") {
			return fmt.Errorf("%s stands behind the inputs; flags come before them", p)
		}
	}
	switch {
	case len(c.Patterns) == 0:
		return errors.New("no input is named")
	case c.Output == "":
		return errors.New("--output is missing")
	case c.Shards < 1 || c.Shards > maxShards:
		return fmt.Errorf("--shards is %d (want 1 to %d)", c.Shards, maxShards)
	}
	if c.Errors == "" {
		at := strings.LastIndex(c.Output, "/") + 1
		c.Errors = c.Output[:at] + "failed-" + c.Output[at:] // no pattern of the rows matches it
	}
	if c.Errors == c.Output {
		return errors.New("--output and --errors are the same")
	}
	switch e := c.Options.Evidence; {
	case e < 0 || e > model.MaxEvidence:
		return fmt.Errorf("--evidence is %d (want 0 to %d)", e, model.MaxEvidence)
	case e == 0:
		c.Options.Evidence = model.NoEvidence
	}
	return c.Options.Check()
}
