// Package text turns the bytes of a news article into paragraphs, sentences and languages, and keeps track of where
// every character came from.
//
// [Decode] reads plain text or HTML and yields a [Document]: readable text in valid UTF-8 and a map from its offsets
// back to the bytes that were sent. [Paragraphs] and [Sentences] find spans in such text, [Detect] names the language
// of a paragraph, and a [Converter] or a [Locator] states offsets in bytes, UTF-16 code units or code points.
//
// Offsets are bytes of UTF-8, zero-based and half-open, unless a name says otherwise. All functions are pure, never
// panic on any input, and are safe for concurrent use; a Converter and a Locator belong to one goroutine.
package text
