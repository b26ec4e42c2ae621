// Command peers prepares the input of the classifiers that Parley is compared
// with, and compares their answers. run.sh beside it is the way to use it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training/peers"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("peers", flag.ContinueOnError)
	shared := fs.String("shared", "../shared", "directory with the texts and eval/dev.jsonl")
	work := fs.String("work", "", "directory of the peers' input and answers")
	out := fs.String("o", "docs/peers.md", "file that compare writes")
	file := fs.String("model", "", "model file (default: the embedded model)")
	texts := fs.String("texts", "", "file that speed-input writes and speed reads")
	if len(args) == 0 {
		return errors.New("want prepare, compare, speed-input, speed, fit-speed or train-speed")
	}
	if err := fs.Parse(args[1:]); err != nil {
		return err
	}
	m, err := load(*file)
	if err != nil {
		return err
	}
	if args[0] == "speed" {
		return peers.Speed(m, *texts, os.Stdout)
	}
	d, err := peers.Load(ctx, *shared)
	if err != nil {
		return err
	}
	switch args[0] {
	case "prepare":
		return peers.Prepare(d, *work)
	case "speed-input":
		return errors.Join(peers.SpeedInput(d, *shared, *texts), peers.Prepare(d, filepath.Dir(*texts)))
	case "fit-speed":
		return peers.FitSpeed(ctx, d, *work, os.Stdout)
	case "train-speed":
		return peers.TrainSpeed(ctx, d, os.Stdout)
	case "compare":
		all, err := peers.Run(m, d, *work)
		if err != nil {
			return err
		}
		return os.WriteFile(*out, []byte(peers.Markdown(m, d, all)), 0o644)
	}
	return fmt.Errorf("%q is none of [prepare compare speed-input speed fit-speed train-speed]", args[0])
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
