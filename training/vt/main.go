package main

import (
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/parley-nlp/parley/training/vectors"
)

func main() {
	f, _ := os.Open(os.Args[1])
	z, _ := gzip.NewReader(f)
	t0 := time.Now()
	last := 0.0
	t, err := vectors.Train(context.Background(), z, vectors.Config{Seed: 1, Progress: func(s float64) {
		if s > last+0.05 {
			last = s
			fmt.Println(s, time.Since(t0))
		}
	}})
	if err != nil {
		panic(err)
	}
	os.WriteFile(os.Args[2], t.Encode(), 0o644)
	fmt.Println(t.Len(), time.Since(t0))
}
