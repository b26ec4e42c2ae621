package main

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// What a terminal cut off must not pass for the whole line.
func TestLineGuard(t *testing.T) {
	short, full := strings.Repeat("x", terminalLine-1)+"\n", strings.Repeat("x", terminalLine)
	for name, test := range map[string]struct {
		in string
		ok bool
	}{
		"short lines": {short + "\n" + short + "end", true},
		"cut":         {short + full + "\n", false},
		"cut at end":  {full, false},
		"longer":      {full + "more\n", false},
	} {
		for _, in := range []io.Reader{strings.NewReader(test.in), iotest.OneByteReader(strings.NewReader(test.in))} {
			_, err := io.ReadAll(&lineGuard{in: in})
			if (err == nil) != test.ok {
				t.Errorf("%s: error is %v", name, err)
			}
		}
	}
}
