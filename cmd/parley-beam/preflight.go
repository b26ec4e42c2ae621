package main

import (
	"context"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
)

// runners are those that Beam's SDK knows; empty is prism. Those within this
// process come first.
var runners = []string{
	"", "prism", "PrismRunner", "direct", "DirectRunner", "vet", "dot",
	"flink", "FlinkRunner", "spark", "SparkRunner", "dataflow", "DataflowRunner", "universal", "portable", "PortableRunner",
}

// inProcess tells whether a runner sees the files that this process sees.
func inProcess(runner string) bool {
	return slices.Index(runners, runner) < slices.Index(runners, "vet")
}

// checkRunner refuses a runner that there is not.
func checkRunner(name string) error {
	if !slices.Contains(runners, name) {
		return fmt.Errorf("unknown --runner %q (want prism, flink, spark, dataflow or another of Beam's)", name)
	}
	return nil
}

// preflight looks at what the pipeline is going to need, so that it fails at once
// and with the reason.
func (c *Config) preflight(ctx context.Context) error {
	for _, p := range c.Patterns {
		if info, err := os.Stat(p); err == nil && info.IsDir() {
			return fmt.Errorf("%s: is a directory (name its files, as %s)", p, path.Join(p, "*.jsonl"))
		}
		found, err := list(ctx, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		if len(found) == 0 {
			return fmt.Errorf("%s: no such file", p)
		}
	}
	if _, err := loadModel(ctx, c.Model); err != nil {
		return err
	}
	for prefix, shards := range map[string]int{c.Output: c.Shards, c.Errors: 1} {
		found, err := list(ctx, prefix+"-?????-of-?????.jsonl")
		if err != nil {
			return fmt.Errorf("%s: %w", prefix, err)
		}
		for _, name := range found {
			if !strings.HasSuffix(name, fmt.Sprintf("-of-%05d.jsonl", shards)) {
				return fmt.Errorf("%s is of a run with another number of files, and would be taken for a part of this one: remove it first", name)
			}
		}
	}
	return nil
}

// list returns the files of any file system that a pattern matches.
func list(ctx context.Context, pattern string) ([]string, error) {
	fs, err := filesystem.New(ctx, pattern)
	if err != nil {
		return nil, err
	}
	defer fs.Close()
	return fs.List(ctx, pattern)
}
