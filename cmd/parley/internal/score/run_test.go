package score

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-nlp/parley/cmd/parley/internal/input"
	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
	"github.com/parley-nlp/parley/model"
)

// fake scores nothing, and fails what a test says.
type fake struct {
	calls, most, now atomic.Int64
	delay            func(n int64) time.Duration
	fail             func(n int64, s string) (call, item error)
}

func (f *fake) Score(ctx context.Context, texts []string, results []Result) error {
	n := f.calls.Add(1)
	now := f.now.Add(1)
	defer f.now.Add(-1)
	for m := f.most.Load(); now > m && !f.most.CompareAndSwap(m, now); m = f.most.Load() {
	}
	if f.delay != nil {
		select {
		case <-time.After(f.delay(n)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for i, s := range texts {
		results[i].Model = "fake"
		if f.fail != nil {
			call, item := f.fail(n, s)
			if call != nil {
				return call
			}
			results[i].Err = item
		}
	}
	return nil
}

// source is an input that a test holds in memory.
func source(format input.Format, content string) input.Source {
	return input.Source{Path: "-", Format: format, Stdin: strings.NewReader(content)}
}

// mixed are inputs of several formats, with failures and without text.
func mixed() []input.Source {
	var jsonl, large strings.Builder
	for i := range 300 {
		fmt.Fprintf(&jsonl, `{"id":"%d","text":"One %d.\n\nTwo %d."}`+"\n", i, i, i)
		switch i % 50 {
		case 7:
			jsonl.WriteString("{\n")
		case 9:
			jsonl.WriteString(`{"id":"none","text":" "}` + "\n")
		}
	}
	for i := range 12000 {
		fmt.Fprintf(&large, "Paragraph %d stands in a document that is split while it is read.\n\n", i)
	}
	return []input.Source{
		source(input.JSONL, jsonl.String()), source(input.Text, ""), source(input.Text, "\x00"),
		source(input.Text, large.String()), {Path: "missing.txt"}, source(input.CSV, "text\na\n\"b\n\nc\"\n"),
	}
}

// line shows an item.
func line(i *Item) string {
	switch i.Kind {
	case Scored, Dropped:
		return fmt.Sprintf("%d %s %d %d-%d %s", i.Kind, i.Row.ID, i.Row.Paragraph, i.Row.Start, i.Row.End, i.Row.Text)
	}
	return fmt.Sprintf("%d %s %d %d %v", i.Kind, i.ID, i.Line, i.Paragraph, i.Err != nil)
}

// collect runs over the mixed inputs and returns the items with the positions
// after them.
func collect(t *testing.T, c *Config) (lines []string, next []Position) {
	t.Helper()
	end := c.Start
	err := c.Run(t.Context(), nil, mixed(), func(chunk *Chunk) error {
		for i := range chunk.Items {
			item := &chunk.Items[i]
			lines, next = append(lines, line(item)), append(next, item.Next)
			if item.Next.Before(end) {
				return fmt.Errorf("position %v after %v", item.Next, end)
			}
			end = item.Next
		}
		if chunk.End.Before(end) {
			return fmt.Errorf("chunk ends at %v, its last item at %v", chunk.End, end)
		}
		end = chunk.End
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines, next
}

func same(t *testing.T, name string, got, want []string) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("%s: item %d is\n%s, want\n%s", name, i, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%s: %d items, want %d", name, len(got), len(want))
	}
}

// The order is that of the input, however long each chunk takes and however
// many are scored at a time.
func TestRunKeepsOrder(t *testing.T) {
	want, _ := collect(t, &Config{Scorer: &fake{}, Workers: 1})
	if len(want) < 12600 {
		t.Fatalf("only %d items", len(want))
	}
	for _, workers := range []int{2, 5} {
		f := &fake{delay: func(n int64) time.Duration { return time.Duration(n*7919%5) * time.Millisecond }}
		got, _ := collect(t, &Config{Scorer: f, Workers: workers})
		same(t, fmt.Sprint(workers, " workers"), got, want)
		if most := f.most.Load(); most > int64(workers) {
			t.Errorf("%d chunks were scored at a time by %d workers", most, workers)
		}
	}
}

// A run that starts at the position after any item yields the items behind it.
func TestRunFromPosition(t *testing.T) {
	want, next := collect(t, &Config{Scorer: &fake{}, Workers: 2})
	for _, i := range []int{0, 1, 2, 14, 15, 16, 17, 18, 130, 612, 613, 614, 615, 616, 5000, len(want) - 4, len(want) - 3, len(want) - 2, len(want) - 1} {
		got, _ := collect(t, &Config{Scorer: &fake{}, Workers: 2, Start: next[i]})
		same(t, fmt.Sprintf("from %v", next[i]), got, want[i+1:])
	}
}

func TestRunKeepSampleAppend(t *testing.T) {
	c := &Config{
		Scorer: &fake{fail: func(_ int64, s string) (error, error) {
			if strings.HasPrefix(s, "Two 5") {
				return nil, errors.New("no")
			}
			return nil, nil
		}},
		Workers: 2,
		Append:  func(dst []byte, r *rows.Row) []byte { return append(dst, r.ID...) },
		Keep:    func(r *rows.Row) bool { return r.Paragraph != 1 },
		Sample:  func(next Position) bool { return next.Input == 0 },
	}
	counts := map[Kind]int{}
	err := c.Run(t.Context(), nil, mixed(), func(chunk *Chunk) error {
		for i := range chunk.Items {
			item := &chunk.Items[i]
			counts[item.Kind]++
			if item.Kind == Scored && string(item.Encoded) != item.Row.ID {
				t.Errorf("row %s is encoded as %q", item.Row.ID, item.Encoded)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// Of 300 second paragraphs eleven begin with "Two 5"; six rows are broken.
	if counts[Scored] != 300 || counts[Failed] != 17 || counts[Dropped] != 289 || counts[Unreadable] != 2 || counts[Empty] != 7 {
		t.Errorf("counts are %v", counts)
	}
}

func TestRunEnds(t *testing.T) {
	boom := errors.New("boom")
	run := func(ctx context.Context, stop <-chan struct{}, f *fake, sink func(*Chunk) error) error {
		c := &Config{Scorer: f, Workers: 3}
		done := make(chan error, 1)
		go func() { done <- c.Run(ctx, stop, mixed(), sink) }()
		select {
		case err := <-done:
			return err
		case <-time.After(20 * time.Second):
			t.Error("the run does not end")
			return nil
		}
	}
	ignore := func(*Chunk) error { return nil }
	t.Run("scorer", func(t *testing.T) {
		f := &fake{fail: func(n int64, _ string) (error, error) {
			if n == 20 {
				return boom, nil
			}
			return nil, nil
		}}
		if err := run(t.Context(), nil, f, ignore); !errors.Is(err, boom) {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("sink", func(t *testing.T) {
		n := 0
		err := run(t.Context(), nil, &fake{}, func(*Chunk) error {
			if n++; n == 5 {
				return boom
			}
			return nil
		})
		if !errors.Is(err, boom) || n != 5 {
			t.Errorf("error is %v after %d chunks", err, n)
		}
	})
	t.Run("context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		err := run(ctx, nil, &fake{}, func(*Chunk) error { cancel(); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("stop", func(t *testing.T) {
		stop := make(chan struct{})
		n, items := 0, 0
		f := &fake{}
		err := run(t.Context(), stop, f, func(c *Chunk) error {
			if n++; n == 3 {
				close(stop)
			}
			for i := range c.Items {
				if c.Items[i].Kind == Scored {
					items++
				}
			}
			return nil
		})
		if !errors.Is(err, ErrStopped) {
			t.Errorf("error is %v", err)
		}
		if items == 0 || n < 3 || n > 3+window*3+4 {
			t.Errorf("%d chunks with %d rows were handed on", n, items)
		}
	})
}

func TestLimited(t *testing.T) {
	f := &fake{}
	l := NewLimited(f, 1000)
	if err := l.Score(t.Context(), make([]string, 200), make([]Result, 200)); err != nil {
		t.Fatal(err)
	}
	if n := f.calls.Load(); n != 4 {
		t.Errorf("%d calls, want 4", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Score(ctx, make([]string, 2000), make([]Result, 2000)); err == nil {
		t.Error("a cancelled call succeeds")
	}
}

func TestCheckText(t *testing.T) {
	for s, ok := range map[string]bool{
		"":                                      true,
		"plain\ttext\r\n":                       true,
		strings.Repeat("x", model.MaxParagraph): true,
		strings.Repeat("x", model.MaxParagraph+1): false,
		"\x01\x02ab":                  false,
		"one \x01 among many letters": true,
		"nul\x00":                     false,
	} {
		if err := checkText(s); (err == nil) != ok {
			t.Errorf("%.20q: error is %v", s, err)
		}
	}
}
