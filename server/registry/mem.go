package registry

import (
	"context"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"
)

// memStore keeps objects in memory, for a server without a data directory.
type memStore struct {
	mu      sync.Mutex
	objects map[string][]byte
	times   map[string]time.Time
}

func newMemStore() *memStore {
	return &memStore{objects: map[string][]byte{}, times: map[string]time.Time{}}
}

func (m *memStore) list(context.Context) ([]object, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]object, 0, len(m.objects))
	for name, data := range m.objects {
		out = append(out, object{name, int64(len(data)), m.times[name]})
	}
	slices.SortFunc(out, func(a, b object) int { return strings.Compare(a.name, b.name) })
	return out, nil
}

func (m *memStore) read(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.objects[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return data, nil
}

func (m *memStore) create(_ context.Context, name string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.objects[name]; ok {
		return errExists
	}
	m.objects[name], m.times[name] = slices.Clone(data), time.Now()
	return nil
}

func (m *memStore) remove(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, name)
	delete(m.times, name)
	return nil
}

func (m *memStore) close() error { return nil }
