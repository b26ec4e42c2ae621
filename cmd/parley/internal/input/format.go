package input

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Format is how an input is written.
type Format uint8

// The formats of inputs.
const (
	Text Format = iota
	Markdown
	HTML
	JSONL
	CSV
	TSV
	Parquet
)

var formatNames = [...]string{"txt", "md", "html", "jsonl", "csv", "tsv", "parquet"}

// String returns the format's suffix without the dot.
func (f Format) String() string {
	if int(f) < len(formatNames) {
		return formatNames[f]
	}
	return fmt.Sprintf("Format(%d)", uint8(f))
}

// IsDocument tells whether an input of the format is one document.
func (f Format) IsDocument() bool { return f <= HTML }

// Compression is how an input is packed.
type Compression uint8

// The compressions of inputs.
const (
	Plain Compression = iota
	Gzip
	Zstd
)

// suffixes are all suffixes that name a format.
var suffixes = map[string]Format{
	".txt": Text, ".text": Text, ".md": Markdown, ".markdown": Markdown, ".html": HTML, ".htm": HTML, ".xhtml": HTML,
	".jsonl": JSONL, ".ndjson": JSONL, ".csv": CSV, ".tsv": TSV, ".parquet": Parquet,
}

// accepted is what messages name.
const accepted = ".txt, .md, .html, .jsonl, .csv, .tsv or .parquet, each also with .gz or .zst"

// Detect tells format and compression by the suffix of a path, in any case. A
// name without any suffix is read as text.
func Detect(path string) (Format, Compression, error) {
	name := strings.ToLower(filepath.Base(path))
	pack := Plain
	switch ext := filepath.Ext(name); ext {
	case ".gz":
		pack, name = Gzip, strings.TrimSuffix(name, ext)
	case ".zst", ".zstd":
		pack, name = Zstd, strings.TrimSuffix(name, ext)
	}
	ext := filepath.Ext(name)
	if ext == "" || ext == name {
		return Text, pack, nil
	}
	f, ok := suffixes[ext]
	if !ok {
		return 0, 0, fmt.Errorf("suffix %q is not known (want %s; or say --input-format)", ext, accepted)
	}
	return f, pack, nil
}

// ParseFormat reads the name of a format, "jsonl" or "jsonl.gz".
func ParseFormat(name string) (Format, Compression, error) {
	pack := Plain
	base := strings.ToLower(name)
	switch {
	case strings.HasSuffix(base, ".gz"):
		base, pack = strings.TrimSuffix(base, ".gz"), Gzip
	case strings.HasSuffix(base, ".zst"):
		base, pack = strings.TrimSuffix(base, ".zst"), Zstd
	}
	if f, ok := suffixes["."+base]; ok {
		return f, pack, nil
	}
	return 0, 0, fmt.Errorf("unknown input format %q (want txt, md, html, jsonl, csv, tsv or parquet, each also with .gz or .zst)", name)
}
