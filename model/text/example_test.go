package text_test

import (
	"fmt"
	"log"

	"github.com/parley-nlp/parley/model/text"
)

func ExampleDecode() {
	content := []byte("<h1>Truce</h1><p>Guns fell silent in Homs &amp; Hama.</p>")
	d, err := text.Decode(content, text.HTML)
	if err != nil {
		log.Fatal(err)
	}
	for p := range text.EachParagraph(d.Text) {
		start, end := d.SourceSpan(p.Start, p.End)
		fmt.Printf("%q was sent as %q\n", p.In(d.Text), content[start:end])
	}
	// Output:
	// "Truce" was sent as "Truce"
	// "Guns fell silent in Homs & Hama." was sent as "Guns fell silent in Homs &amp; Hama."
}

// Offsets for a program that counts in UTF-16 code units, as Java and JavaScript
// do.
func ExampleConverter() {
	const s = "😀 قال"
	c := text.NewConverter(s, text.UTF16)
	fmt.Println(c.Offset(5), c.Offset(len(s)))
	// Output:
	// 3 6
}

func ExampleDetect() {
	for _, s := range []string{"The talks resumed.", "استؤنفت المحادثات.", "Les pourparlers ont repris dans la ville.", "1999"} {
		fmt.Println(text.Detect(s))
	}
	// Output:
	// en
	// ar
	// other
	// other
}

func ExampleNormalize() {
	fmt.Println(text.Normalize("Assad's"), text.Normalize("الأســدُ"))
	// Output:
	// assad الاسد
}
