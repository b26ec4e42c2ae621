package rows

import (
	"math"
	"strconv"
	"unicode/utf8"

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
	dst = appendString(dst, r.ID)
	dst = append(dst, `,"paragraph":`...)
	dst = strconv.AppendInt(dst, int64(r.Paragraph), 10)
	dst = append(dst, `,"start":`...)
	dst = strconv.AppendInt(dst, int64(r.Start), 10)
	dst = append(dst, `,"end":`...)
	dst = strconv.AppendInt(dst, int64(r.End), 10)
	dst = append(dst, `,"language":`...)
	dst = appendString(dst, r.Language)
	dst = append(dst, `,"text":`...)
	dst = appendString(dst, r.Text)
	for t := range model.Task(model.NumTasks) {
		dst = append(dst, `,"`...)
		dst = append(dst, t.String()...)
		dst = append(dst, `":`...)
		dst = r.appendTask(dst, t)
	}
	dst = append(dst, `,"model":`...)
	dst = appendString(dst, r.Model)
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
	dst = appendString(dst, p.Label)
	dst = append(dst, `,"confidence":`...)
	dst = appendFloat(dst, p.Confidence)
	dst = append(dst, `,"score":`...)
	dst = appendFloat(dst, p.Score)
	dst = append(dst, `,"probabilities":{`...)
	for i, l := range t.Labels() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, l)
		dst = append(dst, ':')
		dst = appendFloat(dst, probabilities[i])
	}
	dst = append(dst, `},"evidence":`...)
	dst = appendEvidence(dst, p.Evidence)
	if p.Abstained != "" {
		dst = append(dst, `,"abstained":`...)
		dst = appendString(dst, p.Abstained)
	}
	return append(dst, '}')
}

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
		dst = appendString(dst, v.Text)
		dst = append(dst, `,"label":`...)
		dst = appendString(dst, v.Label)
		dst = append(dst, `,"weight":`...)
		dst = appendFloat(dst, v.Weight)
		dst = append(dst, `,"holder":`...)
		dst = appendString(dst, v.Holder)
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

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string. Invalid bytes become U+FFFD. The two
// line separators of Unicode are escaped, since some readers take them for the
// end of a line.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			if c >= 0xC2 && c < 0xE0 && i+1 < len(s) && s[i+1]&0xC0 == 0x80 {
				i += 2 // a two-byte character, which Arabic is made of
				continue
			}
			r, n := utf8.DecodeRuneInString(s[i:])
			switch {
			case r == utf8.RuneError && n == 1:
				dst = append(append(dst, s[done:i]...), `\ufffd`...)
			case r == '\u2028' || r == '\u2029':
				dst = append(append(dst, s[done:i]...), `\u202`...)
				dst = append(dst, hexDigits[r&0xF])
			default:
				i += n
				continue
			}
			i += n
			done = i
			continue
		}
		dst = append(dst, s[done:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xF])
		}
		i++
		done = i
	}
	dst = append(dst, s[done:]...)
	return append(dst, '"')
}
