package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/parley-nlp/parley/cmd/parley/internal/report"
	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
	"github.com/parley-nlp/parley/model/text"
)

// row is a scored paragraph in favor, with the words as its evidence.
func row(id string, n int, s, words string, e text.Encoding) rows.Row {
	r := rows.Row{
		ID: id, Paragraph: n, End: len(s), Language: "en", Text: s,
		Model: "assad@sha256:" + strings.Repeat("0", 64), Extra: json.RawMessage(`{}`),
	}
	r.Stance.Label, r.Stance.Confidence = "favor", 0.7
	r.Stance.Probabilities = rows.StanceProbabilities{Favor: 0.7, Against: 0.1, Neutral: 0.15, Unrelated: 0.05}
	r.Tone.Label, r.Tone.Confidence = "neutral", 0.6
	r.Tone.Probabilities = rows.ToneProbabilities{Cooperative: 0.25, Confrontational: 0.15, Neutral: 0.6}
	if words != "" {
		at := strings.Index(s, words)
		r.Stance.Evidence = []rows.Evidence{{
			Start: text.Offset(s, at, e), End: text.Offset(s, at+len(words), e),
			Text: words, Label: "favor", Weight: 1.25, Holder: "The  envoy",
		}}
	}
	return r
}

// data is what a page carries.
type data struct {
	Labels    [2][]string
	Languages []string
	Sources   []string
	Holders   []string
	Phrases   []string
	Docs      [][5]any
	Rows      int
	rows      [][6]any
	html      string
}

var element = regexp.MustCompile(`(?s)<script type="application/json" class="data-(\w+)">(.*?)</script>`)

// write returns the page and its data, as a browser takes it apart: an element
// ends at the first end tag of its name.
func write(t testing.TB, r *report.Report) data {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	d := data{html: b.String()}
	for _, m := range element.FindAllStringSubmatch(d.html, -1) {
		var into any = &d
		var block [][6]any
		if m[1] == "rows" {
			into = &block
		}
		if err := json.Unmarshal([]byte(m[2]), into); err != nil {
			t.Fatalf("data of %s: %v", m[1], err)
		}
		d.rows = append(d.rows, block...)
	}
	if d.Rows != len(d.rows) {
		t.Fatalf("the page says %d rows and has %d", d.Rows, len(d.rows))
	}
	return d
}

// add adds rows that must be taken.
func add(t testing.TB, r *report.Report, list ...rows.Row) {
	t.Helper()
	for i := range list {
		if err := r.Add(&list[i]); err != nil {
			t.Fatalf("row %d: %v", i, err)
		}
	}
}

// span returns the evidence of a task's first piece, cut as JavaScript cuts.
func span(t testing.TB, r [6]any, task int) string {
	t.Helper()
	flat, ok := r[4+task].([]any)[2].([]any)
	if !ok || len(flat) != 6 {
		t.Fatalf("evidence is %v", r[4+task])
	}
	s := r[3].(string)
	from, to := int(flat[0].(float64)), int(flat[1].(float64))
	return string(utf16.Decode(utf16.Encode([]rune(s))[from:to]))
}

func TestEvidenceStandsAtItsOffsetsInUTF16(t *testing.T) {
	cases := []struct{ name, text, words string }{
		{"english", "The envoy praised Assad warmly.", "praised Assad"},
		{"whole", "Hail", "Hail"},
		{"arabic", "وأشاد السفير بصمود الرئيس الأسد أمام الوفد", "بصمود الرئيس"},
		{"emoji before", "🕊️ 🇸🇾 They backed him 👍🏽 openly", "backed him 👍🏽"},
		{"combining marks", "Il a salue\u0301 le preside\u0301nt", "salue\u0301 le"},
		{"marks of direction", "قال \u2067Assad\u2069 إنه باق", "\u2067Assad\u2069"},
		{"line ends", "one\r\ntwo\r\nthree", "two\r\nthree"},
	}
	for _, c := range cases {
		for _, e := range []text.Encoding{text.UTF8, text.UTF16, text.UTF32} {
			t.Run(c.name+" "+e.String(), func(t *testing.T) {
				r := report.New(report.Options{Offsets: e})
				add(t, r, row("a", 0, c.text, c.words, e))
				if got := span(t, write(t, r).rows[0], 0); got != c.words {
					t.Errorf("marks %q, want %q", got, c.words)
				}
			})
		}
	}
}

