package registry

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// dirStore keeps objects as files of a directory, which is made when the first
// is written. An object appears under its name only when it is whole and on
// disk: it is written to a temporary file, synced, and linked.
type dirStore string

const tempPrefix = ".tmp-"

func (d dirStore) list(ctx context.Context) ([]object, error) {
	entries, err := os.ReadDir(string(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []object
	for _, e := range entries {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if strings.HasPrefix(e.Name(), ".") || len(out) == maxObjects {
			continue
		}
		// Follows links, so that a mounted configuration volume works.
		info, err := os.Stat(filepath.Join(string(d), e.Name()))
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		out = append(out, object{e.Name(), info.Size(), info.ModTime()})
	}
	return out, nil
}

func (d dirStore) read(_ context.Context, name string) ([]byte, error) {
	f, err := os.Open(filepath.Join(string(d), name))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return readBounded(f, info.Size())
}

func (d dirStore) create(_ context.Context, name string, data []byte) (err error) {
	if err := os.MkdirAll(string(d), 0o750); err != nil {
		return err
	}
	f, err := os.CreateTemp(string(d), tempPrefix+"*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(0o640)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	// Unlike a rename, a link fails when the name is taken.
	if err := os.Link(f.Name(), filepath.Join(string(d), name)); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return errExists
		}
		return err
	}
	return syncDir(string(d))
}

func (d dirStore) remove(_ context.Context, name string) error {
	return os.Remove(filepath.Join(string(d), name))
}

func (d dirStore) close() error { return nil }

// syncDir makes the names of a directory durable.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return f.Sync()
}
