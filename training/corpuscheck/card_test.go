package corpuscheck_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/corpuscheck"
	"github.com/parley-nlp/parley/training/standoff"
)

var update = flag.Bool("update", false, "rewrite the figures of the data card")

// TestDataCard holds the data card to the figures of the corpus.
func TestDataCard(t *testing.T) {
	rows, err := training.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	files, err := standoff.Files()
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	want.WriteString("Written part\n")
	if err := corpuscheck.Print(&want, []*corpuscheck.Counts{corpuscheck.Count(rows, "en"), corpuscheck.Count(rows, "ar")}); err != nil {
		t.Fatal(err)
	}
	want.WriteString("Stand-off part\n")
	if err := standoff.Print(&want, files); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "corpus", "README.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), "-->\n```\n")
	old, after, ok2 := strings.Cut(rest, "```\n<!-- end -->")
	if !ok || !ok2 {
		t.Fatalf("%s: the marks around the figures are gone", path)
	}
	if old == want.String() {
		return
	}
	if !*update {
		t.Fatalf("%s has other figures than the corpus; run `go test ./training/corpuscheck -run TestDataCard -update`", path)
	}
	card := before + "-->\n```\n" + want.String() + "```\n<!-- end -->" + after
	if err := os.WriteFile(path, []byte(card), 0o666); err != nil {
		t.Fatal(err)
	}
}
