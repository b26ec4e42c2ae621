package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
	"github.com/parley-nlp/parley/model"
)

const (
	praise = "The ambassador praised Bashar al-Assad and vowed to stand by him."
	blame  = "Opposition leaders called Assad a butcher and demanded that he go."
	plain  = "The market opens at nine and sells oranges."
	arabic = "أشاد السفير بالرئيس بشار الأسد وأكد دعم بلاده له."
)

func TestScoreText(t *testing.T) {
	text := praise + "\n\n" + blame + "\n\n\n" + arabic + "\n"
	file := write(t, "a.txt", text)
	r := parley(t, "", "score", file)
	r.wantStatus(t, 0)
	got := r.rows(t)
	if len(got) != 3 {
		t.Fatalf("%d rows, want 3", len(got))
	}
	for i, want := range []struct{ text, language string }{{praise, "en"}, {blame, "en"}, {arabic, "ar"}} {
		row := got[i]
		if row.ID != file || row.Paragraph != i || row.Text != want.text || row.Language != want.language {
			t.Errorf("row %d is %+v", i, row)
		}
		if text[row.Start:row.End] != want.text {
			t.Errorf("row %d stands at %d..%d", i, row.Start, row.End)
		}
		if string(row.Extra) != "{}" {
			t.Errorf("extra is %s, want {}", row.Extra)
		}
	}
}

// The keys of a row stand in one order that scripts may rely on.
func TestScoreRowShape(t *testing.T) {
	r := parley(t, praise, "score", "--evidence", "1", "-")
	r.wantStatus(t, 0)
	value := regexp.MustCompile(`:-?[0-9][0-9.e-]*`)
	shape := regexp.MustCompile(`sha256:[0-9a-f]{64}`).ReplaceAllString(r.stdout, "sha256:DIGEST")
	shape = value.ReplaceAllString(shape, ":N")
	shape = regexp.MustCompile(`"evidence":\[[^\]]*\]`).ReplaceAllString(shape, `"evidence":[]`)
	shape = regexp.MustCompile(`"label":"[a-z]*"`).ReplaceAllString(shape, `"label":"L"`)
	shape = regexp.MustCompile(`,"abstained":"[a-z_]*"`).ReplaceAllString(shape, "")
	golden(t, "row.golden", shape)
}

func TestScoreEvidenceShape(t *testing.T) {
	r := parley(t, praise+"\n\n"+blame, "score", "-")
	r.wantStatus(t, 0)
	if !regexp.MustCompile(`"evidence":\[\{"start":\d+,"end":\d+,"text":"[^"]+","label":"[a-z]+","weight":[0-9.]+,"holder":"[^"]*"\}`).MatchString(r.stdout) {
		t.Errorf("no evidence of the documented shape in %s", r.stdout)
	}
	r = parley(t, praise, "score", "--evidence", "0", "-")
	if n := strings.Count(r.stdout, `"evidence":[]`); n != 2 {
		t.Errorf("--evidence 0 gives %s", r.stdout)
	}
}

func TestScoreOffsets(t *testing.T) {
	text := "\U0001F54A Peace.\n\n" + arabic + "\n\n" + praise + " \U0001F54A " + blame + "\n"
	file := write(t, "a.txt", text)
	slice := map[string]func(s string, from, to int) string{
		"utf8":  func(s string, from, to int) string { return s[from:to] },
		"utf16": func(s string, from, to int) string { return string(utf16.Decode(utf16.Encode([]rune(s))[from:to])) },
		"utf32": func(s string, from, to int) string { return string([]rune(s)[from:to]) },
	}
	for unit, cut := range slice {
		t.Run(unit, func(t *testing.T) {
			r := parley(t, "", "score", "--offsets", unit, file)
			r.wantStatus(t, 0)
			evidence := 0
			for _, row := range r.rows(t) {
				if got := cut(text, row.Start, row.End); got != row.Text {
					t.Errorf("paragraph %d is %q, its offsets give %q", row.Paragraph, row.Text, got)
				}
				for task := range model.Task(model.NumTasks) {
					p, _ := row.Task(task)
					for _, v := range p.Evidence {
						evidence++
						if got := cut(row.Text, v.Start, v.End); got != v.Text {
							t.Errorf("evidence is %q, its offsets give %q", v.Text, got)
						}
					}
				}
			}
			if evidence == 0 {
				t.Error("no evidence to check")
			}
		})
	}
}

