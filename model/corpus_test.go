package model_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// corpusParagraphs returns n paragraphs of about 70 words of the written corpus,
// English and Arabic in turn.
func corpusParagraphs(tb testing.TB, n int) []string {
	tb.Helper()
	byLang := map[string][]string{}
	names, err := filepath.Glob("../training/corpus/*.jsonl")
	if err != nil || len(names) == 0 {
		tb.Fatalf("no corpus beside the package: %v", err)
	}
	for _, name := range names {
		readCorpus(tb, name, byLang)
	}
	var out []string
	for i := range n {
		rows := byLang[[]string{"en", "ar"}[i%2]]
		if len(rows) == 0 {
			tb.Fatal("the corpus lacks a language")
		}
		out = append(out, rows[i/2*7%len(rows)])
	}
	return out
}

func readCorpus(tb testing.TB, name string, byLang map[string][]string) {
	tb.Helper()
	f, err := os.Open(name)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var row struct{ Lang, Text string }
		if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
			tb.Fatalf("%s: %v", name, err)
		}
		if k := len(strings.Fields(row.Text)); k >= 60 && k <= 80 {
			byLang[row.Lang] = append(byLang[row.Lang], row.Text)
		}
	}
	if err := sc.Err(); err != nil {
		tb.Fatal(err)
	}
}
