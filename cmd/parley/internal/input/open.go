package input

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Source names an input and how to read it.
type Source struct {
	// Path is the file, or "-" for standard input.
	Path string
	// Format and Compression say how it is written.
	Format      Format
	Compression Compression
	// Stdin is read for the path "-".
	Stdin io.Reader
	// Read, if set, is increased by the bytes that are read, as they are packed.
	Read *atomic.Int64
	// Err, if set, is why the input cannot be opened.
	Err error
}

// Name is the name of the input in ids and messages: the path, "stdin" for "-".
func (s *Source) Name() string {
	if s.Path == "-" {
		return "stdin"
	}
	return s.Path
}

// Open opens the input. The fields matter for formats of one document a row.
// The errors of Open and of the reader name the input.
func (s *Source) Open(fields Fields) (Reader, error) {
	r, err := s.open(fields.withDefaults())
	if err != nil {
		return nil, s.wrap(err)
	}
	return r, nil
}

// Plain opens the input as the bytes that are packed in it.
func (s *Source) Plain() (io.ReadCloser, error) {
	file := s.Stdin
	closers := &closeAll{}
	if s.Err != nil {
		return nil, s.wrap(s.Err)
	}
	if s.Path != "-" {
		f, err := os.Open(s.Path)
		if err != nil {
			return nil, s.wrap(err)
		}
		*closers = append(*closers, f.Close)
		file = f
	}
	in, err := s.unpack(file, closers)
	if err != nil {
		return nil, s.wrap(errors.Join(err, closers.Close()))
	}
	return struct {
		io.Reader
		io.Closer
	}{in, closers}, nil
}

// wrap puts the name of the input before an error.
func (s *Source) wrap(err error) error {
	if path, ok := err.(*os.PathError); ok { //nolint:errorlint // what wraps it says more
		err = path.Err
	}
	return fmt.Errorf("%s: %w", s.Name(), err)
}

func (s *Source) open(fields Fields) (Reader, error) {
	if s.Err != nil {
		return nil, s.Err
	}
	file := s.Stdin
	closers := closeAll{}
	if s.Path != "-" {
		f, err := openFile(s.Path)
		if err != nil {
			return nil, err
		}
		closers = append(closers, f.Close)
		file = f
	}
	r, err := s.reader(file, &closers, fields)
	if err != nil {
		return nil, errors.Join(err, closers.Close())
	}
	return r, nil
}

// openFile opens a file that is no directory.
func openFile(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = errors.New("is a directory (name its files, or say --recursive)")
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// reader puts the reader of the format upon the opened file.
func (s *Source) reader(file io.Reader, closers *closeAll, fields Fields) (Reader, error) {
	plain, err := s.unpack(file, closers)
	if err != nil {
		return nil, err
	}
	switch s.Format {
	case JSONL, CSV, TSV:
		in, err := decodeRows(plain)
		if err != nil {
			return nil, err
		}
		if s.Format == JSONL {
			return newLines(s, in, jsonRows(s.Name(), fields), closers), nil
		}
		return newTable(s, in, fields, closers)
	case Parquet:
		return newParquet(s, plain, file, fields, closers)
	default:
		return &documentReader{source: s, in: plain, closers: closers}, nil
	}
}

// unpack puts the decompressor upon the file. A file whose first bytes are of
// another packing than its name says is an error that says so.
func (s *Source) unpack(file io.Reader, closers *closeAll) (io.Reader, error) {
	if s.Read != nil {
		file = &meter{file, s.Read}
	}
	in := bufio.NewReaderSize(file, 64<<10)
	head, err := in.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	found := packing(head)
	if found != s.Compression {
		switch {
		case len(head) == 0:
			return nil, fmt.Errorf("not %s: it is empty", packNames[s.Compression])
		case s.Compression != Plain:
			return nil, fmt.Errorf("not %s: it begins with %x", packNames[s.Compression], head)
		case found != Plain:
			return nil, fmt.Errorf("content is %s (its name should end in %s; or say --input-format %s%s)",
				packNames[found], packSuffixes[found], s.Format, packSuffixes[found])
		}
	}
	switch s.Compression {
	case Gzip:
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, damaged("gzip", err)
		}
		return &unpacker{z, "gzip"}, nil
	case Zstd:
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, fmt.Errorf("zstd: %w", err)
		}
		*closers = append(*closers, func() error { z.Close(); return nil })
		return &unpacker{z, "zstd"}, nil
	}
	return in, nil
}

// maxWindow bounds the memory that a zstd frame can ask for; `zstd --long` uses
// as much.
const maxWindow = 128 << 20

var (
	packNames    = [...]string{"not compressed", "gzip", "zstd"}
	packSuffixes = [...]string{"", ".gz", ".zst"}
)

func packing(head []byte) Compression {
	switch {
	case bytes.HasPrefix(head, []byte{0x1F, 0x8B}):
		return Gzip
	case bytes.HasPrefix(head, []byte{0x28, 0xB5, 0x2F, 0xFD}),
		len(head) >= 4 && head[0]&0xF0 == 0x50 && bytes.Equal(head[1:4], []byte{0x2A, 0x4D, 0x18}): // a skippable frame
		return Zstd
	}
	return Plain
}

// meter counts what is read.
type meter struct {
	io.Reader
	n *atomic.Int64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	m.n.Add(int64(n))
	return n, err
}

// unpacker names the decompressor in its errors.
type unpacker struct {
	io.Reader
	name string
}

func (u *unpacker) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = damaged(u.name, err)
	}
	return n, err
}

func damaged(name string, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s data is truncated", name)
	}
	return fmt.Errorf("%s data is damaged: %w", name, err)
}

// decodeRows skips a byte order mark and turns UTF-16 into UTF-8. Content that
// is neither, but binary, is an error.
func decodeRows(in io.Reader) (io.Reader, error) {
	buf, ok := in.(*bufio.Reader)
	if !ok {
		buf = bufio.NewReaderSize(in, 64<<10)
	}
	// One read decides, so that rows from a pipe are scored as they come.
	if _, err := buf.Peek(2); err != nil && err != io.EOF {
		return nil, err
	}
	head, _ := buf.Peek(min(buf.Buffered(), 512))
	switch {
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE, 0, 0}):
		return nil, errors.New("content is UTF-32 (want UTF-8, or UTF-16 with a byte order mark)")
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}), bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return transform.NewReader(buf, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder()), nil
	case bytes.HasPrefix(head, []byte("\uFEFF")):
		_, err := buf.Discard(3)
		return buf, err
	case isBinary(head):
		return nil, errors.New("content is binary, not text")
	}
	return buf, nil
}

// isBinary reports whether a file that begins so holds no rows: a NUL stands in
// its first line, or among many control characters. Another NUL is the fault of
// its row.
func isBinary(head []byte) bool {
	at := bytes.IndexByte(head, 0)
	if at < 0 {
		return false
	}
	controls := 0
	for _, c := range head {
		if c < ' ' && (c < '\t' || c > '\r') {
			controls++
		}
	}
	return bytes.IndexByte(head[:at], '\n') < 0 || controls > 2+len(head)/32
}

// closeAll closes in reverse order and returns the first error.
type closeAll []func() error

// Close closes everything once.
func (c *closeAll) Close() error {
	var first error
	for i := len(*c) - 1; i >= 0; i-- {
		if err := (*c)[i](); err != nil && first == nil {
			first = err
		}
	}
	*c = nil
	return first
}
