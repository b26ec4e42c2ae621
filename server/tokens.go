package server

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Tokens are the bearer tokens that a server accepts. They come from a file
// with one token a line:
//
//	name sha256-of-the-token scope[,scope]... [expiry]
//
// The digest is in hexadecimal, the scopes are classify, label, train and
// admin, the expiry is a time such as 2030-01-31T00:00:00Z; "#" begins a
// comment line. Only digests are stored, so the file does not give tokens away;
// that takes tokens too long to guess.
type Tokens struct {
	path string
	log  *slog.Logger
	list atomic.Pointer[[]token]
	file watched
	now  func() time.Time
}

type token struct {
	name    string
	digest  [sha256.Size]byte
	scopes  []Scope
	expires time.Time // zero for never
}

func (t *token) allows(s Scope) bool { return s == ScopeAny || slices.Contains(t.scopes, s) }

// maxTokens is how many tokens a file may hold: each call compares with all.
const maxTokens = 1000

// OpenTokens reads a token file.
func OpenTokens(path string, log *slog.Logger) (*Tokens, error) {
	t := &Tokens{path: path, log: log, file: watched{paths: []string{path}}, now: time.Now}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	if err := t.Reload(); err != nil {
		return nil, err
	}
	return t, nil
}

// Reload reads the file again. On an error the tokens stay as they were.
func (t *Tokens) Reload() error {
	t.file.mark()
	data, err := os.ReadFile(t.path)
	if err != nil {
		return fmt.Errorf("token file: %w", err)
	}
	list, err := parseTokens(data)
	if err != nil {
		return fmt.Errorf("token file %s: %w", t.path, err)
	}
	t.list.Store(&list)
	return nil
}

// ReloadIfChanged reads the file again if it has changed.
func (t *Tokens) ReloadIfChanged() {
	if !t.file.changed() {
		return
	}
	if err := t.Reload(); err != nil {
		t.log.Error("tokens stay as they were", "error", err)
		return
	}
	t.log.Info("tokens read again", "tokens", len(*t.list.Load()))
}

func parseTokens(data []byte) ([]token, error) {
	var out []token
	sc := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; sc.Scan(); n++ {
		fields := strings.Fields(sc.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) < 3 || len(fields) > 4 {
			return nil, fmt.Errorf("line %d: want name, sha256 digest, scopes and perhaps an expiry", n)
		}
		t := token{name: fields[0]}
		if !isPlain(t.name) {
			return nil, fmt.Errorf("line %d: the name is longer than 128 characters or not plain ASCII", n)
		}
		digest, err := hex.DecodeString(fields[1])
		if err != nil || len(digest) != sha256.Size {
			return nil, fmt.Errorf("line %d: the second word is not a sha256 digest of 64 hexadecimal digits", n)
		}
		copy(t.digest[:], digest)
		for s := range strings.SplitSeq(fields[2], ",") {
			switch scope := Scope(s); scope {
			case ScopeClassify, ScopeLabel, ScopeTrain, ScopeAdmin:
				t.scopes = append(t.scopes, scope)
			default:
				return nil, fmt.Errorf("line %d: scope %q is none of classify, label, train and admin", n, s)
			}
		}
		if len(fields) == 4 {
			if t.expires, err = time.Parse(time.RFC3339, fields[3]); err != nil {
				return nil, fmt.Errorf("line %d: expiry %q is not a time such as 2030-01-31T00:00:00Z", n, fields[3])
			}
		}
		if out = append(out, t); len(out) > maxTokens {
			return nil, fmt.Errorf("line %d: more than %d tokens", n, maxTokens)
		}
	}
	return out, sc.Err()
}

// find returns the token, unless it is unknown or has expired. It takes the
// same time for every token.
func (t *Tokens) find(presented string) (*token, bool) {
	digest := sha256.Sum256([]byte(presented))
	list := *t.list.Load()
	found := -1
	for i := range list {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(list[i].digest[:], digest[:]), i, found)
	}
	if found < 0 {
		return nil, false
	}
	tok := &list[found]
	if !tok.expires.IsZero() && !t.now().Before(tok.expires) {
		return nil, false
	}
	return tok, true
}
