package rows

import (
	"strconv"
	"strings"

	"github.com/parley-nlp/parley/model"
)

// CSV writes comma-separated values as RFC 4180 quotes them, with a line feed
// after each record. Its columns are those of JSONL in one level; the evidence
// of a task and the extra fields are JSON in a column of their own.
type CSV struct{}

// Columns are the names of the columns in their order.
var Columns = csvColumns()

func csvColumns() []string {
	c := []string{"id", "paragraph", "start", "end", "language", "text"}
	for t := range model.Task(model.NumTasks) {
		name := t.String()
		c = append(c, name, name+"_confidence", name+"_score")
		for _, l := range t.Labels() {
			c = append(c, name+"_p_"+l)
		}
		c = append(c, name+"_evidence", name+"_abstained")
	}
	return append(c, "model", "extra")
}

// Header returns the line of column names.
func (CSV) Header() []byte { return []byte(strings.Join(Columns, ",") + "\n") }

// Append appends the row and a line feed to dst.
func (CSV) Append(dst []byte, r *Row) []byte {
	dst = appendField(dst, r.ID)
	for _, n := range [...]int{r.Paragraph, r.Start, r.End} {
		dst = append(dst, ',')
		dst = strconv.AppendInt(dst, int64(n), 10)
	}
	dst = append(dst, ',')
	dst = appendField(dst, r.Language)
	dst = append(dst, ',')
	dst = appendField(dst, r.Text)
	var scratch []byte
	for t := range model.Task(model.NumTasks) {
		p, probabilities := r.Task(t)
		dst = append(dst, ',')
		dst = append(dst, p.Label...)
		dst = append(dst, ',')
		dst = appendFloat(dst, p.Confidence)
		dst = append(dst, ',')
		dst = appendFloat(dst, p.Score)
		for i := range t.Labels() {
			dst = append(dst, ',')
			dst = appendFloat(dst, probabilities[i])
		}
		dst = append(dst, ',')
		scratch = appendEvidence(scratch[:0], p.Evidence)
		dst = appendField(dst, string(scratch))
		dst = append(dst, ',')
		dst = append(dst, p.Abstained...)
	}
	dst = append(dst, ',')
	dst = appendField(dst, r.Model)
	dst = append(dst, ',')
	extra := string(r.Extra)
	if extra == "" {
		extra = "{}"
	}
	dst = appendField(dst, extra)
	return append(dst, '\n')
}

// appendField appends a value, in quotes where a reader would need them.
func appendField(dst []byte, s string) []byte {
	if s == "" || !strings.ContainsAny(s, ",\"\r\n") && s[0] != ' ' && s[0] != '\t' {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			break
		}
		dst = append(append(dst, s[:i]...), `""`...)
		s = s[i+1:]
	}
	return append(append(dst, s...), '"')
}
