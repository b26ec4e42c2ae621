package main

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/training"
)

func TestCorpusCheck(t *testing.T) {
	t.Setenv("PARLEY_SHARED", "")
	r := parley(t, "", "corpus", "check")
	r.wantStatus(t, 0)
	for _, want := range []string{"contrast pairs", "most one-sided names", "skipped: overlap", "\n0 breaches\n"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("report lacks %q:\n%s", want, r.stdout)
		}
	}
}

func TestCorpusCheckBreaches(t *testing.T) {
	rows, err := training.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	longest := &rows[0]
	for i := range rows {
		if len(rows[i].Text) > len(longest.Text) {
			longest = &rows[i]
		}
	}
	plan := write(t, "plan.json", `{"languages":{"ar":{"rows":1000000,"median_words":[0,99],"max_words":999}},
		"opening":1,"jaccard":1,"name_rows":9,"name_share":1}`)
	shared := filepath.Dir(write(t, "copied.txt", "A headline\n\n"+longest.Text+"\n"))
	r := parley(t, "", "corpus", "check", "--plan", plan, "--shared", shared)
	r.wantStatus(t, 1)
	for _, want := range []string{"breach: ar: ", "want 1000000", "breach: overlap: " + longest.ID, "copied.txt, line 3"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("report lacks %q:\n%.2000s", want, r.stdout)
		}
	}
}

func TestCorpusUsage(t *testing.T) {
	t.Setenv("PARLEY_SHARED", "")
	for name, c := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"no command":        {[]string{"corpus"}, 2, "a command is required"},
		"unknown command":   {[]string{"corpus", "burn"}, 2, "burn"},
		"argument":          {[]string{"corpus", "stats", "x"}, 2, "x"},
		"no plan":           {[]string{"corpus", "check", "--plan", "/no/such.json"}, 3, "/no/such.json"},
		"bad plan":          {[]string{"corpus", "check", "--plan", write(t, "p.json", "{}")}, 3, "no language"},
		"no shared":         {[]string{"corpus", "check", "--shared", "/no/such"}, 3, "/no/such"},
		"hydrate nothing":   {[]string{"corpus", "hydrate", "--out", "x"}, 2, "--from and --out"},
		"hydrate no dir":    {[]string{"corpus", "hydrate", "--from", "/no/such", "--out", t.TempDir()}, 3, "/no/such"},
		"hydrate no labels": {[]string{"corpus", "hydrate", "--labels", "/no/l", "--from", "x", "--out", t.TempDir()}, 3, "/no/l"},
		"unknown way":       {[]string{"corpus", "standoff", "--how", "luck"}, 2, "luck"},
		"unknown language":  {[]string{"corpus", "standoff", "--lang", "fr"}, 2, "fr"},
		"no rows":           {[]string{"corpus", "standoff", "/no/such.jsonl"}, 3, "/no/such.jsonl"},
		"vectors of what":   {[]string{"corpus", "vectors"}, 2, "--from and --out"},
		"odd dimension":     {[]string{"corpus", "vectors", "--from", "x", "--out", "y", "--dim", "6"}, 2, "multiple of 4"},
		"no passes":         {[]string{"corpus", "vectors", "--from", "x", "--out", "y", "--epochs", "0"}, 2, "--epochs"},
		"no text":           {[]string{"corpus", "vectors", "--from", "/no/t.gz", "--out", "y"}, 3, "/no/t.gz"},
		"curve to nowhere":  {[]string{"corpus", "curve"}, 2, "--output"},
		"curve of nothing":  {[]string{"corpus", "curve", "-o", "x.svg"}, 2, "--shared"},
		"curve without dev": {[]string{"corpus", "curve", "-o", "x.svg", "--shared", t.TempDir()}, 3, "dev.jsonl"},
		"curve of no rows":  {[]string{"corpus", "curve", "-o", "x.svg", "--shared", t.TempDir(), "--dev", write(t, "d.jsonl", "")}, 3, "no labelled text"},
		"no figures":        {[]string{"corpus", "curve", "-o", "x.svg", "--redraw", "/no/c.json"}, 3, "/no/c.json"},
		"agree on what":     {[]string{"corpus", "agree"}, 2, "1 arg"},
		"agree on nothing":  {[]string{"corpus", "agree", write(t, "s.jsonl", "")}, 3, "no rows"},
		"agree unreadable":  {[]string{"corpus", "agree", write(t, "s.jsonl", "{}\n")}, 3, "s.jsonl: line 1"},
		"not packed":        {[]string{"corpus", "vectors", "--from", write(t, "t.gz", "x"), "--out", "y"}, 3, "t.gz"},
	} {
		t.Run(name, func(t *testing.T) {
			r := parley(t, "", c.args...)
			r.wantStatus(t, c.status)
			r.wantError(t, c.want)
		})
	}
}

func TestCorpusStats(t *testing.T) {
	r := parley(t, "", "corpus", "stats")
	r.wantStatus(t, 0)
	for _, want := range []string{"Written part", "Stand-off part", "seed-en.jsonl", "guess-favor"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("tables lack %q:\n%s", want, r.stdout)
		}
	}
}

