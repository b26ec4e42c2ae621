package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// errExists is returned by create when there is an object of that name.
var errExists = errors.New("object exists already")

// maxObject is the largest object that is read.
const maxObject = 256 << 20

// maxObjects is how many objects are looked at; the rest is reported and left alone.
const maxObjects = 4096

// object is what a listing says of an object.
type object struct {
	name     string
	size     int64
	modified time.Time
}

// store keeps immutable objects. Of two creates of one name exactly one succeeds.
type store interface {
	list(ctx context.Context) ([]object, error)
	read(ctx context.Context, name string) ([]byte, error)
	create(ctx context.Context, name string, data []byte) error
	remove(ctx context.Context, name string) error
	close() error
}

// openStore opens what a URL or a path names. The drivers of buckets are those
// that the program imports.
func openStore(ctx context.Context, where string) (store, error) {
	scheme, rest, ok := strings.Cut(where, "://")
	if !ok {
		return dirStore(where), nil
	}
	if scheme == "file" {
		u, err := url.Parse(where)
		if err != nil || u.Host != "" && u.Host != "localhost" || !path.IsAbs(u.Path) {
			return nil, fmt.Errorf("%q is not a file URL such as file:///var/lib/parley/models", where)
		}
		return dirStore(u.Path), nil
	}
	b, err := blob.OpenBucket(ctx, where)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s://%s: %w", scheme, withoutQuery(rest), err)
	}
	return bucketStore{b}, nil
}

// withoutQuery drops the parameters of a URL, which may hold secrets.
func withoutQuery(s string) string {
	s, _, _ = strings.Cut(s, "?")
	return s
}

// bucketStore keeps objects in a bucket.
type bucketStore struct{ b *blob.Bucket }

func (s bucketStore) list(ctx context.Context) ([]object, error) {
	var out []object
	it := s.b.List(&blob.ListOptions{Delimiter: "/"})
	for len(out) < maxObjects {
		o, err := it.Next(ctx)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if !o.IsDir {
			out = append(out, object{o.Key, o.Size, o.ModTime})
		}
	}
	return out, nil
}

func (s bucketStore) read(ctx context.Context, name string) ([]byte, error) {
	r, err := s.b.NewReader(ctx, name, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	return readBounded(r, r.Size())
}

func (s bucketStore) create(ctx context.Context, name string, data []byte) error {
	err := s.b.WriteAll(ctx, name, data, &blob.WriterOptions{IfNotExist: true, ContentType: "application/octet-stream"})
	if gcerrors.Code(err) == gcerrors.FailedPrecondition {
		return errExists
	}
	return err
}

func (s bucketStore) remove(ctx context.Context, name string) error { return s.b.Delete(ctx, name) }

func (s bucketStore) close() error { return s.b.Close() }

// readBounded reads an object of at most maxObject bytes that is said to have size.
func readBounded(r io.Reader, size int64) ([]byte, error) {
	if size > maxObject {
		return nil, fmt.Errorf("object of %d bytes is larger than the limit of %d", size, maxObject)
	}
	data, err := io.ReadAll(io.LimitReader(r, maxObject+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxObject {
		return nil, fmt.Errorf("object is larger than the limit of %d bytes", maxObject)
	}
	return data, nil
}