func FuzzEvidence(f *testing.F) {
	f.Add("a الأسد \U0001F54A b", 2, 12, uint8(0))
	f.Add("\U0001F1F8\U0001F1FE", 0, 4, uint8(2))
	f.Fuzz(func(t *testing.T, s string, from, to int, unit uint8) {
		s = strings.ToValidUTF8(s, "\uFFFD")
		if from < 0 || to > len(s) || from >= to || !utf8.ValidString(s[from:to]) || strings.Index(s, s[from:to]) != from {
			t.Skip()
		}
		words := s[from:to]
		e := text.Encoding(unit % 3)
		r := report.New(report.Options{Offsets: e})
		add(t, r, row("a", 0, s, words, e))
		if got := span(t, write(t, r).rows[0], 0); got != words {
			t.Errorf("%q in %s: marks %q, want %q", s, e, got, words)
		}
	})
}

func TestRefusedRows(t *testing.T) {
	const s = "Ünïted envoys praised Assad."
	cases := map[string]struct {
		change func(*rows.Row)
		want   string
	}{
		"label":               {func(r *rows.Row) { r.Stance.Label = "pro" }, `stance "pro" is none of`},
		"tone label":          {func(r *rows.Row) { r.Tone.Label = "favor" }, `tone "favor" is none of`},
		"evidence label":      {func(r *rows.Row) { r.Stance.Evidence[0].Label = "" }, "evidence 0"},
		"probability above 1": {func(r *rows.Row) { r.Stance.Probabilities.Against = 1.5 }, "probability of against is 1.5"},
		"not a number":        {func(r *rows.Row) { r.Tone.Probabilities.Neutral = math.NaN() }, "probability of neutral is NaN"},
		"infinite weight":     {func(r *rows.Row) { r.Stance.Evidence[0].Weight = math.Inf(1) }, "weight is +Inf"},
		"other unit":          {func(r *rows.Row) { r.Stance.Evidence[0].Start -= 2; r.Stance.Evidence[0].End -= 2 }, "it is in utf16 (say --offsets utf16)"},
		"nowhere":             {func(r *rows.Row) { r.Stance.Evidence[0].Start++ }, "the text from 17 to"},
		"past the end":        {func(r *rows.Row) { r.Stance.Evidence[0].End = 4000 }, "to 4000 is not"},
		"backwards":           {func(r *rows.Row) { v := &r.Stance.Evidence[0]; v.Start, v.End = v.End, v.Start }, "is not"},
		"negative":            {func(r *rows.Row) { r.Stance.Evidence[0].Start = -1 }, "from -1"},
		"within a character":  {func(r *rows.Row) { v := &r.Stance.Evidence[0]; v.Start, v.End, v.Text = 1, 3, s[1:3] }, "from 1 to 3"},
		"paragraph":           {func(r *rows.Row) { r.Paragraph = -1 }, "paragraph is -1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := report.New(report.Options{})
			bad := row("a", 0, s, "praised", text.UTF8)
			c.change(&bad)
			err := r.Add(&bad)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error is %v, want %q", err, c.want)
			}
			if d := write(t, r); len(d.rows) != 0 || len(d.Docs) != 0 || r.Len() != 0 {
				t.Errorf("a refused row left %d rows and %d documents", len(d.rows), len(d.Docs))
			}
		})
	}
}

