package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/parley-nlp/parley/model"
)

// file is what the registry knows of a model file.
type file struct {
	digest   string
	size     int64
	modified time.Time
	id       string // empty until the file was read
	info     model.Info
	model    *model.Model // nil unless loaded
	problem  error        // why it cannot be loaded
	final    bool         // the problem is that of the bytes, not of reading them
}

const (
	modelPrefix = "sha256-"
	modelSuffix = ".parley"
)

func modelFile(digest string) string { return modelPrefix + digest + modelSuffix }

// digestOfFile returns the digest in the name of a model file.
func digestOfFile(name string) (string, bool) {
	s, ok := strings.CutPrefix(name, modelPrefix)
	if !ok {
		return "", false
	}
	s, ok = strings.CutSuffix(s, modelSuffix)
	return s, ok && isDigest(s)
}

// digestOf returns the digest in the exact name of a model.
func digestOf(id string) (string, bool) {
	name, s, ok := strings.Cut(id, "@sha256:")
	return s, ok && name != "" && isDigest(s)
}

func isDigest(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha256.Size && strings.ToLower(s) == s
}

// load reads, checks and warms up the model of a file. The outcome is in f.
func (f *file) load(ctx context.Context, s store) error {
	if f.model != nil {
		return nil
	}
	if f.final {
		return f.problem
	}
	data, err := s.read(ctx, modelFile(f.digest))
	if err != nil {
		f.problem = fmt.Errorf("cannot be read: %w", err)
		return f.problem
	}
	sum := sha256.Sum256(data)
	if got := hex.EncodeToString(sum[:]); got != f.digest {
		f.problem, f.final = fmt.Errorf("its %d bytes have the digest %s: damaged, or not whole", len(data), got), true
		return f.problem
	}
	m, err := model.Load(data)
	if err != nil {
		f.problem, f.final = err, true
		return err
	}
	warmUp(m)
	f.model, f.id, f.info, f.problem = m, m.ID(), m.Info(), nil
	return nil
}

// verify reads a file that was not read yet, to learn what it is; the model is
// not kept.
func (f *file) verify(ctx context.Context, s store) {
	if f.id != "" || f.final {
		return
	}
	if f.load(ctx, s) == nil {
		f.model = nil
	}
}

// isVersion tells whether a problem is a format that this program does not read.
func isVersion(err error) bool { return errors.Is(err, model.ErrVersion) }

// warm are paragraphs that touch both languages and the evidence.
var warm = []string{
	"The minister welcomed the agreement and thanked the delegation, but the opposition said that Assad must leave.",
	"Shelling killed eleven people in the suburb, residents said on Tuesday.",
	"رحب الوزير بالاتفاق وشكر الوفد، لكن المعارضة قالت إن على الأسد أن يرحل.",
	"قتل أحد عشر شخصا في قصف على الضاحية.",
}

// warmUp makes a model touch its tables, so that the first call is no slower
// than the next.
func warmUp(m *model.Model) {
	for range 8 {
		for _, s := range warm {
			_, _ = m.Paragraph(s, model.Options{})
		}
	}
}
