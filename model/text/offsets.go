package text

import (
	"sort"
	"unicode/utf8"
)

// offsets maps byte offsets of a text to byte offsets of the source from which it was made. It is kept as runs, one
// for every stretch over which the two advance alike, so plain prose with a few entities costs a few runs.
type offsets struct {
	text string
	size int   // bytes of the source
	runs []run // ascending in text and in source; the first begins at text 0 unless the text is empty
}

// run says how the text from one offset up to the next run stands in the source.
type run struct {
	text, source int // where the run begins, in bytes
	// width is verbatim, wide or invalid, or else the positive number of source bytes that the whole run stands for.
	width int
}

const (
	verbatim = -iota // byte for byte
	wide             // UTF-16: two source bytes for each code unit
	invalid          // one source byte for each U+FFFD
)

// wideRun bounds the text bytes of a wide run, which a lookup has to walk.
const wideRun = 256

// replacementSize is the length of U+FFFD in UTF-8.
const replacementSize = len(string(utf8.RuneError))

// at returns the run that holds text byte i.
func (o *offsets) at(i int) run {
	return o.runs[sort.Search(len(o.runs), func(k int) bool { return o.runs[k].text > i })-1]
}

// start returns the source offset at which the character at text offset i begins; the end of the text is the end of
// the source.
func (o *offsets) start(i int) int {
	if i >= len(o.text) {
		return o.size
	}
	r := o.at(i)
	switch r.width {
	case verbatim:
		return r.source + i - r.text
	case wide:
		for !utf8.RuneStart(o.text[i]) {
			i--
		}
		return r.source + 2*Offset(o.text[r.text:i], i-r.text, UTF16)
	case invalid:
		return r.source + (i-r.text)/replacementSize
	default:
		return r.source
	}
}

// end returns the source offset just past the character that holds text byte i-1, for 0 < i <= len(text). It differs
// from start(i) where source bytes between two characters are not part of the text, such as a tag.
func (o *offsets) end(i int) int {
	r := o.at(i - 1)
	switch r.width {
	case verbatim:
		return r.source + i - r.text
	case wide:
		for i < len(o.text) && !utf8.RuneStart(o.text[i]) {
			i++
		}
		return r.source + 2*Offset(o.text[r.text:i], i-r.text, UTF16)
	case invalid:
		return r.source + (i-r.text+replacementSize-1)/replacementSize
	default:
		return r.source + r.width
	}
}

// builder collects a text together with its runs.
type builder struct {
	text []byte
	runs []run
}

// mark says that what is appended next stands at source in the way of width. A run that goes on is not repeated.
func (b *builder) mark(source, width int) {
	if n := len(b.runs); n > 0 {
		last := b.runs[n-1]
		switch done := len(b.text) - last.text; {
		case last.width != width:
		case width == verbatim && last.source+done == source,
			width == invalid && last.source+done/replacementSize == source,
			width == wide && done < wideRun:
			return
		}
	}
	b.runs = append(b.runs, run{text: len(b.text), source: source, width: width})
}

// offsets returns the finished text and its map onto a source of size bytes.
func (b *builder) offsets(size int) *offsets {
	return &offsets{text: string(b.text), size: size, runs: b.runs}
}
