package rows

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// parquetRow is a row as its columns: typed, with the evidence as a list of
// structs, and the extra fields as a JSON column.
type parquetRow struct {
	ID        string        `parquet:"id,zstd"`
	Paragraph int64         `parquet:"paragraph,zstd"`
	Start     int64         `parquet:"start,zstd"`
	End       int64         `parquet:"end,zstd"`
	Language  string        `parquet:"language,zstd,dict"`
	Text      string        `parquet:"text,zstd"`
	Stance    parquetStance `parquet:"stance"`
	Tone      parquetTone   `parquet:"tone"`
	Model     string        `parquet:"model,zstd,dict"`
	Extra     string        `parquet:"extra,zstd,json"`
}

type parquetStance struct {
	Label         string              `parquet:"label,zstd,dict"`
	Confidence    float64             `parquet:"confidence,zstd"`
	Score         float64             `parquet:"score,zstd"`
	Probabilities StanceProbabilities `parquet:"probabilities"`
	Evidence      []parquetEvidence   `parquet:"evidence,list"`
	Abstained     *string             `parquet:"abstained,zstd,dict,optional"`
}

type parquetTone struct {
	Label         string            `parquet:"label,zstd,dict"`
	Confidence    float64           `parquet:"confidence,zstd"`
	Score         float64           `parquet:"score,zstd"`
	Probabilities ToneProbabilities `parquet:"probabilities"`
	Evidence      []parquetEvidence `parquet:"evidence,list"`
	Abstained     *string           `parquet:"abstained,zstd,dict,optional"`
}

type parquetEvidence struct {
	Start  int64   `parquet:"start,zstd"`
	End    int64   `parquet:"end,zstd"`
	Text   string  `parquet:"text,zstd"`
	Label  string  `parquet:"label,zstd,dict"`
	Weight float64 `parquet:"weight,zstd"`
	Holder string  `parquet:"holder,zstd,dict"`
}

func toParquet(r *Row) parquetRow {
	out := parquetRow{
		ID: r.ID, Paragraph: int64(r.Paragraph), Start: int64(r.Start), End: int64(r.End),
		Language: r.Language, Text: r.Text, Model: r.Model, Extra: string(r.Extra),
		Stance: parquetStance{
			r.Stance.Label, r.Stance.Confidence, r.Stance.Score, r.Stance.Probabilities,
			evidenceToParquet(r.Stance.Evidence), optional(r.Stance.Abstained),
		},
		Tone: parquetTone{
			r.Tone.Label, r.Tone.Confidence, r.Tone.Score, r.Tone.Probabilities,
			evidenceToParquet(r.Tone.Evidence), optional(r.Tone.Abstained),
		},
	}
	if out.Extra == "" {
		out.Extra = "{}"
	}
	return out
}

func evidenceToParquet(evidence []Evidence) []parquetEvidence {
	out := make([]parquetEvidence, len(evidence))
	for i, v := range evidence {
		out[i] = parquetEvidence{int64(v.Start), int64(v.End), v.Text, v.Label, v.Weight, v.Holder}
	}
	return out
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (p *parquetRow) row() Row {
	r := Row{
		ID: p.ID, Paragraph: int(p.Paragraph), Start: int(p.Start), End: int(p.End),
		Language: p.Language, Text: p.Text, Model: p.Model, Extra: []byte(p.Extra),
	}
	r.Stance.Probabilities, r.Tone.Probabilities = p.Stance.Probabilities, p.Tone.Probabilities
	r.Stance.Prediction = predictionOf(p.Stance.Label, p.Stance.Confidence, p.Stance.Score, p.Stance.Evidence, p.Stance.Abstained)
	r.Tone.Prediction = predictionOf(p.Tone.Label, p.Tone.Confidence, p.Tone.Score, p.Tone.Evidence, p.Tone.Abstained)
	return r
}

func predictionOf(label string, confidence, score float64, evidence []parquetEvidence, abstained *string) Prediction {
	p := Prediction{Label: label, Confidence: confidence, Score: score}
	if abstained != nil {
		p.Abstained = *abstained
	}
	for _, v := range evidence {
		p.Evidence = append(p.Evidence, Evidence{int(v.Start), int(v.End), v.Text, v.Label, v.Weight, v.Holder})
	}
	return p
}

const (
	parquetMagic = "PAR1"
	// groupRows and groupBytes bound a row group. They depend on the rows alone,
	// so that the same rows always make the same file.
	groupRows  = 8192
	groupBytes = 32 << 20
)

// ParquetWriter writes Parquet with a row group at a time, each of them
// compressed with zstd.
//
// Between row groups it leaves the thrift description of the group and its
// length, which readers of the finished file skip. They let a run that was cut
// off after any group go on: see [ResumeParquet].
type ParquetWriter struct {
	w      io.Writer
	offset int64
	rows   []parquetRow
	size   int // bytes of text in rows
	groups []format.RowGroup
	meta   *format.FileMetaData // of a file without rows
	buf    bytes.Buffer
}

// NewParquetWriter returns a writer of a new file.
func NewParquetWriter(w io.Writer) (*ParquetWriter, error) {
	p := &ParquetWriter{w: w}
	f, err := p.encode()
	if err != nil {
		return nil, err
	}
	p.meta = f.Metadata()
	return p, nil
}

// encode makes a whole file of the rows that are held, in buf. The encoder is
// made anew each time, because one that is used again carries over what
// changes the bytes.
func (p *ParquetWriter) encode() (*parquet.File, error) {
	p.buf.Reset()
	enc := parquet.NewGenericWriter[parquetRow](&p.buf,
		parquet.CreatedBy("parley", "1", ""), parquet.MaxRowsPerRowGroup(groupRows),
		parquet.SkipPageBounds("text"), parquet.SkipPageBounds("extra"))
	if _, err := enc.Write(p.rows); err != nil {
		return nil, err
	}
	if err := enc.Close(); err != nil {
		return nil, err
	}
	clear(p.rows)
	p.rows, p.size = p.rows[:0], 0
	return parquet.OpenFile(bytes.NewReader(p.buf.Bytes()), int64(p.buf.Len()), parquet.SkipPageIndex(true))
}

// ResumeParquet returns a writer that goes on after the first size bytes of an
// unfinished file, where a row group ends.
func ResumeParquet(w io.Writer, file io.ReaderAt, size int64) (*ParquetWriter, error) {
	p, err := NewParquetWriter(w)
	if err != nil {
		return nil, err
	}
	p.offset = size
	for at := size; at > int64(len(parquetMagic)); {
		g, err := groupBefore(file, at)
		if err != nil {
			return nil, fmt.Errorf("unfinished parquet file: %w", err)
		}
		p.groups = append(p.groups, g)
		at = g.FileOffset
	}
	for i, j := 0, len(p.groups)-1; i < j; i, j = i+1, j-1 {
		p.groups[i], p.groups[j] = p.groups[j], p.groups[i]
	}
	return p, nil
}

// groupBefore reads the description of the row group that ends at an offset.
func groupBefore(file io.ReaderAt, at int64) (format.RowGroup, error) {
	var g format.RowGroup
	var length [4]byte
	if _, err := file.ReadAt(length[:], at-4); err != nil {
		return g, err
	}
	n := int64(binary.LittleEndian.Uint32(length[:]))
	if n > at-4 {
		return g, errors.New("a row group is described by more bytes than there are")
	}
	data := make([]byte, n)
	if _, err := file.ReadAt(data, at-4-n); err != nil {
		return g, err
	}
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), data, &g); err != nil {
		return g, err
	}
	if g.FileOffset < int64(len(parquetMagic)) || g.FileOffset >= at-4-n {
		return g, errors.New("a row group is described that does not fit")
	}
	return g, nil
}