// Two outlets that both number from 1 keep their paragraphs apart, whichever
// article is longer.
func TestArticlesOfOneID(t *testing.T) {
	var rowsOf [2][]rows.Row
	for k, n := range []int{2, 4} {
		for i := range n {
			x := row("1", i, "text", "", 0)
			x.Extra = json.RawMessage([]string{`{"source":"Alpha","date":"2016-01-01"}`, `{"date":"2017-01-01","source":"Beta"}`}[k])
			rowsOf[k] = append(rowsOf[k], x)
		}
	}
	for _, order := range [][2]int{{0, 1}, {1, 0}} {
		r := report.New(report.Options{})
		add(t, r, rowsOf[order[0]]...)
		add(t, r, rowsOf[order[1]]...)
		d := write(t, r)
		count := map[string]int{}
		for _, w := range d.rows {
			count[d.Sources[int(d.Docs[int(w[0].(float64))][2].(float64))]]++
		}
		if len(d.Docs) != 2 || count["Alpha"] != 2 || count["Beta"] != 4 {
			t.Errorf("order %v: %d articles, %v", order, len(d.Docs), count)
		}
	}
}

// A page without evidence, and one without rows, has lists that are empty, not
// absent.
func TestNoNullInMeta(t *testing.T) {
	for name, r := range map[string]*report.Report{"no rows": report.New(report.Options{}), "no evidence": report.New(report.Options{})} {
		if name == "no evidence" {
			add(t, r, row("a", 0, "text", "", 0))
		}
		if d := write(t, r); d.Phrases == nil || d.Sources == nil || d.Holders == nil || d.Languages == nil || d.Docs == nil {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestArticlesFromRowsInAnyOrder(t *testing.T) {
	r := report.New(report.Options{})
	add(t, r,
		row("b", 1, "b1", "", 0), row("a", 0, "a0", "", 0), row("b", 0, "b0", "", 0),
		row("a", 0, "again a0", "", 0), row("a", 1, "a1", "", 0))
	d := write(t, r)
	var ids, of []string
	for _, doc := range d.Docs {
		ids = append(ids, doc[0].(string))
	}
	for _, w := range d.rows {
		of = append(of, ids[int(w[0].(float64))])
	}
	if got, want := strings.Join(of, ","), "b,a,b,a (2),a (2)"; got != want {
		t.Errorf("rows belong to %s, want %s", got, want)
	}
	if !strings.Contains(d.html, "<dt>Articles</dt><dd dir=\"auto\">3</dd>") {
		t.Error("the head does not say 3 articles")
	}
}

func TestBlocksAreBounded(t *testing.T) {
	r := report.New(report.Options{})
	long := strings.Repeat("long ", 30_000)
	for i := range 1100 {
		s := "short"
		if i < 8 {
			s = long
		}
		add(t, r, row("a", i, s, "", 0))
	}
	d := write(t, r)
	for _, m := range element.FindAllStringSubmatch(d.html, -1) {
		var list []json.RawMessage
		if m[1] != "rows" {
			continue
		}
		if err := json.Unmarshal([]byte(m[2]), &list); err != nil {
			t.Fatal(err)
		}
		if len(list) > 500 || len(m[2]) > 512<<10+len(long)+1000 {
			t.Errorf("a block has %d rows of %d bytes", len(list), len(m[2]))
		}
	}
	for i, w := range d.rows {
		if int(w[1].(float64)) != i {
			t.Fatalf("row %d is paragraph %v", i, w[1])
		}
	}
}

func TestFullReport(t *testing.T) {
	r := report.New(report.Options{MaxParagraphs: 2})
	add(t, r, row("a", 0, "x", "", 0), row("a", 1, "y", "", 0))
	third := row("a", 2, "z", "", 0)
	if err := r.Add(&third); !errors.Is(err, report.ErrFull) || !strings.Contains(err.Error(), "2 paragraphs") {
		t.Errorf("got %v, want ErrFull", err)
	}
}

func TestPhrasesFallTogether(t *testing.T) {
	r := report.New(report.Options{})
	for i, words := range []string{"Stood by him", "stood  by him", "STOOD BY HIM", "رئيسٌ", "رئيس", "left"} {
		add(t, r, row("a", i, "so "+words+" then", words, text.UTF8))
	}
	d := write(t, r)
	if got, want := fmt.Sprint(d.Phrases), "[Stood by him رئيسٌ left]"; got != want {
		t.Errorf("phrases are %s, want %s", got, want)
	}
	if got, want := fmt.Sprintf("%q", d.Holders), `["" "The envoy"]`; got != want {
		t.Errorf("holders are %s, want %s", got, want)
	}
}
