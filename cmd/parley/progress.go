package main

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/parley-nlp/parley/cmd/parley/internal/journal"
	"github.com/parley-nlp/parley/model"
)

// progress tells on standard error how far a run has come: on a terminal in a
// line that is rewritten, elsewhere in a line now and then.
type progress struct {
	w     io.Writer
	live  bool          // rewrite one line
	every time.Duration // 0 tells nothing
	start time.Time
	last  time.Time

	base int64         // rows at the start of a resumed run
	from int64         // bytes that a resumed run read until it went on
	read *atomic.Int64 // bytes of inputs read
	size int64         // bytes of all inputs, 0 if it is not known

	shown bool // a live line stands there
}

const (
	liveEvery  = 200 * time.Millisecond
	plainEvery = 30 * time.Second
)

// update shows the figures if it is time to.
func (p *progress) update(c journal.Counts) {
	now := time.Now()
	if scored := c.Rows + c.Dropped; p.base > 0 && p.from == 0 && scored > p.base {
		p.start, p.base, p.from = now, scored, p.read.Load() // what was skipped tells nothing of the pace
	}
	if p.every == 0 || now.Sub(p.last) < p.every {
		return
	}
	p.last = now
	line := p.line(c, now)
	if p.live {
		// A line that wraps could not be rewritten.
		if n := terminalWidth(p.w) - 1; n > 0 && len(line) > n {
			line = line[:n]
		}
		fmt.Fprintf(p.w, "\r\x1b[K%s", line)
		p.shown = true
		return
	}
	fmt.Fprintf(p.w, "parley: %s\n", line)
}

// line is the text of the figures.
func (p *progress) line(c journal.Counts, now time.Time) string {
	var b strings.Builder
	scored := c.Rows + c.Dropped
	elapsed := now.Sub(p.start)
	fmt.Fprintf(&b, "%d paragraphs", scored)
	if s := elapsed.Seconds(); s > 0 {
		fmt.Fprintf(&b, ", %.0f/s", float64(scored-p.base)/s)
	}
	if read := p.read.Load(); p.size > 0 && read > 0 {
		share := min(1, float64(read)/float64(p.size))
		fmt.Fprintf(&b, ", %.0f%%", 100*share)
		if share < 1 && read > p.from {
			left := time.Duration(float64(elapsed) * float64(p.size-read) / float64(read-p.from))
			fmt.Fprintf(&b, ", %s left", left.Round(time.Second))
		}
	}
	if failed := c.Failed + c.Unreadable; failed > 0 {
		fmt.Fprintf(&b, ", %d failed", failed)
	}
	for t := range model.Task(model.NumTasks) {
		fmt.Fprintf(&b, "; %s", t)
		for _, l := range t.Labels() {
			share := 0.0
			if c.Rows > 0 {
				share = 100 * float64(c.Labels[labelKeys[t][l]]) / float64(c.Rows)
			}
			fmt.Fprintf(&b, " %s %.0f%%", l, share)
		}
	}
	return b.String()
}

// say prints a message on a line of its own.
func (p *progress) say(format string, args ...any) {
	p.clear()
	fmt.Fprintf(p.w, format, args...)
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}

// end shows the last figures, if any were shown at all.
func (p *progress) end(c journal.Counts) {
	if !p.shown && (p.every == 0 || p.last.Equal(p.start)) {
		return
	}
	p.clear()
	fmt.Fprintf(p.w, "parley: %s\n", p.line(c, time.Now()))
}
