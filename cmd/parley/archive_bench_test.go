package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parley-nlp/parley/server"
)

// BenchmarkArchive scores an archive with a process of its own and reports
// paragraphs a second, by the clock and by the time of all cores, and the most
// memory that the process took. By default the archive is small;
// PARLEY_PARAGRAPHS=1000000 makes it one that counts.
func BenchmarkArchive(b *testing.B) {
	n := 20000
	if s := os.Getenv("PARLEY_PARAGRAPHS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	dir := b.TempDir()
	in := filepath.Join(dir, "archive.jsonl")
	words := writeArchive(b, in, n)
	_, addr := serve(b, embedded(b), server.Options{})
	for _, run := range []struct {
		name string
		args []string
	}{
		{"local/jsonl", []string{"-o", "out.jsonl"}},
		{"local/none", []string{"--evidence", "0", "--filter", "id=", "-o", "out.jsonl"}},
		{"local/zst", []string{"-o", "out.jsonl.zst"}},
		{"local/parquet", []string{"-o", "out.parquet"}},
		{"remote/jsonl", []string{"--addr", addr, "-o", "out.jsonl"}},
	} {
		b.Run(run.name, func(b *testing.B) {
			for b.Loop() {
				cmd := commandWithin(b, 30*time.Minute, "", append(append([]string{"score"}, run.args...), in)...)
				cmd.Dir = dir
				start := time.Now()
				r, rss := finishWatched(b, cmd)
				took := time.Since(start)
				r.wantStatus(b, 0)
				b.ReportMetric(float64(n)/took.Seconds(), "paragraphs/s")
				cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
				b.ReportMetric(float64(n)/cpu.Seconds(), "paragraphs/cpu-s")
				b.ReportMetric(float64(words)/float64(n), "words/paragraph")
				b.ReportMetric(float64(rss>>20), "MiB")
			}
		})
	}
}

// writeArchive writes n paragraphs of the corpus, repeated, each with two of
// its words exchanged and a number of its own, and returns how many words they
// have. Paragraphs are joined up to about 70 words, the length of those in news.
func writeArchive(b testing.TB, path string, n int) (words int) {
	b.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "training", "corpus", "*.jsonl"))
	if err != nil || len(files) == 0 {
		b.Fatalf("no corpus: %v", err)
	}
	var texts []string
	for _, file := range files {
		for line := range strings.Lines(string(read(b, file))) {
			var row struct{ Text string }
			if err := json.Unmarshal([]byte(line), &row); err != nil {
				b.Fatalf("%s: %v", file, err)
			}
			s := strings.Join(strings.Fields(row.Text), " ")
			if last := len(texts) - 1; last >= 0 && strings.Count(texts[last], " ") < 50 {
				texts[last] += " " + s
				continue
			}
			texts = append(texts, s)
		}
	}
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		fields := strings.Fields(texts[i%len(texts)])
		a, c := random.IntN(len(fields)), random.IntN(len(fields))
		fields[a], fields[c] = fields[c], fields[a]
		words += len(fields) + 1
		s, err := json.Marshal(strings.Join(fields, " ") + " " + strconv.Itoa(i))
		if err != nil {
			b.Fatal(err)
		}
		fmt.Fprintf(w, `{"id":"p%d","text":%s}`+"\n", i, s)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return words
}
