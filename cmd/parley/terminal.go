package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// typed returns standard input. Who sits before a terminal is told how to end
// what he types or pastes there.
func typed(cmd *cobra.Command) io.Reader {
	in := cmd.InOrStdin()
	if !isTerminal(in) {
		return in
	}
	fmt.Fprintln(cmd.ErrOrStderr(), "parley: paste or type text; Ctrl-D on a line of its own ends it")
	return &lineGuard{in: in}
}

// terminalLine is the length in bytes of the longest line that a terminal hands
// on whole; of a longer one Linux drops the rest without a word.
const terminalLine = 4095

// lineGuard reads from a terminal and fails where it cut a line.
type lineGuard struct {
	in   io.Reader
	line int // bytes of the line so far
}

// Read implements io.Reader.
func (g *lineGuard) Read(p []byte) (int, error) {
	n, err := g.in.Read(p)
	for rest := p[:n]; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			g.line += len(rest)
			break
		}
		if g.line += end; g.line >= terminalLine {
			break
		}
		g.line, rest = 0, rest[end+1:]
	}
	if g.line >= terminalLine {
		return n, fmt.Errorf("a terminal cuts lines at %d bytes: pipe the text, or score a file", terminalLine)
	}
	return n, err
}

// useColor decides on colours for a table that goes to w.
func (f *scoreFlags) useColor(w io.Writer) bool {
	switch f.color {
	case "always":
		return true
	case "never":
		return false
	}
	return colorful(w)
}

// colorful tells whether w is a terminal on which colours are wanted.
func colorful(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// isTerminal tells whether a stream, an io.Reader or io.Writer, is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// terminalWidth returns the columns of the terminal behind w, 0 if there is
// none.
func terminalWidth(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}
