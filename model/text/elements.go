package text

// elementKind says what an HTML element does to the text around and in it.
type elementKind uint8

const (
	inline       elementKind = iota // nothing: also every unknown element
	block                           // stands apart from what surrounds it
	preformatted                    // a block that keeps its whitespace
	lineBreak
	drop // left out with all that it holds
)

// elements names every element that is not inline. Buttons, options and the like are blocks here, since their labels
// are no part of the prose beside them.
var elements = map[string]elementKind{
	"address": block, "article": block, "aside": block, "blockquote": block, "body": block, "button": block,
	"caption": block, "center": block, "dd": block, "details": block, "dialog": block, "dir": block, "div": block,
	"dl": block, "dt": block, "fieldset": block, "figcaption": block, "figure": block, "footer": block, "form": block,
	"frameset": block, "h1": block, "h2": block, "h3": block, "h4": block, "h5": block, "h6": block, "header": block,
	"hgroup": block, "hr": block, "legend": block, "li": block, "main": block, "menu": block, "nav": block,
	"ol": block, "p": block, "search": block, "section": block, "summary": block, "table": block, "tbody": block,
	"td": block, "tfoot": block, "th": block, "thead": block, "tr": block, "ul": block,

	"pre": preformatted, "listing": preformatted, "plaintext": preformatted, "xmp": preformatted,

	"br": lineBreak,

	"audio": drop, "canvas": drop, "datalist": drop, "iframe": drop, "math": drop, "noembed": drop, "noframes": drop,
	"noscript": drop, "object": drop, "script": drop, "select": drop, "style": drop, "svg": drop, "template": drop,
	"textarea": drop, "title": drop, "video": drop,
}

// rawElements are the dropped elements whose content the tokenizer takes as one text up to the end tag or the end of
// the input, as browsers do; a slash in their start tag closes nothing.
var rawElements = map[string]bool{
	"iframe": true, "noembed": true, "noframes": true, "noscript": true, "script": true, "style": true,
	"textarea": true, "title": true,
}

// headElements may stand in a head; any other element ends it.
var headElements = map[string]bool{
	"base": true, "basefont": true, "bgsound": true, "head": true, "link": true, "meta": true, "noframes": true,
	"noscript": true, "script": true, "style": true, "template": true, "title": true,
}
