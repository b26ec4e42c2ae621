package rows

import (
	"math"
	"math/bits"
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
	dst = appendText(dst, r.Text)
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
		dst = appendString(dst, p.Abstained)
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
		dst = appendText(dst, v.Text)
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

// appendString appends s as a JSON string. Invalid bytes become U+FFFD.
func appendString(dst []byte, s string) []byte {
	if utf8.ValidString(s) {
		return appendText(dst, s)
	}
	dst = append(dst, '"')
	for from, i := 0, 0; i <= len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n < 2 { // an invalid byte, or the end
			dst = appendEscaped(dst, s[from:i])
			if n == 0 {
				break
			}
			dst = append(dst, `\ufffd`...)
			from = i + 1
		}
		i += n
	}
	return append(dst, '"')
}

// appendText is appendString for valid UTF-8.
func appendText(dst []byte, s string) []byte {
	return append(appendEscaped(append(dst, '"'), s), '"')
}

// appendEscaped appends valid UTF-8 as it stands within a JSON string. The two
// line separators of Unicode are escaped, since some readers take them for the end
// of a line.
func appendEscaped(dst []byte, s string) []byte {
	const (
		ones = 0x0101010101010101
		high = 0x80 * ones
	)
	done := 0
	for i := 0; i < len(s); i++ {
		for i+8 <= len(s) { // skips what is plain eight bytes at a time
			x := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
				uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
			quote, backslash, sep := x^'"'*ones, x^'\\'*ones, x^separator*ones
			// The lowest byte that is marked is one that is meant; those above it may be marked by a carry.
			found := ((x-' '*ones)&^x | (quote-ones)&^quote | (backslash-ones)&^backslash | (sep-ones)&^sep) & high
			i += bits.TrailingZeros64(found) / 8
			if found != 0 {
				break
			}
		}
		if i == len(s) {
			break
		}
		c := s[i]
		if c != separator && c != '"' && c != '\\' && c >= ' ' {
			continue
		}
		if c == separator && (s[i:i+2] != "\u2028"[:2] || s[i+2]&^1 != "\u2028"[2]) {
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
		case separator:
			dst = append(dst, `\u202`...)
			dst = append(dst, hexDigits[s[i+2]&0xF])
			i += 2
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xF])
		}
		done = i + 1
	}
	return append(dst, s[done:]...)
}

// separator is the first byte of U+2028 and U+2029, and of other characters.
const separator = 0xE2
