package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/parley-nlp/parley/cmd/parley/internal/report"
	"github.com/parley-nlp/parley/model/text"
)

// hostile are texts that would be markup if a page let them.
var hostile = []string{
	`</script><script>alert(1)</script>`, `<!--<script>`, `<img src=x onerror=alert(1)>`, `]]>`, `" onmouseover="alert(1)`,
	"\u2028alert(1)\u2029", `{{.Title}}`, `&lt;b&gt;`, `javascript:alert(1)`, `</SCRIPT `, `</title><h1>`, "\x00\x01",
}

func TestNothingOfTheRowsIsMarkup(t *testing.T) {
	r := report.New(report.Options{Title: strings.Join(hostile, " ")})
	for i, s := range hostile {
		w := row(s, i, s, s, text.UTF8)
		w.Language, w.Model = s, s
		w.Stance.Evidence[0].Holder = s
		extra, err := json.Marshal(map[string]any{"title": s, "source": s, "date": s, "url": s})
		if err != nil {
			t.Fatal(err)
		}
		w.Extra = extra
		add(t, r, w)
	}
	d := write(t, r)
	for i, w := range d.rows {
		if w[3] != hostile[i] {
			t.Errorf("text is %q, want %q", w[3], hostile[i])
		}
	}

	plain := report.New(report.Options{})
	w := row("a", 0, "x", "x", text.UTF8)
	w.Extra = []byte(`{"date":"x"}`) // so that it has a note, too
	add(t, plain, w)
	if got, want := elements(t, d.html), elements(t, write(t, plain).html); got != want {
		t.Errorf("the page of hostile rows has the elements\n%s\nwant\n%s", got, want)
	}
}

