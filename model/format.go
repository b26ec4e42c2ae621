package model

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the shipped model
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
)

// A model file is laid out as docs/format.md describes. Format versions:
//
//	1: initial.
const formatVersion = 1

const (
	magic      = "PARLEY\r\n"
	digestSize = sha256.Size
	wordSize   = 8 + 8 + 2 + 2 + 1 + 4*NumOutputs
	sparseSize = 8 + 4*NumOutputs
	maxModel   = 256 << 20 // no file larger than this is read
)

var (
	// ErrCorrupt is returned for bytes that are not a whole model file.
	ErrCorrupt = errors.New("not a model file, or a damaged one")
	// ErrVersion is returned for a model file of a format that this program does
	// not read.
	ErrVersion = errors.New("model file of another format version")
)

// Encode returns the model file. The same parameters give the same bytes.
func (p *Params) Encode() ([]byte, error) {
	info, err := json.Marshal(p.Info)
	if err != nil {
		return nil, fmt.Errorf("encode info: %w", err)
	}
	e := encoder{b: []byte(magic)}
	e.u32(formatVersion)
	e.block(info)
	e.block([]byte(p.Target))
	e.block([]byte(p.Lexicon))
	e.u32(NumTasks)
	for t := range Task(NumTasks) {
		e.block([]byte(strings.Join(t.Labels(), " ")))
	}
	e.f64(p.Bias[:])
	e.u32(uint32(len(p.Words)))
	for i := range p.Words {
		w := &p.Words[i]
		e.u64(w.Hash)
		e.u64(w.Stem)
		e.b = binary.LittleEndian.AppendUint16(e.b, w.Name)
		e.b = binary.LittleEndian.AppendUint16(e.b, w.Lex)
		common := byte(0)
		if w.Common {
			common = 1
		}
		e.b = append(e.b, common)
		e.f32(w.Weights)
	}
	e.u32(uint32(len(p.Sparse)))
	for i := range p.Sparse {
		e.u64(p.Sparse[i].Key)
		e.f32(p.Sparse[i].Weights)
	}
	for i := range p.Languages {
		l := &p.Languages[i]
		for _, d := range [][][NumOutputs]float32{l.Frame, l.Form} {
			e.u32(uint32(len(d)))
			for _, w := range d {
				e.f32(w)
			}
		}
		e.f64(l.Scale[:])
		e.f64(l.Offset[:])
		e.f64(l.Threshold[:])
	}
	sum := sha256.Sum256(e.b)
	return append(e.b, sum[:]...), nil
}

// Load makes a model of the bytes of a model file. It trusts nothing in them:
// the error is ErrCorrupt or ErrVersion, with what was wrong.
func Load(data []byte) (*Model, error) {
	p, err := decode(data)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	m, err := p.build(p.Info.Name + "@sha256:" + hex.EncodeToString(sum[:]))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return m, nil
}

