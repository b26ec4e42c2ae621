package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
)

// document is what the page knows of one article.
type document struct {
	about
	id     string
	source int
	count  int // of its paragraphs
}

// about is what a row's extra says of its document.
type about struct {
	title   string
	link    string // http or https, or empty
	outlet  string
	day     int // since 1970-01-01
	dated   bool
	badDate string // the first date if none can be read
}

// The fields of a row's extra that describe its document, whatever the case of
// their letters; the first that is there counts, of the dates the first that is
// read.
var (
	titleFields  = []string{"title", "headline"}
	sourceFields = []string{"source", "outlet", "publisher", "site"}
	linkFields   = []string{"url", "link", "permalink"}
	dateFields   = []string{"date", "published", "published_at", "publication_date", "pubdate", "datetime", "timestamp", "created_at", "time", "year"}
)

// document returns the number of the row's document. Rows of one id of which the
// same is said are one document, but a paragraph that comes a second time begins
// another, and those that follow it belong to that.
func (r *Report) document(row *rows.Row) int {
	said := r.said
	if !bytes.Equal(row.Extra, r.extra) { // the rows of an article mostly stand together
		said = describe(row.Extra)
		r.said, r.extra = said, bytes.Clone(row.Extra)
	}
	number, ok := r.abouts[said]
	if !ok {
		number = len(r.abouts)
		r.abouts[said] = number
	}
	p := paragraph{row.ID, number, row.Paragraph}
	key := instance{row.ID, number, r.seen[p]}
	r.seen[p]++
	if l := &r.last; l.id == p.id && l.about == p.about && l.index < p.index {
		key.number = l.number
	}
	r.last.paragraph, r.last.number = p, key.number
	if i, ok := r.known[key]; ok {
		return i
	}
	d := document{id: row.ID, about: said, source: r.sources.index(cmp.Or(said.outlet, row.ID))}
	if r.copies[row.ID]++; r.copies[row.ID] > 1 {
		d.id += " (" + strconv.Itoa(r.copies[row.ID]) + ")"
	}
	if said.badDate != "" {
		if r.badDates == 0 {
			r.firstDate = clip(said.badDate)
		}
		r.badDates++
	}
	i := len(r.docs)
	r.docs = append(r.docs, d)
	r.known[key] = i
	return i
}

// describe reads what extra says of the document.
func describe(extra json.RawMessage) (a about) {
	if len(extra) < len(`{"":0}`) {
		return a
	}
	dec := json.NewDecoder(bytes.NewReader(extra))
	dec.UseNumber()
	var fields map[string]any
	if dec.Decode(&fields) != nil {
		return a
	}
	fields = lower(fields)
	a.title, a.outlet = first(fields, titleFields), first(fields, sourceFields)
	if u, err := url.Parse(first(fields, linkFields)); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		a.link = u.String()
	}
	for _, name := range dateFields {
		s := words(fields[name])
		if s == "" {
			continue
		}
		if a.day, a.dated = parseDay(s); a.dated {
			a.badDate = ""
			return a
		}
		a.badDate = cmp.Or(a.badDate, s)
	}
	return a
}

// lower returns the fields that say something by their names in lower case. Of
// two that then have one name, the one that is written in lower case counts,
// else the first of the alphabet.
func lower(fields map[string]any) map[string]any {
	out := make(map[string]any, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		low := strings.ToLower(name)
		if _, there := out[low]; words(fields[name]) != "" && (!there || name == low) {
			out[low] = fields[name]
		}
	}
	return out
}

// first returns what the first of the fields says that is there.
func first(fields map[string]any, names []string) string {
	for _, n := range names {
		if s := words(fields[n]); s != "" {
			return s
		}
	}
	return ""
}

// words returns what a string, a number or an object with a name says.
func words(v any) string {
	if object, ok := v.(map[string]any); ok {
		v = object["name"]
	}
	switch v := v.(type) {
	case string:
		return oneLine(v)
	case json.Number:
		return v.String()
	}
	return ""
}
