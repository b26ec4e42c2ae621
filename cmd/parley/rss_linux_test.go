package main

import (
	"os"
	"syscall"
)

// maxRSS returns the most memory that a process held, in bytes.
func maxRSS(p *os.ProcessState) (int64, bool) {
	u, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, false
	}
	return u.Maxrss << 10, true
}
