package server

import (
	"os"
	"sync"
	"time"
)

// watched tells when files have changed, by their times, sizes and identities,
// so that a new link (as Kubernetes makes for a mounted secret) counts too.
type watched struct {
	paths []string

	mu   sync.Mutex
	last []os.FileInfo
}

// mark remembers the files as they are now.
func (w *watched) mark() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = w.stat()
}

// changed tells whether a file differs from when it was marked, and marks it.
func (w *watched) changed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.stat()
	for i, info := range now {
		var was os.FileInfo
		if i < len(w.last) {
			was = w.last[i]
		}
		if (was == nil) != (info == nil) || was != nil &&
			(!was.ModTime().Equal(info.ModTime()) || was.Size() != info.Size() || !os.SameFile(was, info)) {
			w.last = now
			return true
		}
	}
	return false
}

func (w *watched) stat() []os.FileInfo {
	out := make([]os.FileInfo, len(w.paths))
	for i, p := range w.paths {
		out[i], _ = os.Stat(p)
	}
	return out
}

// watchInterval is how often certificates and tokens are looked at.
const watchInterval = 2 * time.Second
