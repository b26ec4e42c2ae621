package server

import "context"

// Scope is what a token allows.
type Scope string

// The scopes. ScopeNone needs no token.
const (
	ScopeNone     Scope = ""
	ScopeClassify Scope = "classify"
	ScopeLabel    Scope = "label"
	ScopeTrain    Scope = "train"
	ScopeAdmin    Scope = "admin"
)

func scopeOf(method string) Scope { return ScopeNone }

func (s *Server) authorize(ctx context.Context, scope Scope) (context.Context, error) {
	return ctx, nil
}
