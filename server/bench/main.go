// Command bench compares a running parleyd with servers that do no work: one
// that echoes the bytes of each request and one that returns the bytes of
// parleyd's own answer. All run as processes of their own beside the client, in
// turns, so that ratios hold on a noisy machine. With -python it also runs
// python.py, grpcio around scikit-learn.
//
//	go run ./server/bench            # builds parleyd
//	go run ./server/bench -rounds 5 -time 3s -parleyd /path/to/parleyd
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() {
	var o options
	flag.StringVar(&o.parleyd, "parleyd", "", "parleyd `binary` (default: built from this checkout)")
	flag.StringVar(&o.flags, "flags", "", "more flags of parleyd, separated by spaces")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds; the median is printed")
	flag.DurationVar(&o.time, "time", 2*time.Second, "time of each measurement")
	flag.IntVar(&o.inFlight, "in-flight", 64, "unary calls in flight")
	flag.IntVar(&o.perMessage, "per-message", 64, "paragraphs a message of a stream")
	flag.StringVar(&o.python, "python", "", "python `interpreter` that has grpcio and scikit-learn (empty: left out)")
	serve := flag.String("serve", "", "internal: serve as echo or canned, answers on standard input")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *serve != "" {
		err = serveReference(*serve)
	} else {
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