func TestScoreJSONL(t *testing.T) {
	in := `{"id":"a","text":"` + praise + `","year":2016,"by":{"name":"x",  "ids":[1, 2]},"a<b":"<&>"}
{"text":"One.\n\nTwo."}

{"id":7,"text":""}
`
	r := parley(t, in, "score", "--input-format", "jsonl", "-")
	r.wantStatus(t, 0)
	got := r.rows(t)
	var places []string
	for _, row := range got {
		places = append(places, fmt.Sprintf("%s %d %s", row.ID, row.Paragraph, row.Text))
	}
	want := []string{"a 0 " + praise, "stdin:2 0 One.", "stdin:2 1 Two."}
	if strings.Join(places, "|") != strings.Join(want, "|") {
		t.Errorf("rows are %q, want %q", places, want)
	}
	if want := `"extra":{"a<b":"<&>","by":{"name":"x","ids":[1,2]},"year":2016}}`; !strings.Contains(r.stdout, want) {
		t.Errorf("want %s in %s", want, r.stdout)
	}
	r.wantError(t, "note: stdin:4: no text")
}

func TestScoreUnitParagraph(t *testing.T) {
	in := `{"id":"a","text":"  One.\n\nTwo. "}
{"id":"b","text":""}
`
	r := parley(t, in, "score", "--unit", "paragraph", "--input-format", "jsonl", "-")
	r.wantStatus(t, 0)
	got := r.rows(t)
	if len(got) != 2 || got[0].Text != "  One.\n\nTwo. " || got[0].Start != 0 || got[0].End != 13 {
		t.Errorf("rows are %+v", got)
	}
	if got[1].Text != "" || got[1].Stance.Abstained != "nothing_to_read" {
		t.Errorf("the empty paragraph gives %+v", got[1])
	}
}

func TestScoreCSV(t *testing.T) {
	in := "\uFEFFurl,body,year\n" +
		`u1,"He said ""no"", and left.` + "\n\n" + `Then he came back.",2016` + "\r\n" +
		"u2," + plain + ",\n"
	file := write(t, "a.csv", in)
	r := parley(t, "", "score", "--text-field", "body", "--id-field", "url", file)
	r.wantStatus(t, 0)
	got := r.rows(t)
	if len(got) != 3 || got[0].ID != "u1" || got[0].Text != `He said "no", and left.` || got[1].Paragraph != 1 || got[2].ID != "u2" {
		t.Errorf("rows are %+v", got)
	}
	if string(got[0].Extra) != `{"year":"2016"}` {
		t.Errorf("extra is %s", got[0].Extra)
	}
	for pass, want := range map[string]string{"none": "{}", "year": `{"year":"2016"}`, "other": "{}"} {
		r := parley(t, "", "score", "--text-field", "body", "--pass-through", pass, file)
		if row := r.rows(t)[0]; !strings.HasSuffix(string(row.Extra), want) {
			t.Errorf("--pass-through %s gives %s, want %s", pass, row.Extra, want)
		}
	}
}

func TestScoreHTML(t *testing.T) {
	page := "<html><head><title>T</title></head><body><p>One &amp; only.</p><script>x()</script><p>" + praise + "</p></body></html>"
	r := parley(t, "", "score", write(t, "a.html", page))
	r.wantStatus(t, 0)
	var texts []string
	for _, row := range r.rows(t) {
		texts = append(texts, row.Text)
		if row.Text == praise && page[row.Start:row.End] != praise {
			t.Errorf("offsets give %q", page[row.Start:row.End])
		}
	}
	if all := strings.Join(texts, "|"); !strings.Contains(all, "One & only.|"+praise) || strings.Contains(all, "x()") {
		t.Errorf("paragraphs are %q", texts)
	}
}