// TestCorpusHydrate takes the texts from rows, and puts them back.
func TestCorpusHydrate(t *testing.T) {
	const first = `{"id":"b","lang":"en","text":"Lina praised the mayor of Tartus.","stance":"unrelated","tone":"cooperative",` +
		`"evidence":{"stance":[],"tone":["praised"]},"group":"g","source":"test","how":"random"}`
	const second = `{"id":"a","lang":"ar","text":"نام الحارس.","stance":"unrelated","tone":"neutral",` +
		`"evidence":{"stance":[],"tone":[]},"group":"h","source":"test","how":"syria"}`
	labels := filepath.Join(t.TempDir(), "labels.jsonl")
	r := parley(t, first+"\n"+second+"\n", "corpus", "standoff", "-o", labels)
	r.wantStatus(t, 0)
	made, err := os.ReadFile(labels)
	if err != nil {
		t.Fatal(err)
	}
	if s := string(made); strings.Contains(s, "Lina") || !strings.Contains(s, "[5,12]") || strings.Index(s, `"id":"a"`) > strings.Index(s, `"id":"b"`) {
		t.Errorf("stand-off rows are not sorted, or not as they should be:\n%s", s)
	}
	texts := write(t, "texts.txt", "Lina praised\nthe mayor of Tartus.\n\nNobody came.\n")
	out := t.TempDir()
	r = parley(t, "", "corpus", "hydrate", "--labels", labels, "--from", texts, "--out", out)
	r.wantStatus(t, 0)
	if want := "labels.jsonl: 1 of 2 found\n"; r.stdout != want {
		t.Errorf("printed %q, want %q", r.stdout, want)
	}
	got, err := os.ReadFile(filepath.Join(out, "labels.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	again := parley(t, string(got), "corpus", "standoff")
	again.wantStatus(t, 0)
	if want := string(made); again.stdout == "" || !strings.HasSuffix(want, again.stdout) {
		t.Errorf("rows come back as %q, want the second of %q", again.stdout, want)
	}
	none := parley(t, "", "corpus", "hydrate", "--labels", labels, "--from", write(t, "x.txt", "else\n"), "--out", out)
	none.wantStatus(t, 3)
	none.wantError(t, "none of 2 texts found")
}

func TestCorpusStandoffRefusesRows(t *testing.T) {
	const good = `{"id":"a","lang":"en","text":"x","stance":"neutral","tone":"neutral","group":"g","source":"s"}`
	r := parley(t, good+"\n{\"id\":\"b\"}\n", "corpus", "standoff", "--lang", "en")
	r.wantStatus(t, 1)
	r.wantError(t, "line 2")
	if strings.Count(r.stdout, "\n") != 1 || !strings.Contains(r.stdout, `"how":"seed"`) {
		t.Errorf("wrote %q, want the good row", r.stdout)
	}
	if r := parley(t, good+"\n", "corpus", "standoff", "--lang", "ar"); r.stdout != "" {
		t.Errorf("wrote %q, want no row in Arabic", r.stdout)
	}
}

func TestCorpusVectors(t *testing.T) {
	story := strings.Repeat("the grocer weighed figs while the grocer hummed\n", 20)
	plain := write(t, "story.txt", story)
	packed := filepath.Join(t.TempDir(), "story.txt.gz")
	f, err := os.Create(packed)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	if _, err := z.Write([]byte(story)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var tables []string
	for _, from := range []string{plain, packed, plain} {
		out := filepath.Join(t.TempDir(), "t.vec")
		r := parley(t, "", "corpus", "vectors", "--from", from, "--out", out, "--dim", "8", "--epochs", "2")
		r.wantStatus(t, 0)
		r.wantError(t, "learning: ")
		if !strings.Contains(r.stdout, "6 words of dimension 8") {
			t.Errorf("printed %q", r.stdout)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		tables = append(tables, string(data))
	}
	if tables[0] != tables[1] || tables[0] != tables[2] {
		t.Error("the same text gives different tables")
	}
	rare := parley(t, "", "corpus", "vectors", "--from", plain, "--out", filepath.Join(t.TempDir(), "t.vec"), "--min-count", "99")
	rare.wantStatus(t, 3)
	rare.wantError(t, "story.txt", "99 times")
}

func TestCorpusCurveRedraw(t *testing.T) {
	figures := write(t, "curve.json", `{"series":[{"name":"real","points":[
		{"share":0.5,"languages":[{"language":"en","rows":50,"dev":{"stance":0.5,"tone":0.4},"cv":{"stance":0.45,"tone":0.4}},
			{"language":"ar","rows":40,"dev":{"stance":0.5,"tone":0.4},"cv":{"stance":0.45,"tone":0.4}}]},
		{"share":1,"languages":[{"language":"en","rows":100,"dev":{"stance":0.6,"tone":0.5},"cv":{"stance":0.55,"tone":0.5}},
			{"language":"ar","rows":80,"dev":{"stance":0.6,"tone":0.5},"cv":{"stance":0.55,"tone":0.5}}]}]}]}`)
	dir := t.TempDir()
	svg, again := filepath.Join(dir, "c.svg"), filepath.Join(dir, "c.json")
	parley(t, "", "corpus", "curve", "--redraw", figures, "-o", svg, "--json", again).wantStatus(t, 0)
	data, err := os.ReadFile(svg)
	if err != nil {
		t.Fatal(err)
	}
	if s := string(data); !strings.Contains(s, "<svg") || !strings.Contains(s, "real, dev") {
		t.Errorf("not a drawing of the figures: %.300s", s)
	}
	if data, err = os.ReadFile(again); err != nil || !strings.Contains(string(data), `"rows": 80`) {
		t.Errorf("figures %.300s, %v", data, err)
	}
}

func TestCorpusAgree(t *testing.T) {
	const row = `{"id":"x","lang":"en","part":"real","first":["favor","neutral"],"second":["favor","cooperative"]}` + "\n"
	r := parley(t, "", "corpus", "agree", write(t, "s.jsonl", row+row))
	r.wantStatus(t, 0)
	if !strings.Contains(r.stdout, "| stance") || !strings.Contains(r.stdout, "1.000") || !strings.Contains(r.stdout, "0.000") {
		t.Errorf("table:\n%s", r.stdout)
	}
}
