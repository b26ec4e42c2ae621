package report

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

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

// The fields of a row's extra that describe its document, the first that is
// there counts.
var (
	titleFields  = []string{"title", "headline"}
	sourceFields = []string{"source", "outlet", "publisher", "site"}
	linkFields   = []string{"url", "link", "permalink"}
	dateFields   = []string{"date", "published", "published_at", "publication_date", "pubDate", "datetime", "timestamp", "created_at", "time", "year"}
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
	d.title = first(fields, titleFields)
	if u, err := url.Parse(first(fields, linkFields)); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		d.link = u.String()
	}
	if s := first(fields, dateFields); s != "" {
		if d.day, d.dated = parseDay(s); !d.dated {
			if r.badDates == 0 {
				r.firstDate = clip(s)
			}
			r.badDates++
		}
	}
	return first(fields, sourceFields)
}

// first returns the first of the fields that is a string, a number or an object
// with a name.
func first(fields map[string]any, names []string) string {
	for _, n := range names {
		v := fields[n]
		if object, ok := v.(map[string]any); ok {
			v = object["name"]
		}
		switch v := v.(type) {
		case string:
			if s := oneLine(v); s != "" {
				return s
			}
		case json.Number:
			return v.String()
		}
	}
	return ""
}

// layouts are the dates that are read. Dates that mean different days in
// different countries, such as 03/04/2016, are not among them.
var layouts = []string{
	time.DateOnly, time.RFC3339Nano, time.DateTime, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04",
	"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02T15:04:05-0700", "2006/01/02", "20060102",
	time.RFC1123, time.RFC1123Z, time.RFC850, "2 Jan 2006", "2 January 2006", "January 2, 2006", "Jan 2, 2006",
	"Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST", "Monday, January 2, 2006", "2006-01", "2006",
}

// arabicDigits are written in many Arabic dates.
var arabicDigits = strings.NewReplacer("٠", "0", "١", "1", "٢", "2", "٣", "3", "٤", "4", "٥", "5", "٦", "6", "٧", "7", "٨", "8", "٩", "9")

// parseDay returns the day of a date as it is written, whatever its time zone.
// A month or a year is its first day; a number of nine or more digits is Unix
// time in seconds, of twelve or more in milliseconds.
func parseDay(s string) (day int, ok bool) {
	s = arabicDigits.Replace(s)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) >= 9 {
		if len(s) >= 12 {
			n /= 1000
		}
		return dayOf(time.Unix(n, 0).UTC())
	}
	for _, l := range layouts {
		if t, err := time.Parse(l, s); err == nil {
			return dayOf(t)
		}
	}
	return 0, false
}

// dayOf counts the days since 1970; a year that no press knows is refused.
func dayOf(t time.Time) (int, bool) {
	if t.Year() < 1800 || t.Year() > 2200 {
		return 0, false
	}
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60)), true
}
