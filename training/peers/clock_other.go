//go:build !unix

package peers

import "time"

var started = time.Now()

// processorTime returns the seconds that the process has run; its processor time
// is not known here.
func processorTime() (float64, error) { return time.Since(started).Seconds(), nil }
