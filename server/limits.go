package server

import (
	"runtime"
	"time"
)

// Limits bound what one caller can ask for. A zero field stands for its default.
type Limits struct {
	// DocumentBytes is the longest content of a document. Default 1 MiB.
	DocumentBytes int
	// Documents is the most documents of a batch or of a message of a stream.
	// Default 1024.
	Documents int
	// Paragraphs is the most paragraphs that the documents of one call or of one
	// message of a stream may hold together. It bounds the size of an answer.
	// Default 32768.
	Paragraphs int
	// Streams is the most StreamClassify calls open on a connection. Default 16.
	Streams int
	// Calls is the most calls in flight on a connection; a client waits with
	// what exceeds it. Default 256.
	Calls int
	// Connections is the most open connections; more are closed at once.
	// Default 4096.
	Connections int
	// MessageBytes is the largest message that is received, after decompression.
	// Default 16 MiB.
	MessageBytes int
	// HeaderBytes is the largest set of request headers. Default 16 KiB.
	HeaderBytes int
	// Workers is how many documents are scored at the same moment. Default: the
	// number of cores that Go uses.
	Workers int
	// Queue is how many calls may wait for a worker. Default 1024.
	Queue int
	// ConnectionAge is how long a connection lives before the client is told to
	// open another, so that load spreads over new replicas. Default 30 minutes.
	ConnectionAge time.Duration
	// ConnectionIdle is how long a connection without calls stays open. Default
	// 15 minutes.
	ConnectionIdle time.Duration
	// Handshake is how long a new connection may take until its first request
	// can be read. Default 10 seconds.
	Handshake time.Duration
}

// ConnectionGrace is how long the calls of a connection that has come of age
// may go on.
const ConnectionGrace = 5 * time.Minute

// maxIDBytes is the longest id of a document or of a message.
const maxIDBytes = 1024

func (l Limits) withDefaults() Limits {
	set := func(p *int, v int) {
		if *p <= 0 {
			*p = v
		}
	}
	set(&l.DocumentBytes, 1<<20)
	set(&l.Documents, 1024)
	set(&l.Paragraphs, 32768)
	set(&l.Streams, 16)
	set(&l.Calls, 256)
	set(&l.Connections, 4096)
	set(&l.MessageBytes, 16<<20)
	set(&l.HeaderBytes, 16<<10)
	set(&l.Workers, runtime.GOMAXPROCS(0))
	set(&l.Queue, 1024)
	for p, v := range map[*time.Duration]time.Duration{
		&l.ConnectionAge: 30 * time.Minute, &l.ConnectionIdle: 15 * time.Minute, &l.Handshake: 10 * time.Second,
	} {
		if *p <= 0 {
			*p = v
		}
	}
	return l
}

// DefaultLimits returns the limits that hold when nothing is set.
func DefaultLimits() Limits { return Limits{}.withDefaults() }

// streamWorkers is how many goroutines gRPC keeps to run handlers.
const streamWorkers = 64
