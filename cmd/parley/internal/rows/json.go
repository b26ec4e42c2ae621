package rows

import (
	"math"
	"strconv"

	"github.com/parley-nlp/parley/cmd/parley/internal/jsonstring"
	"github.com/parley-nlp/parley/model"
)

// JSONL writes one JSON object a line. Floats are the shortest that read back
// as the same number, and nothing is escaped for HTML: the bytes are those of
// encoding/json with SetEscapeHTML(false), at a fraction of its cost.
type JSONL struct{}

// Header returns nothing: JSONL has no header.
func (JSONL) Header() []byte { return nil }

// Append appends the row and a line feed to dst.
func (JSONL) Append(dst []byte, r *Row) []byte {
	dst = append(dst, `{"id":`...)
	dst = jsonstring.Append(dst, r.ID)
	dst = append(dst, `,"paragraph":`...)
	dst = strconv.AppendInt(dst, int64(r.Paragraph), 10)
	dst = append(dst, `,"start":`...)
	dst = strconv.AppendInt(dst, int64(r.Start), 10)
	dst = append(dst, `,"end":`...)
	dst = strconv.AppendInt(dst, int64(r.End), 10)
	dst = append(dst, `,"language":`...)
	dst = jsonstring.Append(dst, r.Language)
	dst = append(dst, `,"text":`...)
	dst = jsonstring.AppendValid(dst, r.Text)
	for t := range model.Task(model.NumTasks) {
		dst = append(dst, `,"`...)
		dst = append(dst, t.String()...)
		dst = append(dst, `":`...)
		dst = r.appendTask(dst, t)
	}
	dst = append(dst, `,"model":`...)
	dst = jsonstring.Append(dst, r.Model)
	dst = append(dst, `,"extra":`...)
	if len(r.Extra) == 0 {
		dst = append(dst, `{}`...)
	}
	dst = append(dst, r.Extra...)
	return append(dst, "}\n"...)
}

func (r *Row) appendTask(dst []byte, t model.Task) []byte {
	p, probabilities := r.Task(t)
	dst = append(dst, `{"label":`...)
	dst = jsonstring.Append(dst, p.Label)
	dst = append(dst, `,"confidence":`...)
	from := len(dst)
	dst = appendFloat(dst, p.Confidence)
	confidence := dst[from:]
	dst = append(dst, `,"score":`...)
	dst = appendFloat(dst, p.Score)
	dst = append(dst, `,"probabilities":{`...)
	for i, key := range probabilityKeys[t] {
		dst = append(dst, key...)
		if probabilities[i] == p.Confidence { // as one is, mostly
			dst = append(dst, confidence...)
			continue
		}
		dst = appendFloat(dst, probabilities[i])
	}
	dst = append(dst, `},"evidence":`...)
	dst = appendEvidence(dst, p.Evidence)
	if p.Abstained != "" {
		dst = append(dst, `,"abstained":`...)
		dst = jsonstring.Append(dst, p.Abstained)
	}
	return append(dst, '}')
}

// probabilityKeys are the keys of a task's probabilities, with the commas before
// them.
var probabilityKeys = func() (keys [model.NumTasks][]string) {
	for t := range model.Task(model.NumTasks) {
		for i, l := range t.Labels() {
			keys[t] = append(keys[t], ","[:min(i, 1)]+`"`+l+`":`)
		}
	}
	return keys
}()

func appendEvidence(dst []byte, evidence []Evidence) []byte {
	dst = append(dst, '[')
	for i := range evidence {
		v := &evidence[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"start":`...)
		dst = strconv.AppendInt(dst, int64(v.Start), 10)
		dst = append(dst, `,"end":`...)
		dst = strconv.AppendInt(dst, int64(v.End), 10)
		dst = append(dst, `,"text":`...)
		dst = jsonstring.AppendValid(dst, v.Text)
		dst = append(dst, `,"label":`...)
		dst = jsonstring.Append(dst, v.Label)
		dst = append(dst, `,"weight":`...)
		dst = appendFloat(dst, v.Weight)
		dst = append(dst, `,"holder":`...)
		dst = jsonstring.Append(dst, v.Holder)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

// appendFloat appends f as ECMAScript prints it. JSON has no word for NaN and
// the infinities: they become null.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	abs := math.Abs(f)
	if abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
		// Go writes e-09, ECMAScript e-9.
		if n := len(dst); n >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
			dst[n-2] = dst[n-1]
			dst = dst[:n-1]
		}
		return dst
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}