// Write implements [Writer].
func (p *ParquetWriter) Write(r *Row, _ []byte) error {
	p.rows = append(p.rows, toParquet(r))
	p.size += len(r.Text) + len(r.Extra)
	if len(p.rows) < groupRows && p.size < groupBytes {
		return nil
	}
	return p.group()
}

// Whole implements [Writer].
func (p *ParquetWriter) Whole() bool { return len(p.rows) == 0 }

// Flush implements [Writer]. Rows wait until their group is full.
func (p *ParquetWriter) Flush() error { return nil }

func (p *ParquetWriter) write(b []byte) error {
	n, err := p.w.Write(b)
	p.offset += int64(n)
	return err
}

// group writes the rows that are held as a row group: it is encoded as a file
// of its own, of which the data are kept and the offsets moved.
func (p *ParquetWriter) group() error {
	if p.offset == 0 {
		if err := p.write([]byte(parquetMagic)); err != nil {
			return err
		}
	}
	f, err := p.encode()
	if err != nil {
		return err
	}
	if n := len(f.Metadata().RowGroups); n != 1 {
		return fmt.Errorf("%d row groups were encoded, want 1", n)
	}
	g := f.Metadata().RowGroups[0]
	end := p.move(&g)
	if err := p.write(p.buf.Bytes()[len(parquetMagic):end]); err != nil {
		return err
	}
	p.groups = append(p.groups, g)
	description, err := thrift.Marshal(new(thrift.CompactProtocol), &g)
	if err != nil {
		return err
	}
	return p.write(binary.LittleEndian.AppendUint32(description, uint32(len(description))))
}

// move turns the offsets of a group that stood alone in a file into those that
// it will have, and returns where its data end in the file of its own. The page
// index, whose offsets would be wrong, is left out.
func (p *ParquetWriter) move(g *format.RowGroup) (end int64) {
	by := p.offset - int64(len(parquetMagic))
	g.FileOffset = p.offset
	g.Ordinal = int16(len(p.groups))
	for i := range g.Columns {
		c := &g.Columns[i]
		if end == 0 || c.ColumnIndexOffset < end {
			end = c.ColumnIndexOffset
		}
		c.ColumnIndexOffset, c.ColumnIndexLength = 0, 0
		c.OffsetIndexOffset, c.OffsetIndexLength = 0, 0
		if c.FileOffset != 0 {
			c.FileOffset += by
		}
		c.MetaData.DataPageOffset += by
		if c.MetaData.DictionaryPageOffset != 0 {
			c.MetaData.DictionaryPageOffset += by
		}
	}
	return end
}

// Close implements [Writer]: it writes the last group and the footer.
func (p *ParquetWriter) Close() error {
	if len(p.rows) > 0 || p.offset == 0 {
		if len(p.rows) > 0 {
			if err := p.group(); err != nil {
				return err
			}
		} else if err := p.write([]byte(parquetMagic)); err != nil {
			return err
		}
	}
	meta := *p.meta
	meta.RowGroups = p.groups
	for i := range p.groups {
		meta.NumRows += p.groups[i].NumRows
	}
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &meta)
	if err != nil {
		return err
	}
	footer = binary.LittleEndian.AppendUint32(footer, uint32(len(footer)))
	return p.write(append(footer, parquetMagic...))
}
