package text

import (
	"strings"

	"golang.org/x/net/html"
)

// htmlReader collects the visible text of markup.
type htmlReader struct {
	raw string
	b   builder
	end int // source offset just past the last character written

	breaks int  // line feeds owed before the next character: 0, 1 after <br>, 2 between blocks
	space  bool // a space is owed instead, when no line feed is

	pre     int  // open <pre> elements
	head    bool // inside <head>
	dropped string
	depth   int             // open elements named dropped
	open    map[string]bool // dropped names that are never closed from here on
}

// readHTML returns the visible text of markup and its map. Whitespace is collapsed to single spaces outside <pre>,
// <br> is a line feed, a block element's edge two. Elements that show no prose (script, head, svg, video, ...) are left
// out with all that they hold, and so are attributes. Style sheets are not read: what they hide is still text here.
func readHTML(raw string) *offsets {
	h := htmlReader{raw: raw}
	z := html.NewTokenizer(strings.NewReader(raw))
	for at := 0; ; {
		kind := z.Next()
		n := len(z.Raw())
		switch kind {
		case html.ErrorToken: // the end, or a tag cut off by it, which browsers drop as well
			return h.b.offsets(len(raw))
		case html.TextToken:
			h.read(raw[at:at+n], at)
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			h.start(string(name), at+n, kind == html.SelfClosingTagToken)
			if kind == html.SelfClosingTagToken && h.dropped != "" && !rawElements[h.dropped] {
				z.NextIsNotRawText() // <title/> inside <svg> is not the beginning of a title
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			h.close(string(name))
		}
		at += n
	}
}

// start handles a start tag that ends at source offset end.
func (h *htmlReader) start(name string, end int, selfClosing bool) {
	if h.dropped != "" {
		if name == h.dropped && !selfClosing {
			h.depth++
		}
		return
	}
	kind := elements[name]
	if h.head && !headElements[name] {
		h.head = false // an element of the body ends a head that was left open
	}
	switch kind {
	case block:
		h.breaks = 2
	case preformatted:
		h.breaks = 2
		h.pre++
	case lineBreak:
		h.breaks = min(h.breaks+1, 2)
	case drop:
		if rawElements[name] || !selfClosing && h.closes(name, end) {
			h.dropped, h.depth = name, 1
		}
	case inline:
		if name == "head" {
			h.head = true
		}
	}
}

// close handles an end tag.
func (h *htmlReader) close(name string) {
	if h.dropped != "" {
		if name == h.dropped {
			if h.depth--; h.depth == 0 {
				h.dropped = ""
			}
		}
		return
	}
	switch elements[name] {
	case block:
		h.breaks = 2
	case preformatted:
		h.breaks = 2
		h.pre = max(0, h.pre-1)
	case lineBreak: // </br> counts as <br>
		h.breaks = min(h.breaks+1, 2)
	case drop, inline:
		h.head = h.head && name != "head"
	}
}

// closes tells whether an end tag for name follows. One that does not must not swallow the rest of the page. A name
// once searched in vain is remembered, so that all searches together stay linear.
func (h *htmlReader) closes(name string, from int) bool {
	if h.open[name] {
		return false
	}
	for rest := h.raw[from:]; ; {
		i := strings.Index(rest, "</")
		if i < 0 {
			break
		}
		rest = rest[i+2:]
		if len(rest) >= len(name) && strings.EqualFold(rest[:len(name)], name) {
			return true
		}
	}
	if h.open == nil {
		h.open = map[string]bool{}
	}
	h.open[name] = true
	return false
}

// read takes a stretch of character data that stands at source offset at.
func (h *htmlReader) read(s string, at int) {
	if h.dropped != "" {
		return
	}
	if h.head {
		if strings.Trim(s, htmlSpace) == "" {
			return
		}
		h.head = false
	}
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case h.pre == 0 && isHTMLSpace(c):
			h.space = true
			i++
		case c == '&':
			decoded, n := entity(s[i:])
			switch {
			case n == 0:
				h.write("&", at+i, verbatim, 1)
				n = 1
			case h.pre == 0 && len(decoded) == 1 && isHTMLSpace(decoded[0]):
				h.space = true
			default:
				h.write(decoded, at+i, n, n)
			}
			i += n
		default:
			j := i + 1
			for j < len(s) && s[j] != '&' && (h.pre > 0 || !isHTMLSpace(s[j])) {
				j++
			}
			h.write(s[i:j], at+i, verbatim, j-i)
			i = j
		}
	}
}

// write appends text that stands for n source bytes at source, after the whitespace that is owed.
func (h *htmlReader) write(text string, source, width, n int) {
	if len(h.b.text) > 0 && (h.space || h.breaks > 0) {
		gap := source - h.end
		if h.breaks == 0 && gap == 1 {
			gap = verbatim // one whitespace byte for another keeps the run going
		}
		h.b.mark(h.end, gap)
		if h.breaks > 0 {
			h.b.text = append(h.b.text, "\n\n"[:h.breaks]...)
		} else {
			h.b.text = append(h.b.text, ' ')
		}
	}
	h.space, h.breaks = false, 0
	h.b.mark(source, width)
	h.b.text = append(h.b.text, text...)
	h.end = source + n
}

const htmlSpace = " \t\n\f\r"

func isHTMLSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }
