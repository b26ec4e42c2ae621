package text

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

func TestDecodeHTML(t *testing.T) {
	tests := []struct{ name, content, want string }{
		{"empty", "", ""},
		{"no markup", "Talks resume", "Talks resume"},
		{"whitespace", "  Talks \n\t resume\r\n", "Talks resume"},
		{"inline elements", "<b>Ta</b>lks <i>re</i>sume", "Talks resume"},
		{"space beside a tag", "one <b>two</b> three<i> four</i>", "one two three four"},
		{"space on both sides of a tag", "one <b> two", "one two"},
		{"paragraphs", "<p>one</p><p>two", "one\n\ntwo"},
		{"nested blocks make one break", "<div><section><p>one</p></section></div><ul><li>two", "one\n\ntwo"},
		{"heading", "<h1>Head</h1>text", "Head\n\ntext"},
		{"list", "<ul><li>a<li>b</ul>", "a\n\nb"},
		{"table", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</table>", "a\n\nb\n\nc"},
		{"figure", "<figure><img alt='x' title='y'><figcaption>Caption</figcaption></figure>Text", "Caption\n\nText"},
		{"br", "one<br>two<br/>three</br>four", "one\ntwo\nthree\nfour"},
		{"two br", "one<br> <br>two<br><br><br>three", "one\n\ntwo\n\nthree"},
		{"upper case tags", "<P>one<BR>two</P><SCRIPT>x</SCRIPT>", "one\ntwo"},
		{"entities", "&lt;AT&amp;T&gt; &quot;x&quot; &eacute;&#233;&#xE9;", "<AT&T> \"x\" ééé"},
		{"Arabic entities", "&#1587;&#1604;&#x627;&#1605;", "سلام"},
		{"no-break space stays", "a&nbsp;b", "a\u00a0b"},
		{"newline as an entity", "a&#10;&NewLine;b", "a b"},
		{"entity without semicolon", "AT&ampT &copyright &notit;", "AT&T ©right ¬it;"},
		{"semicolon as an entity", "a&semi;b&#59;c", "a;b;c"},
		{"two characters of one entity", "&NotEqualTilde;!", "≂̸!"},
		{"longest entity", "&CounterClockwiseContourIntegral;!", "∳!"},
		{"no entity", "R&D &; &# &#x; &#; &bogus; & c &", "R&D &; &# &#x; &#; &bogus; & c &"},
		{"bad code points", "&#0; &#xD800; &#x110000; &#99999999999999999999;", "\uFFFD \uFFFD \uFFFD \uFFFD"},
		{"Windows-1252 code points", "&#146;s", "’s"},
		{"script and style", "a<script>if (x<y) '</p>'</script>b<style>p{}</style>c", "abc"},
		{"comment and doctype", "<!DOCTYPE html><!-- <p>no --><p>yes<![CDATA[x]]>", "yes"},
		{"head", "<html><head><title>T</title><meta name=x></head><body>B</body></html>", "B"},
		{"head left open", "<head><title>T</title><meta name=x><body>B", "B"},
		{"head closed by text", "<head> <link rel=x> Text", "Text"},
		{"title without head", "<title>T</title>B", "B"},
		{"noscript, iframe, textarea", "<noscript>n</noscript><iframe>i</iframe><textarea>t</textarea>x", "x"},
		{"template", "<template><p>no<template>no</template>no</template>yes", "yes"},
		{"svg with a title", "<svg><title/><path/></svg>text", "text"},
		{"svg closing itself", "<svg/>text", "text"},
		{"video never closed", "<video>text<video>more", "textmore"},
		{"select and option", "<select><option>a<option>b</select>text", "text"},
		{"script never closed", "text<script>rest", "text"},
		{"pre", "<pre>a\n  b\r\nc</pre>d  e", "a\n  b\r\nc\n\nd e"},
		{"pre closed twice", "<pre>a </pre></pre>b  c", "a \n\nb c"},
		{"cut tag", "one <b class=", "one"},
		{"less than", "1 < 2 and 2<3", "1 < 2 and 2<3"},
		{"stray end tags", "</p></div>one</b>", "one"},
		{"duplicate attributes", `<p a=1 a=2 "'>one`, "one"},
		{"unknown elements", "<x-a>one</x-a><blink>two</blink>", "onetwo"},
		{"invalid bytes", "<p>caf\xe9</p>", "caf\uFFFD"},
		{"BOM", "\uFEFF<p>x", "x"},
		{"UTF-16", string(utf16Bytes("<p>سلام &amp; خبز</p>", false)), "سلام & خبز"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := decode(t, tt.content, HTML)
			assert.Equal(t, tt.want, d.Text)
			checkDocument(t, d, []byte(tt.content))
		})
	}
}

func TestHTMLSourceSpan(t *testing.T) {
	tests := []struct{ name, content, span, want string }{
		{"plain", "<p>one two</p>", "two", "two"},
		{"entity at the end", "<p>AT&amp;T &amp; R&amp;</p>", "R&", "R&amp;"},
		{"entity at the beginning", "<p>x &lt;one", "<one", "&lt;one"},
		{"entity alone", "a &amp; b", "&", "&amp;"},
		{"entity of two characters", "a &NotEqualTilde; b", "≂", "&NotEqualTilde;"},
		{"tag behind is outside", "one <b>two</b> three", "two", "two"},
		{"tag within is inside", "one <b>tw</b>o three", "two", "tw</b>o"},
		{"collapsed whitespace", "one \n  two three", "one two", "one \n  two"},
		{"single newline", "one\ntwo", "one two", "one\ntwo"},
		{"across a break", "<p>one</p>\n<p>two</p>", "one\n\ntwo", "one</p>\n<p>two"},
		{"dropped script", "on<script>x</script>e", "one", "on<script>x</script>e"},
		{"invalid bytes", "<p>\xe9\xe8</p>", "\uFFFD\uFFFD", "\xe9\xe8"},
		{"behind a BOM", "\uFEFF<p>one</p>", "one", "one"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := decode(t, tt.content, HTML)
			at := strings.Index(d.Text, tt.span)
			require.GreaterOrEqual(t, at, 0, d.Text)
			start, end := d.SourceSpan(at, at+len(tt.span))
			assert.Equal(t, tt.want, tt.content[start:end])
			start, end = d.SourceSpan(at, at)
			assert.Equal(t, start, end, "empty span")
			assert.Equal(t, d.Source(at), start)
		})
	}
}

func TestHTMLSourceSpanUTF16(t *testing.T) {
	content := utf16Bytes("<p>خبز &amp; ملح</p>", true)
	d := decode(t, string(content), HTML)
	at := strings.Index(d.Text, "&")
	start, end := d.SourceSpan(at, at+1)
	assert.Equal(t, "\x00&\x00a\x00m\x00p\x00;", string(content[start:end]))
}

func TestHTMLRunsAreShared(t *testing.T) {
	d := decode(t, strings.Repeat("word and word\n", 100), HTML)
	assert.Len(t, d.markup.runs, 1, "one whitespace byte for another goes on byte for byte")
}

// TestHTMLLinear feeds markup that would not end in time if the rest of the page were searched for each element.
func TestHTMLLinear(t *testing.T) {
	for _, piece := range []string{"<svg>", "<video></x>", "&", "&not", "<", "</", "<p", "<!--", "<pre>", "<head>"} {
		decode(t, strings.Repeat(piece, 1<<18/len(piece)), HTML)
	}
}

// TestTokenizerKeepsOffsets checks the assumption that raw tokens laid end to end are the input.
func TestTokenizerKeepsOffsets(t *testing.T) {
	const content = "<!doctype html><P Class=X>a&amp;b<br/>\r\n<!-- c --><script><b></script><?pi?></3></p >< x<title>t"
	z := html.NewTokenizer(strings.NewReader(content))
	at := 0
	for z.Next() != html.ErrorToken {
		n := len(z.Raw())
		assert.Equal(t, strings.ToLower(content[at:at+n]), strings.ToLower(string(z.Raw())))
		at += n
	}
	assert.Equal(t, len(content), at)
}

func TestElementsAreConsistent(t *testing.T) {
	for name := range rawElements {
		assert.Equal(t, drop, elements[name], name)
	}
	for name := range elements {
		assert.Equal(t, strings.ToLower(name), name)
	}
}
