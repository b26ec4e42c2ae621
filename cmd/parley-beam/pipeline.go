package main

import (
	"bufio"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/fileio"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/parley-nlp/parley/cmd/parley/batch"
	"github.com/parley-nlp/parley/model"
)

func init() {
	register.DoFn3x1[context.Context, fileio.FileMetadata, func(batch.Record), error](&readFn{})
	register.DoFn4x1[context.Context, batch.Record, func(string), func(string), error](&scoreFn{})
	register.DoFn1x2[string, int, string](&shardFn{})
	register.DoFn3x1[context.Context, int, func(*string) bool, error](&writeFn{})
	register.Emitter1[batch.Record]()
	register.Emitter1[string]()
	register.Iter1[string]()
	register.Function1x2(emptyShard)
}

const maxShards = 10_000

// The counters of the pipeline, in the namespace "parley".
const (
	rowCounter = "rows"
	badCounter = "bad"
)

// Config says what a pipeline reads, how it scores and where it writes.
type Config struct {
	Patterns []string
	Output   string
	Errors   string
	Shards   int
	Model    string
	Options  batch.Options
}

// Build adds the steps to a pipeline: match files, read their records, spread
// them over the workers, score them, and write rows and failures in shards.
func (c *Config) Build(s beam.Scope) {
	files := fileio.MatchAll(s, beam.CreateList(s, c.Patterns), fileio.MatchEmptyDisallow())
	records := beam.ParDo(s.Scope("Read"), &readFn{Options: c.Options}, beam.Reshuffle(s, files))
	rows, bad := beam.ParDo2(s.Scope("Score"), &scoreFn{Options: c.Options, Model: c.Model}, beam.Reshuffle(s, records))
	write(s.Scope("WriteRows"), c.Output, c.Shards, rows)
	write(s.Scope("WriteErrors"), c.Errors, 1, bad)
}

// readFn reads the records of a file.
type readFn struct {
	Options batch.Options
}

// ProcessElement emits the records. A file of a store is first copied here:
// Parquet is read at any offset.
func (f *readFn) ProcessElement(ctx context.Context, file fileio.FileMetadata, emit func(batch.Record)) error {
	take := func(r batch.Record) error {
		emit(r)
		return nil
	}
	if !strings.Contains(file.Path, "://") {
		return batch.Read(ctx, file.Path, file.Path, f.Options, take)
	}
	dir, err := os.MkdirTemp("", "parley-beam")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	local := filepath.Join(dir, "input")
	if err := fetch(ctx, file.Path, local); err != nil {
		return fmt.Errorf("%s: %w", file.Path, err)
	}
	return batch.Read(ctx, local, file.Path, f.Options, take)
}

// fetch copies a file of any file system to a local path.
func fetch(ctx context.Context, from, to string) error {
	in, err := openRead(ctx, from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Close()
}

func openRead(ctx context.Context, path string) (io.ReadCloser, error) {
	fs, err := filesystem.New(ctx, path)
	if err != nil {
		return nil, err
	}
	return fs.OpenRead(ctx, path)
}

// scoreFn scores records; its second output is what failed.
type scoreFn struct {
	Options batch.Options
	Model   string

	scorer    *batch.Scorer
	rows, bad beam.Counter
}

// Setup loads the model, once for all workers of a process.
func (f *scoreFn) Setup(ctx context.Context) error {
	f.rows, f.bad = beam.NewCounter("parley", rowCounter), beam.NewCounter("parley", badCounter)
	m, err := loadModel(ctx, f.Model)
	if err != nil {
		return err
	}
	f.scorer, err = batch.NewScorer(m, f.Options)
	return err
}

// ProcessElement emits the rows of a record and what failed in it.
func (f *scoreFn) ProcessElement(ctx context.Context, r batch.Record, row, bad func(string)) error {
	return f.scorer.Score(ctx, &r,
		func(line []byte) { f.rows.Inc(ctx, 1); row(string(line)) },
		func(line []byte) { f.bad.Inc(ctx, 1); bad(string(line)) })
}

var (
	modelLock sync.Mutex
	models    = map[string]*model.Model{}
)

// loadModel returns the model of a file, the embedded one for an empty path.
func loadModel(ctx context.Context, path string) (*model.Model, error) {
	if path == "" {
		return model.Default()
	}
	modelLock.Lock()
	defer modelLock.Unlock()
	if m := models[path]; m != nil {
		return m, nil
	}
	in, err := openRead(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", path, err)
	}
	defer in.Close()
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", path, err)
	}
	m, err := model.Load(data)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", path, err)
	}
	models[path] = m
	return m, nil
}

// write writes lines to a number of files. A line goes where its bytes say, so
// that a step that is tried again writes the same files. Every file is written,
// even if no line belongs to it.
func write(s beam.Scope, prefix string, shards int, lines beam.PCollection) {
	numbers := make([]int, shards)
	for i := range numbers {
		numbers[i] = i
	}
	empty := beam.ParDo(s, emptyShard, beam.CreateList(s, numbers))
	keyed := beam.Flatten(s, empty, beam.ParDo(s, &shardFn{Shards: shards}, lines))
	beam.ParDo0(s, &writeFn{Prefix: prefix, Shards: shards}, beam.GroupByKey(s, keyed))
}

// emptyShard makes sure that a shard is written; an empty line is left out.
func emptyShard(n int) (int, string) { return n, "" }

// shardFn says to which file a line goes.
type shardFn struct{ Shards int }

// ProcessElement returns the line with its shard.
func (f *shardFn) ProcessElement(line string) (int, string) {
	h := fnv.New32a()
	_, _ = io.WriteString(h, line)
	return int(h.Sum32() % uint32(f.Shards)), line
}

// writeFn writes the lines of a shard.
type writeFn struct {
	Prefix string
	Shards int
}

// ProcessElement writes one file.
func (f *writeFn) ProcessElement(ctx context.Context, shard int, lines func(*string) bool) error {
	name := shardName(f.Prefix, shard, f.Shards)
	fs, err := filesystem.New(ctx, name)
	if err != nil {
		return err
	}
	defer fs.Close()
	file, err := fs.OpenWrite(ctx, name)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(file, 1<<20)
	var line string
	for lines(&line) {
		if line == "" {
			continue
		}
		_, _ = out.WriteString(line)
		_ = out.WriteByte('\n')
	}
	if err := out.Flush(); err != nil { // also the first error of the writes
		return fmt.Errorf("%s: %w", name, err)
	}
	return file.Close()
}

// shardName is the name of a file of the output.
func shardName(prefix string, shard, shards int) string {
	return fmt.Sprintf("%s-%05d-of-%05d.jsonl", prefix, shard, shards)
}
