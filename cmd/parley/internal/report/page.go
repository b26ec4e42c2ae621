package report

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"
)

//go:embed assets
var assets embed.FS

// scripts are the scripts of the page in the order in which they run.
var scripts = []string{
	"uplot/uPlot.iife.min.js",
	"dom.js", "fold.js", "data.js", "filter.js", "stats.js", "chart.js", "tables.js", "reader.js", "controls.js", "active.js", "main.js",
}

// styles are the style sheets of the page.
var styles = []string{"uplot/uPlot.min.css", "report.css"}

// page is what the template shows.
type page struct {
	Title   string
	Policy  string
	Facts   []fact
	Notes   []string
	Styles  []template.CSS
	Scripts []template.JS
}

// fact is a line of the head.
type fact struct{ Name, Value string }

// Write writes the page. The report may grow further and be written again.
func (r *Report) Write(w io.Writer) error {
	r.blocks.cut()
	p := page{Title: r.opt.Title, Facts: r.facts(), Notes: r.Notes()}
	var err error
	if err = p.load(); err != nil {
		return err
	}
	tmpl, err := template.ParseFS(assets, "assets/page.html")
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	if err := tmpl.ExecuteTemplate(out, "head", p); err != nil {
		return err
	}
	m, err := json.Marshal(r.meta())
	if err != nil {
		return err
	}
	writeData(out, "meta", m)
	for _, b := range r.blocks.list {
		writeData(out, "rows", b)
	}
	if err := tmpl.ExecuteTemplate(out, "tail", p); err != nil {
		return err
	}
	return out.Flush()
}

// writeData writes JSON as an element that a browser does not run. The JSON
// holds no < or >, which encoding/json escapes. Errors stay in out.
func writeData(out *bufio.Writer, class string, data []byte) {
	fmt.Fprintf(out, "<script type=\"application/json\" class=\"data-%s\">", class)
	_, _ = out.Write(data)
	_, _ = out.WriteString("</script>\n")
}

// load reads the assets and makes the content security policy, which lets the
// page run its own scripts and reach nothing else.
func (p *page) load() error {
	script, style := "script-src", "style-src"
	for _, name := range styles {
		data, err := assets.ReadFile("assets/" + name)
		if err != nil {
			return err
		}
		p.Styles = append(p.Styles, template.CSS(data))
		style += hashSource(string(data))
	}
	for _, name := range scripts {
		data, err := assets.ReadFile("assets/" + name)
		if err != nil {
			return err
		}
		p.Scripts = append(p.Scripts, template.JS(data))
		script += hashSource(string(data))
	}
	p.Policy = "default-src 'none'; " + script + "; " + style + "; base-uri 'none'; form-action 'none'"
	return nil
}

// hashSource is a source of a content security policy that allows one inline
// element.
func hashSource(content string) string {
	sum := sha256.Sum256([]byte(content))
	return " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// facts are what the head says of the whole.
func (r *Report) facts() []fact {
	facts := []fact{
		{"Paragraphs", group(r.rows)},
		{"Articles", group(len(r.docs))},
	}
	if s := r.period(); s != "" {
		facts = append(facts, fact{"Published", s})
	}
	if len(r.languages.list) > 0 {
		list := slices.Clone(r.languages.list)
		for i, l := range list {
			if name, ok := languageNames[l]; ok {
				list[i] = name
			}
		}
		slices.Sort(list)
		facts = append(facts, fact{"Languages", strings.Join(list, ", ")})
	}
	if models := r.models.list; len(models) > 0 {
		name := models[0]
		if len(models) > 1 {
			name = fmt.Sprintf("%s and %d more", name, len(models)-1)
		}
		facts = append(facts, fact{"Model", name})
	}
	return facts
}

var languageNames = map[string]string{"en": "English", "ar": "Arabic", "other": "other"}

// period is the first and the last day of the documents that have one.
func (r *Report) period() string {
	from, to, dated := 0, 0, 0
	for i := range r.docs {
		if d := &r.docs[i]; d.dated {
			if dated == 0 || d.day < from {
				from = d.day
			}
			if dated == 0 || d.day > to {
				to = d.day
			}
			dated++
		}
	}
	if dated == 0 {
		return ""
	}
	s := date(from)
	if to > from {
		s += " to " + date(to)
	}
	if undated := len(r.docs) - dated; undated > 0 {
		s += fmt.Sprintf(" (%s of %s articles have no date)", group(undated), group(len(r.docs)))
	}
	return s
}

func date(day int) string {
	return time.Unix(int64(day)*24*60*60, 0).UTC().Format(time.DateOnly)
}

// group writes a count with a comma before every three digits.
func group(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Notes says what the reader of the report should know about how it was made.
func (r *Report) Notes() []string {
	if r.badDates == 0 {
		return nil
	}
	who := fmt.Sprintf("%s articles have a date that is not read, the first %q", group(r.badDates), r.firstDate)
	if r.badDates == 1 {
		who = fmt.Sprintf("1 article has a date that is not read, %q", r.firstDate)
	}
	return []string{who + " (want 2006-01-02, or another form with the year in four digits and the month told from the day)"}
}
