package report

import (
	"bytes"
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
	id     string
	title  string
	link   string // http or https, or empty
	source int
	day    int // since 1970-01-01
	dated  bool
	count  int // of its paragraphs
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

// document returns the number of the row's document. When a paragraph comes a
// second time under the same id, it belongs to another document of that id.
func (r *Report) document(row *rows.Row) int {
	p := paragraph{row.ID, row.Paragraph}
	key := instance{row.ID, r.seen[p]}
	r.seen[p]++
	if i, ok := r.known[key]; ok {
		return i
	}
	d := document{id: row.ID}
	if key.number > 0 {
		d.id += " (" + strconv.Itoa(key.number+1) + ")"
	}
	source := r.describe(&d, row.Extra)
	if source == "" {
		source = row.ID
	}
	d.source = r.sources.index(source)
	i := len(r.docs)
	r.docs = append(r.docs, d)
	r.known[key] = i
	return i
}

// describe reads what extra says of the document and returns its source.
func (r *Report) describe(d *document, extra json.RawMessage) (source string) {
	if len(extra) < len(`{"":0}`) {
		return ""
	}
	dec := json.NewDecoder(bytes.NewReader(extra))
	dec.UseNumber()
	var fields map[string]any
	if dec.Decode(&fields) != nil {
		return ""
	}
	fields = lower(fields)
	d.title = first(fields, titleFields)
	if u, err := url.Parse(first(fields, linkFields)); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		d.link = u.String()
	}
	r.date(d, fields)
	return first(fields, sourceFields)
}

// date reads the day of the document, or notes that it has none that is read.
func (r *Report) date(d *document, fields map[string]any) {
	unread := ""
	for _, name := range dateFields {
		s := words(fields[name])
		if s == "" {
			continue
		}
		if d.day, d.dated = parseDay(s); d.dated {
			return
		}
		if unread == "" {
			unread = s
		}
	}
	if unread == "" {
		return
	}
	if r.badDates == 0 {
		r.firstDate = clip(unread)
	}
	r.badDates++
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
