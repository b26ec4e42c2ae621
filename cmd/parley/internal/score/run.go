package score

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"sync"

	"github.com/parley-nlp/parley/cmd/parley/internal/input"
	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
	"github.com/parley-nlp/parley/model/text"
)

// Config says how a run scores.
type Config struct {
	// Scorer labels the paragraphs.
	Scorer Scorer
	// Workers is how many chunks are scored at a time, at least 1.
	Workers int
	// Unit says whether documents are split.
	Unit Unit
	// Offsets is the unit of all offsets.
	Offsets text.Encoding
	// Fields names the fields of rows.
	Fields input.Fields
	// Append encodes rows beside scoring; nil leaves Encoded empty.
	Append func(dst []byte, r *rows.Row) []byte
	// Keep tells which scored rows are wanted; nil keeps all.
	Keep func(r *rows.Row) bool
	// Sample tells by the position after it whether a paragraph is scored at
	// all; nil takes all.
	Sample func(next Position) bool
	// Start is where to begin.
	Start Position
	// Idle is called before the run waits for a chunk; nil for nothing to do.
	Idle func() error
}

const (
	// chunkItems bounds the paragraphs of a chunk that was split while reading.
	chunkItems = 64
	// chunkBytes bounds their text.
	chunkBytes = 128 << 10
	// beside is the size up to which a batch is split by its worker and not
	// while reading.
	beside = 512 << 10
	// rowBytes is about what a row takes besides its text and evidence.
	rowBytes = 900
	// window is how many chunks for each worker may be under way or wait for
	// their turn.
	window = 4
)

// ErrStopped is returned by [Config.Run] when it was told to stop; what was
// handed on stands.
var ErrStopped = errors.New("stopped")

// job is a chunk on its way.
type job struct {
	split func() iter.Seq[Item] // yields the items
	end   Position
	chunk *Chunk
	err   error
	done  chan struct{}
}

// Run scores the sources and hands the chunks to sink in the order of the
// input; a chunk is valid until sink returns. When stop is closed it reads no
// further, hands on what is under way and returns ErrStopped. An error of the scorer
// or the sink ends the run.
func (c *Config) Run(ctx context.Context, stop <-chan struct{}, sources []input.Source, sink func(*Chunk) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		chunks  = sync.Pool{New: func() any { return new(Chunk) }}
		work    = make(chan *job)
		ordered = make(chan *job, window*c.Workers)
		workers sync.WaitGroup
		fed     = make(chan error, 1)
	)
	for range c.Workers {
		workers.Go(func() {
			for j := range work {
				j.chunk = chunks.Get().(*Chunk)
				j.err = c.score(ctx, j)
				close(j.done)
			}
		})
	}
	go func() {
		defer close(ordered)
		defer close(work)
		f := feeder{Config: c, ctx: ctx, stop: stop, work: work, ordered: ordered}
		fed <- f.feed(sources)
	}()
	var err error
	for err == nil {
		var chunk *Chunk
		if chunk, err = c.next(ctx, ordered); chunk == nil || err != nil {
			break
		}
		err = sink(chunk)
		chunk.reset()
		chunks.Put(chunk)
	}
	cancel()
	for range ordered { // lets the feeder go
	}
	workers.Wait()
	if err != nil {
		return err
	}
	return <-fed
}