// elements lists the elements of a page as a browser builds them, but for how
// many facts its head has.
func elements(t *testing.T, page string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode && n.Data != "dt" && n.Data != "dd" && (n.Data != "div" || n.Parent.Data != "dl") {
			b.WriteString("<" + n.Data)
			for _, a := range n.Attr {
				b.WriteString(" " + a.Key)
			}
			b.WriteString(">")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	return b.String()
}

func TestPolicyAllowsTheScriptsOfThePageAlone(t *testing.T) {
	r := report.New(report.Options{})
	add(t, r, row("a", 0, "x", "", 0))
	page := write(t, r).html
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	policy, allowed := "", 0
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
		}
		if attr["http-equiv"] == "Content-Security-Policy" {
			policy = attr["content"]
		}
		for _, name := range []string{"src", "href", "style"} {
			if v := attr[name]; v != "" && !strings.HasPrefix(v, "#") {
				t.Errorf("<%s %s=%q> is not of this page", n.Data, name, v)
			}
		}
		if inline := n.Data == "style" || n.Data == "script" && attr["type"] == ""; inline && n.Type == html.ElementNode {
			sum := sha256.Sum256([]byte(n.FirstChild.Data))
			if !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
				t.Errorf("the policy does not allow the <%s> that begins %.60q", n.Data, n.FirstChild.Data)
			}
			allowed++
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	if !strings.HasPrefix(policy, "default-src 'none'; script-src 'sha256-") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy is %q", policy)
	}
	if n := strings.Count(policy, "'sha256-"); n != allowed {
		t.Errorf("the policy allows %d elements, the page has %d", n, allowed)
	}
	if m := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(`).FindString(page); m != "" {
		t.Errorf("the page uses %s", m)
	}
}

func TestSameRowsSameBytes(t *testing.T) {
	var pages [2]bytes.Buffer
	for i := range pages {
		r := report.New(report.Options{})
		for n, s := range []string{"one two", "three", "أربعة"} {
			add(t, r, row(s, n, s, s, text.UTF8))
		}
		if err := r.Write(&pages[i]); err != nil {
			t.Fatal(err)
		}
		var again bytes.Buffer
		if err := r.Write(&again); err != nil || again.String() != pages[i].String() {
			t.Errorf("written again it differs (%v)", err)
		}
	}
	if pages[0].String() != pages[1].String() {
		t.Error("the same rows made two pages")
	}
}

func TestDocuments(t *testing.T) {
	cases := []struct {
		extra, title, source, date, link string
	}{
		{`{}`, "", "id", "", ""},
		{`{"date":"2016-04-01"}`, "", "id", "2016-04-01", ""},
		{`{"published":"2016-04-01T23:30:00-07:00"}`, "", "id", "2016-04-01", ""},
		{`{"date":"٢٠١٦-٠٤-٠١"}`, "", "id", "2016-04-01", ""},
		{`{"pubDate":"Fri, 01 Apr 2016 10:00:00 +0300"}`, "", "id", "2016-04-01", ""},
		{`{"date":"April 1, 2016"}`, "", "id", "2016-04-01", ""},
		{`{"date":"1 Apr 2016","year":1999}`, "", "id", "2016-04-01", ""},
		{`{"timestamp":1459468800}`, "", "id", "2016-04-01", ""},
		{`{"timestamp":1459468800000}`, "", "id", "2016-04-01", ""},
		{`{"year":2016}`, "", "id", "2016-01-01", ""},
		{`{"date":"1969-12-31"}`, "", "id", "1969-12-31", ""},
		{`{"date":"2016-4-1"}`, "", "id", "2016-04-01", ""},
		{`{"date":"2016/4/1"}`, "", "id", "2016-04-01", ""},
		{`{"date":"2016-4-1 9:30:00.25Z"}`, "", "id", "2016-04-01", ""},
		{`{"date":"٣ أبريل ٢٠١٦"}`, "", "id", "2016-04-03", ""},
		{`{"date":"الأحد، 3 نيسان/أبريل 2016"}`, "", "id", "2016-04-03", ""},
		{`{"date":"15 كانون الثاني (يناير) 2012"}`, "", "id", "2012-01-15", ""},
		{`{"date":"15 تشرين الأول، 2012"}`, "", "id", "2012-10-15", ""},
		{`{"date":"5 أوت 2013"}`, "", "id", "2013-08-05", ""},
		{`{"date":"31 نيسان 2016"}`, "", "id", "", ""},
		{`{"date":"3 نيسان/مايو 2016"}`, "", "id", "", ""},
		{`{"date":"3 رمضان 1437"}`, "", "id", "", ""},
		{`{"date":"unknown","published":null,"year":2016}`, "", "id", "2016-01-01", ""},
		{`{"Date":"2016-04-01","SOURCE":"The Wire","Title":"T","URL":"https://example.org/"}`, "T", "The Wire", "2016-04-01", "https://example.org/"},
		{`{"Title":"B","title":"a","TITLE":"C","Source":"","SOURCE":"S"}`, "a", "S", "", ""},
		{`{"date":"03/04/2016"}`, "", "id", "", ""},
		{`{"date":"yesterday"}`, "", "id", "", ""},
		{`{"date":null,"source":null}`, "", "id", "", ""},
		{`{"title":" A  long\nroad ","outlet":"صحيفة"}`, "A long road", "صحيفة", "", ""},
		{`{"headline":"H","source":{"name":"The Wire"}}`, "H", "The Wire", "", ""},
		{`{"source":["x"],"publisher":7}`, "", "7", "", ""},
		{`{"url":"https://example.org/a?b=1"}`, "", "id", "", "https://example.org/a?b=1"},
		{`{"url":"javascript:alert(1)"}`, "", "id", "", ""},
		{`{"url":"//example.org"}`, "", "id", "", ""},
		{`not json at all`, "", "id", "", ""},
	}
	for _, c := range cases {
		t.Run(c.extra, func(t *testing.T) {
			r := report.New(report.Options{})
			w := row("id", 0, "x", "", 0)
			w.Extra = []byte(c.extra)
			add(t, r, w)
			d := write(t, r)
			doc := d.Docs[0]
			if doc[1] != c.title || d.Sources[int(doc[2].(float64))] != c.source || doc[4] != c.link {
				t.Errorf("document is %q from %q, link %q", doc[1], d.Sources, doc[4])
			}
			head := regexp.MustCompile(`<dt>Published</dt><dd dir="auto">([^<]*)`).FindStringSubmatch(d.html)
			got := ""
			if head != nil {
				got = head[1]
			}
			if got != c.date || (doc[3] != nil) != (c.date != "") {
				t.Errorf("published %q (day %v), want %q", got, doc[3], c.date)
			}
		})
	}
}

func TestDatesThatAreNotReadAreNoted(t *testing.T) {
	r := report.New(report.Options{})
	if len(r.Notes()) != 0 {
		t.Errorf("an empty report has notes %q", r.Notes())
	}
	for i, date := range []string{"spring", "soon", "2016-01-01"} {
		w := row(date, i, "x", "", 0)
		w.Extra = []byte(`{"date":"` + date + `"}`)
		add(t, r, w)
	}
	if n := r.Notes(); len(n) != 1 || !strings.Contains(n[0], `2 articles have a date that is not read, the first "spring"`) {
		t.Errorf("notes are %q", n)
	}
	if page := write(t, r).html; !strings.Contains(page, `<p class="hint">2 articles have a date that is not read`) {
		t.Error("the page does not say so")
	}
	one := report.New(report.Options{})
	w := row("a", 0, "x", "", 0)
	w.Extra = []byte(`{"Date":"spring"}`)
	add(t, one, w)
	if n := one.Notes(); len(n) != 1 || !strings.HasPrefix(n[0], `1 article has a date that is not read, "spring"`) {
		t.Errorf("notes are %q", n)
	}
}
