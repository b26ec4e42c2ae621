package rows

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// blockBytes is how much is compressed as one member or frame. A file can be
// cut after any of them and continued, which resuming needs.
const blockBytes = 1 << 20

// blockWriter compresses encoded rows in blocks whose ends depend on the rows
// alone, so that the same rows always make the same file.
type blockWriter struct {
	w      io.Writer
	pack   func(dst *bytes.Buffer, block []byte) error
	header []byte
	block  []byte
	out    bytes.Buffer
	some   bool // something has been written
}

// NewGzipWriter returns the writer of rows that a encodes, with gzip. A writer
// that goes on with a file is resumed and writes no header.
func NewGzipWriter(w io.Writer, a Appender, resumed bool) Writer {
	z := gzip.NewWriter(nil)
	return newBlockWriter(w, a, resumed, func(dst *bytes.Buffer, block []byte) error {
		z.Reset(dst)
		if _, err := z.Write(block); err != nil {
			return err
		}
		return z.Close()
	})
}

// NewZstdWriter is like [NewGzipWriter], with zstd.
func NewZstdWriter(w io.Writer, a Appender, resumed bool) (Writer, error) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithZeroFrames(true), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return nil, err
	}
	var buf []byte
	return newBlockWriter(w, a, resumed, func(dst *bytes.Buffer, block []byte) error {
		buf = z.EncodeAll(block, buf[:0])
		_, err := dst.Write(buf)
		return err
	}), nil
}

func newBlockWriter(w io.Writer, a Appender, resumed bool, pack func(*bytes.Buffer, []byte) error) *blockWriter {
	b := &blockWriter{w: w, pack: pack, some: resumed}
	if !resumed {
		b.header = a.Header()
	}
	return b
}

// Write implements [Writer].
func (b *blockWriter) Write(_ *Row, encoded []byte) error {
	b.block = append(append(b.block, b.header...), encoded...)
	b.header = nil
	if len(b.block) < blockBytes {
		return nil
	}
	return b.end()
}

func (b *blockWriter) end() error {
	b.out.Reset()
	if err := b.pack(&b.out, b.block); err != nil {
		return err
	}
	b.block, b.some = b.block[:0], true
	_, err := b.w.Write(b.out.Bytes())
	return err
}

// Whole implements [Writer].
func (b *blockWriter) Whole() bool { return len(b.block) == 0 && b.header == nil }

// Flush implements [Writer]. Rows wait until their block is full.
func (b *blockWriter) Flush() error { return nil }

// Close implements [Writer].
func (b *blockWriter) Close() error {
	b.block = append(b.block, b.header...)
	b.header = nil
	if len(b.block) == 0 && b.some {
		return nil
	}
	return b.end()
}