// next waits for the next chunk; nil after the last one.
func (c *Config) next(ctx context.Context, ordered <-chan *job) (*Chunk, error) {
	idle := func() error {
		if c.Idle == nil {
			return nil
		}
		return c.Idle()
	}
	var j *job
	select {
	case j = <-ordered:
	default:
		if err := idle(); err != nil {
			return nil, err
		}
		j = <-ordered
	}
	if j == nil {
		return nil, nil
	}
	select {
	case <-j.done:
	default:
		if err := idle(); err != nil {
			return nil, err
		}
		select {
		case <-j.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return j.chunk, j.err
}

// score fills in the chunk of a job.
func (c *Config) score(ctx context.Context, j *job) error {
	chunk := j.chunk
	chunk.End = j.end
	size := 0
	for item := range j.split() {
		if c.Sample != nil && item.Err == nil && item.Kind == Scored && !c.Sample(item.Next) {
			continue
		}
		if item.Kind == Scored {
			s := item.Row.Text
			size += len(s)
			if s == "" {
				s = " " // a paragraph of nothing has an answer too; a request cannot be empty
			}
			chunk.texts = append(chunk.texts, s)
		}
		chunk.Items = append(chunk.Items, item)
	}
	n := len(chunk.texts)
	if n == 0 {
		return nil
	}
	chunk.results = slices.Grow(chunk.results, n)[:n]
	if err := c.Scorer.Score(ctx, chunk.texts, chunk.results); err != nil {
		return err
	}
	buf := chunk.encoded
	if c.Append != nil {
		buf = slices.Grow(buf, 2*size+rowBytes*n)
	}
	results := chunk.results
	for i := range chunk.Items {
		item := &chunk.Items[i]
		if item.Kind != Scored {
			continue
		}
		r := &results[0]
		results = results[1:]
		if r.Err != nil {
			item.Kind, item.Err = Failed, r.Err
			continue
		}
		item.Row.Model = r.Model
		item.Row.SetPrediction(&r.Paragraph, c.Offsets)
		if c.Keep != nil && !c.Keep(&item.Row) {
			item.Kind = Dropped
			continue
		}
		if c.Append != nil {
			from := len(buf)
			buf = c.Append(buf, &item.Row)
			item.Encoded = buf[from:len(buf):len(buf)]
		}
	}
	chunk.encoded = buf
	return nil
}

// feeder reads the sources and cuts them into jobs.
type feeder struct {
	*Config
	ctx     context.Context
	stop    <-chan struct{}
	work    chan<- *job
	ordered chan<- *job
}

func (f *feeder) feed(sources []input.Source) error {
	for i := f.Start.Input; i < len(sources); i++ {
		if err := f.source(&sources[i], i); err != nil {
			return err
		}
	}
	return nil
}

// source feeds one input; its own errors become items.
func (f *feeder) source(s *input.Source, number int) error {
	next := Position{number + 1, 0, 0}
	unreadable := func(err error) error {
		item := Item{Kind: Unreadable, Next: next, Failure: Failure{Input: s.Name(), ID: s.Name(), Paragraph: -1, Err: err}}
		return f.send(next, func() iter.Seq[Item] { return one(item) })
	}
	r, err := s.Open(f.Fields)
	if err != nil {
		return unreadable(err)
	}
	found := false
	for {
		b, err := f.next(r)
		if err == io.EOF {
			break
		}
		if errors.Is(err, ErrStopped) || f.ctx.Err() != nil {
			return err // a read may still be under way, so r stays open
		}
		if err != nil {
			return errors.Join(unreadable(err), r.Close())
		}
		found = true
		if err := f.batch(b, number); err != nil {
			return errors.Join(err, r.Close())
		}
	}
	if err := r.Close(); err != nil {
		return unreadable(err)
	}
	if !found {
		item := Item{Kind: Empty, Next: next, Failure: Failure{Input: s.Name(), ID: s.Name(), Paragraph: -1}}
		return f.send(next, func() iter.Seq[Item] { return one(item) })
	}
	return nil
}

// next waits for a batch, but no longer than until the run is to stop: a read
// from a terminal or a pipe may never return.
func (f *feeder) next(r input.Reader) (input.Batch, error) {
	type answer struct {
		batch input.Batch
		err   error
	}
	got := make(chan answer, 1)
	go func() {
		b, err := r.Next()
		got <- answer{b, err}
	}()
	select {
	case a := <-got:
		return a.batch, a.err
	case <-f.stop:
		return input.Batch{}, ErrStopped
	case <-f.ctx.Done():
		return input.Batch{}, f.ctx.Err()
	}
}

// batch feeds the records of a batch that stand at or after the start.
func (f *feeder) batch(b input.Batch, number int) error {
	first := Position{number, b.First, 0}
	end := Position{number, b.First + int64(b.Len), 0}
	if !f.Start.Before(end) {
		return nil
	}
	if b.Size <= beside {
		return f.send(end, func() iter.Seq[Item] { return f.items(b, first) })
	}
	var (
		held []Item
		size int
	)
	flush := func(at Position) error {
		items := held
		held, size = nil, 0
		return f.send(at, func() iter.Seq[Item] { return each(items) })
	}
	for item := range f.items(b, first) {
		held = append(held, item)
		size += len(item.Row.Text)
		if len(held) == chunkItems || size >= chunkBytes {
			if err := flush(item.Next); err != nil {
				return err
			}
		}
	}
	return flush(end)
}

// items yields the items of a batch that stand at or after the start.
func (f *feeder) items(b input.Batch, at Position) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		records := b.Parse()
		for i := range records {
			if at.Record >= f.Start.Record || at.Input != f.Start.Input {
				for item := range f.split(&records[i], at) {
					if !f.Start.Before(item.Next) {
						continue
					}
					if !yield(item) {
						return
					}
				}
			}
			records[i] = input.Record{}
			at.Record++
		}
	}
}

// send hands a job to the workers and to the queue that keeps the order.
func (f *feeder) send(end Position, split func() iter.Seq[Item]) error {
	j := &job{split: split, end: end, done: make(chan struct{})}
	select {
	case <-f.stop:
		return ErrStopped
	case f.ordered <- j:
	case <-f.ctx.Done():
		return f.ctx.Err()
	}
	select {
	case f.work <- j:
	case <-f.ctx.Done():
		return f.ctx.Err()
	}
	return nil
}

func one(item Item) iter.Seq[Item] { return each([]Item{item}) }

func each(items []Item) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		for _, item := range items {
			if !yield(item) {
				return
			}
		}
	}
}
