package main

import (
	"bytes"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-nlp/parley/cmd/parley/internal/journal"
)

func TestProgress(t *testing.T) {
	counts := journal.Counts{Rows: 300, Dropped: 100, Failed: 2, Unreadable: 1, Labels: map[string]int64{
		"stance.favor": 150, "stance.unrelated": 150, "tone.neutral": 300,
	}}
	read := new(atomic.Int64)
	read.Store(25)
	start := time.Now().Add(-100 * time.Second)
	open := func(live bool, every time.Duration) (*progress, *bytes.Buffer) {
		var b bytes.Buffer
		return &progress{w: &b, live: live, every: every, start: start, last: start, read: read, size: 100}, &b
	}
	p, _ := open(false, time.Second)
	line := p.line(counts, start.Add(10*time.Second))
	want := "400 paragraphs, 40/s, 25%, 30s left, 3 failed; stance favor 50% against 0% neutral 0% unrelated 50%; tone cooperative 0% confrontational 0% neutral 100%"
	if line != want {
		t.Errorf("line is\n%s, want\n%s", line, want)
	}

	// A resumed run counts from where it went on.
	p, _ = open(false, time.Second)
	p.base = 200
	p.update(counts)
	read.Store(50)
	more := counts
	more.Rows += 100
	if line := p.line(more, p.start.Add(10*time.Second)); !strings.HasPrefix(line, "500 paragraphs, 10/s, 50%, 20s left") {
		t.Errorf("line of a resumed run is %s", line)
	}

	p, out := open(false, time.Second)
	p.update(counts)
	p.update(counts) // too soon
	if got := out.String(); strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, "parley: 400 paragraphs") || strings.Contains(got, "\x1b") {
		t.Errorf("plain progress is %q", got)
	}

	p, out = open(true, time.Second)
	p.update(counts)
	p.say("parley: %s\n", "message")
	p.end(counts)
	got := out.String()
	if !strings.HasPrefix(got, "\r\x1b[K400 paragraphs") || !strings.Contains(got, "\r\x1b[Kparley: message\n") || !strings.HasSuffix(got, "100%\n") {
		t.Errorf("live progress is %q", got)
	}

	p, out = open(true, 0)
	p.update(counts)
	p.end(counts)
	if out.Len() != 0 {
		t.Errorf("--progress never prints %q", out.String())
	}
	for _, when := range []string{"never", "always", "auto"} {
		parley(t, praise, "score", "--progress", when, "-").wantStatus(t, 0)
	}
	parley(t, praise, "score", "--progress", "often", "-").wantStatus(t, 2)
}