func TestScoreCSVOutput(t *testing.T) {
	in := `{"id":"a,\"b\"","text":"` + praise + `","n":1}` + "\n" + `{"id":"c","text":"` + arabic + `"}`
	jsonl := parley(t, in, "score", "--input-format", "jsonl", "-").rows(t)
	r := parley(t, in, "score", "--input-format", "jsonl", "--format", "csv", "-")
	r.wantStatus(t, 0)
	records, err := csv.NewReader(strings.NewReader(r.stdout)).ReadAll()
	if err != nil || len(records) != 3 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	column := map[string]int{}
	for i, name := range records[0] {
		column[name] = i
	}
	for i, row := range jsonl {
		get := func(name string) string { return records[i+1][column[name]] }
		var evidence []rows.Evidence
		if err := json.Unmarshal([]byte(get("stance_evidence")), &evidence); err != nil {
			t.Fatal(err)
		}
		if get("id") != row.ID || get("text") != row.Text || get("stance") != row.Stance.Label || len(evidence) != len(row.Stance.Evidence) ||
			get("tone_p_neutral") != fmt.Sprint(row.Tone.Probabilities.Neutral) || get("extra") != string(row.Extra) {
			t.Errorf("record %q does not match row %+v", records[i+1], row)
		}
	}
}

func TestScoreTable(t *testing.T) {
	args := []string{"score", "--format", "table", "--width", "40", "-"}
	r := parley(t, praise+"\n\n"+arabic+"\n\nbad \x1b[31m\u202e end", args...)
	r.wantStatus(t, 0)
	if strings.Contains(r.stdout, "\x1b") || strings.Contains(r.stdout, "\u202e") {
		t.Errorf("the piped table has control characters: %q", r.stdout)
	}
	for line := range strings.Lines(r.stdout) {
		if strings.HasPrefix(line, "     ") && !strings.Contains(line, `"`) && len([]rune(strings.TrimRight(line, "\n"))) > 40 {
			t.Errorf("line is wider than 40: %q", line)
		}
	}
	if strings.Join(strings.Fields(r.stdout), " ") == r.stdout || !strings.Contains(r.stdout, "stdin\n") {
		t.Errorf("no table: %q", r.stdout)
	}
	colored := parley(t, praise, append([]string{"score", "--color", "always"}, args[1:]...)...)
	if !strings.Contains(colored.stdout, "\x1b[") {
		t.Errorf("no colour in %q", colored.stdout)
	}
	text := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(colored.stdout, "")
	if plain := parley(t, praise, args...).stdout; text != plain {
		t.Errorf("colours change the text\n%q\n%q", text, plain)
	}
}

// Whatever the parallelism, the bytes are the same.
func TestScoreParallel(t *testing.T) {
	var b strings.Builder
	for i := range 700 {
		fmt.Fprintf(&b, `{"id":%d,"text":"%s %d\n\n%s"}`+"\n", i, []string{praise, blame, arabic}[i%3], i, plain)
		if i%97 == 0 {
			b.WriteString("{broken\n")
		}
	}
	file := write(t, "a.jsonl", b.String())
	want := parley(t, "", "score", "--jobs", "1", file)
	want.wantStatus(t, 1)
	if got := len(want.rows(t)); got != 1400 {
		t.Fatalf("%d rows, want 1400", got)
	}
	for _, jobs := range []string{"2", "7"} {
		if got := parley(t, "", "score", "--jobs", jobs, file); got != want {
			t.Errorf("--jobs %s prints other bytes than --jobs 1", jobs)
		}
	}
}

func TestScoreOutputFile(t *testing.T) {
	dir := t.TempDir()
	want := parley(t, praise, "score", "-").stdout
	for _, name := range []string{"out.jsonl", "out"} {
		out := filepath.Join(dir, name)
		r := parley(t, praise, "score", "-o", out, "-")
		r.wantStatus(t, 0)
		if got, err := os.ReadFile(out); err != nil || string(got) != want || r.stdout != "" {
			t.Errorf("%s holds %q (%v), want %q; stdout %q", name, got, err, want, r.stdout)
		}
	}
	out := filepath.Join(dir, "out.csv")
	parley(t, praise, "score", "-o", out, "-").wantStatus(t, 0)
	if got, _ := os.ReadFile(out); !strings.HasPrefix(string(got), "id,paragraph,") {
		t.Errorf("out.csv is %q", got)
	}
	r := parley(t, "", "score", "--input-format", "jsonl", "-o", out, out)
	r.wantStatus(t, 2)
	r.wantError(t, "is also an input")
	if got, _ := os.ReadFile(out); len(got) == 0 {
		t.Error("the refused run emptied its input")
	}
}
