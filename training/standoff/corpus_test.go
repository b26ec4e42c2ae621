package standoff_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/training/standoff"
)

// sharedDir returns where the texts of others are, or skips the test.
func sharedDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("PARLEY_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	if _, err := os.Stat(filepath.Join(dir, "train", "real.jsonl")); err != nil {
		t.Skipf("the texts of others are not at hand: %v", err)
	}
	return dir
}

func TestFiles(t *testing.T) {
	files, err := standoff.Files()
	if err != nil {
		t.Fatal(err)
	}
	ids, texts := map[string]string{}, map[string]string{}
	fresh := map[string]int{}
	random := map[string]int{}
	for _, f := range files {
		for i := range f.Rows {
			r := &f.Rows[i]
			if other, ok := ids[r.ID]; ok {
				t.Errorf("%s: id %s also stands in %s", f.Name, r.ID, other)
			}
			if other, ok := texts[r.SHA256]; ok {
				t.Errorf("%s: %s has the text of %s", f.Name, r.ID, other)
			}
			ids[r.ID], texts[r.SHA256] = f.Name, r.ID
			if !strings.HasSuffix(f.Name, "-"+r.Lang+".jsonl") {
				t.Errorf("%s: %s is in %s", f.Name, r.ID, r.Lang)
			}
			if r.How != "seed" {
				fresh[r.Lang]++
			}
			if r.How == "random" {
				random[r.Lang]++
			}
		}
	}
	for _, lang := range []string{"en", "ar"} {
		if fresh[lang] < 1000 {
			t.Errorf("%s: %d rows labelled for this corpus, want 1000 or more", lang, fresh[lang])
		}
		if 12*random[lang] < fresh[lang] {
			t.Errorf("%s: %d of %d rows drawn at random, want about a tenth", lang, random[lang], fresh[lang])
		}
	}
}

func TestPrint(t *testing.T) {
	files, err := standoff.Files()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := standoff.Print(&b, files); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"seed-en.jsonl", "1273", "seed-ar.jsonl", "1021", "guess-favor"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("table lacks %q:\n%s", want, &b)
		}
	}
}

// TestSeedIsMadeFromItsTexts makes the stand-off rows of the seed afresh.
func TestSeedIsMadeFromItsTexts(t *testing.T) {
	dir := sharedDir(t)
	f, err := os.Open(filepath.Join(dir, "train", "real.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := standoff.Make(f, "seed")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"en", "ar"} {
		var some []standoff.Row
		for _, r := range rows {
			if r.Lang == lang {
				some = append(some, r)
			}
		}
		var got bytes.Buffer
		if err := standoff.Write(&got, some); err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile("seed-" + lang + ".jsonl")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("seed-%s.jsonl is not what its texts give", lang)
		}
	}
}

func TestHydrateSeed(t *testing.T) {
	dir := sharedDir(t)
	rows, err := standoff.Hydrate(context.Background(), filepath.Join(dir, "train"))
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2294 {
		t.Errorf("%d rows, want 2294", len(rows))
	}
}
