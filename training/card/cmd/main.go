// Command card writes the model card. `card studies` runs the comparisons of
// settings, which take many fits, and keeps their figures; `card render` measures
// the model and writes the card and its figures.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/card"
	"github.com/parley-nlp/parley/training/peers"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "card:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("want studies or render")
	}
	fs := flag.NewFlagSet("card", flag.ContinueOnError)
	shared := fs.String("shared", "../shared", "directory with the texts and eval/dev.jsonl")
	studies := fs.String("studies", "docs/studies.json", "file that studies writes and render reads")
	docs := fs.String("docs", "docs", "directory of model-card.md and figures")
	file := fs.String("model", "", "model file (default: the embedded model)")
	if err := fs.Parse(args[1:]); err != nil {
		return err
	}
	d, err := peers.Load(ctx, *shared)
	if err != nil {
		return err
	}
	switch args[0] {
	case "studies":
		return runStudies(ctx, d, *studies)
	case "render":
		return render(d, *file, *studies, *docs)
	}
	return fmt.Errorf("%q is none of [studies render]", args[0])
}

// runStudies runs the studies that the file does not hold yet.
func runStudies(ctx context.Context, d *peers.Data, path string) error {
	old, err := readStudies(path)
	if err != nil {
		return err
	}
	save := func(s *card.Studies) error {
		data, err := json.MarshalIndent(s, "", " ")
		if err != nil {
			return err
		}
		return os.WriteFile(path, append(data, '\n'), 0o644)
	}
	begun := time.Now()
	s, err := card.RunStudies(ctx, d, training.DefaultConfig(), old, save, func(name string) {
		fmt.Fprintf(os.Stderr, "%6.0fs %s\n", time.Since(begun).Seconds(), name)
	})
	if err != nil {
		return err
	}
	return save(s)
}

// readStudies reads the file of studies, nil if there is none.
func readStudies(path string) (*card.Studies, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s := &card.Studies{}
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

func render(d *peers.Data, file, studies, docs string) error {
	m, err := load(file)
	if err != nil {
		return err
	}
	s, err := readStudies(studies)
	if err != nil {
		return err
	}
	if s == nil { // the card says that they were not run
		s = &card.Studies{}
	}
	c, err := card.Measure(m, d, s)
	if err != nil {
		return err
	}
	figures := filepath.Join(docs, "figures")
	if err := os.MkdirAll(figures, 0o777); err != nil {
		return err
	}
	drawn, err := c.Draw()
	if err != nil {
		return err
	}
	for name, svg := range drawn {
		if err := os.WriteFile(filepath.Join(figures, name), svg, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(docs, "model-card.md"), []byte(c.Markdown()), 0o644)
}

func load(path string) (*model.Model, error) {
	if path == "" {
		return model.Default()
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return model.Load(data)
}
