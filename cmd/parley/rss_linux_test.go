package main

import (
	"fmt"
	"os"
	"strings"
)

// peakRSS returns the most memory that a running process has held so far, in
// bytes. What the system tells of a process that has ended counts the memory of
// the one that started it too.
func peakRSS(pid int) (int64, bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(status)) {
		var kb int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kb); n == 1 {
			return kb << 10, true
		}
	}
	return 0, false
}