func decode(data []byte) (*Params, error) {
	if len(data) > maxModel || len(data) < len(magic)+4+digestSize || !bytes.HasPrefix(data, []byte(magic)) {
		return nil, fmt.Errorf("%w: no model header", ErrCorrupt)
	}
	if v := binary.LittleEndian.Uint32(data[len(magic):]); v != formatVersion {
		return nil, fmt.Errorf("%w: version %d, this program reads %d", ErrVersion, v, formatVersion)
	}
	body, digest := data[:len(data)-digestSize], data[len(data)-digestSize:]
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:], digest) {
		return nil, fmt.Errorf("%w: checksum does not match", ErrCorrupt)
	}
	d := decoder{b: body[len(magic)+4:]}
	p := &Params{}
	if err := json.Unmarshal(d.block(), &p.Info); err != nil && d.err == nil {
		d.err = fmt.Errorf("info: %w", err)
	}
	p.Target, p.Lexicon = string(d.block()), string(d.block())
	if n := d.u32(); n != NumTasks {
		d.fail("%d tasks, want %d", n, NumTasks)
	}
	for t := range Task(NumTasks) {
		if got, want := string(d.block()), strings.Join(t.Labels(), " "); got != want {
			d.fail("%s has the labels %q, want %q", t, got, want)
		}
	}
	d.f64(p.Bias[:])
	p.Words = make([]WordParams, d.count(wordSize))
	for i := range p.Words {
		w := &p.Words[i]
		w.Hash, w.Stem = d.u64(), d.u64()
		w.Name, w.Lex = d.u16(), d.u16()
		common := d.take(1)[0]
		if common > 1 {
			d.fail("word %d: common is %d, want 0 or 1", i, common)
		}
		w.Common = common == 1
		d.f32(&w.Weights)
	}
	p.Sparse = make([]SparseParams, d.count(sparseSize))
	for i := range p.Sparse {
		p.Sparse[i].Key = d.u64()
		d.f32(&p.Sparse[i].Weights)
	}
	for i := range p.Languages {
		l := &p.Languages[i]
		for _, to := range []*[][NumOutputs]float32{&l.Frame, &l.Form} {
			*to = make([][NumOutputs]float32, d.count(4*NumOutputs))
			for k := range *to {
				d.f32(&(*to)[k])
			}
		}
		d.f64(l.Scale[:])
		d.f64(l.Offset[:])
		d.f64(l.Threshold[:])
	}
	if len(d.b) != 0 {
		d.fail("%d bytes too many", len(d.b))
	}
	if d.err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, d.err)
	}
	return p, nil
}

type encoder struct{ b []byte }

func (e *encoder) u32(x uint32) { e.b = binary.LittleEndian.AppendUint32(e.b, x) }
func (e *encoder) u64(x uint64) { e.b = binary.LittleEndian.AppendUint64(e.b, x) }

func (e *encoder) block(b []byte) {
	e.u32(uint32(len(b)))
	e.b = append(e.b, b...)
}

func (e *encoder) f64(xs []float64) {
	for _, x := range xs {
		e.u64(math.Float64bits(x))
	}
}

func (e *encoder) f32(w [NumOutputs]float32) {
	for _, x := range w {
		e.u32(math.Float32bits(x))
	}
}

// decoder reads what encoder wrote. After an error it yields zeros.
type decoder struct {
	b   []byte
	err error
}

var zeros [8]byte

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
	}
	d.b = nil
}

// take returns the next n bytes, n at most 8 where the data may run out.
func (d *decoder) take(n int) []byte {
	if len(d.b) < n {
		d.fail("the file ends early")
		return zeros[:min(n, len(zeros))]
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) u16() uint16 { return binary.LittleEndian.Uint16(d.take(2)) }
func (d *decoder) u32() uint32 { return binary.LittleEndian.Uint32(d.take(4)) }
func (d *decoder) u64() uint64 { return binary.LittleEndian.Uint64(d.take(8)) }

// count reads a number of records of the given size, which must fit into what
// is left.
func (d *decoder) count(size int) int {
	n := int(d.u32())
	if n*size > len(d.b) {
		d.fail("%d records of %d bytes in %d bytes", n, size, len(d.b))
		return 0
	}
	return n
}

func (d *decoder) block() []byte { return d.take(d.count(1)) }

func (d *decoder) f64(xs []float64) {
	for i := range xs {
		xs[i] = math.Float64frombits(d.u64())
	}
}

func (d *decoder) f32(w *[NumOutputs]float32) {
	for c := range w {
		w[c] = math.Float32frombits(d.u32())
	}
}

//go:embed assad.parley
var embedded []byte

// Default returns the model that is embedded in the program. It is loaded once.
var Default = sync.OnceValues(func() (*Model, error) {
	m, err := Load(embedded)
	if err != nil {
		return nil, fmt.Errorf("embedded model: %w", err)
	}
	return m, nil
})

// ID returns the exact name of the model: its target's name, "@sha256:" and the
// digest of its file in hexadecimal.
func (m *Model) ID() string { return m.id }

// Name returns the name of the model's target.
func (m *Model) Name() string { return m.info.Name }

// Info returns where the model comes from. The caller must not change its maps.
func (m *Model) Info() Info { return m.info }
