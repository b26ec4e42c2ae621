package server

import (
	"context"
	"crypto/x509"
	"strings"

	"google.golang.org/grpc/metadata"
)

// Scope is what a token allows.
type Scope string

// The scopes. ScopeNone needs no token, ScopeAny any valid one.
const (
	ScopeNone     Scope = ""
	ScopeAny      Scope = "any"
	ScopeClassify Scope = "classify"
	ScopeLabel    Scope = "label"
	ScopeTrain    Scope = "train"
	ScopeAdmin    Scope = "admin"
)

// scopes says what a service, or one method of it, asks for. What is not listed
// asks for ScopeAdmin.
var scopes = map[string]Scope{
	"grpc.health.v1.Health":                    ScopeNone,
	"grpc.reflection.v1.ServerReflection":      ScopeAny,
	"grpc.reflection.v1alpha.ServerReflection": ScopeAny,
	"parley.v1.ClassifierService":              ScopeClassify,
	"parley.v1.ModelService":                   ScopeClassify,
	"parley.v1.ModelService/ActivateModel":     ScopeAdmin,
	"parley.v1.LabelService":                   ScopeLabel,
	"parley.v1.TrainingService":                ScopeTrain,
	"parley.v1.TrainingService/PromoteModel":   ScopeAdmin,
}

// scopeOf returns the scope that a method, "/service/Method", asks for.
func scopeOf(method string) Scope {
	method = strings.TrimPrefix(method, "/")
	if s, ok := scopes[method]; ok {
		return s
	}
	service, _, _ := strings.Cut(method, "/")
	if s, ok := scopes[service]; ok {
		return s
	}
	return ScopeAdmin
}

type callerKey struct{}

// Caller returns the name of the token with which a call was made, or the
// common name of the client's certificate; empty if there is neither.
func Caller(ctx context.Context) string {
	name, _ := ctx.Value(callerKey{}).(string)
	return name
}

// authorize checks that a call may use scope and puts its caller in the context.
func (s *Server) authorize(ctx context.Context, scope Scope) (context.Context, error) {
	if s.tokens == nil {
		if name := certificateName(ctx); name != "" {
			ctx = context.WithValue(ctx, callerKey{}, name)
		}
		return ctx, nil
	}
	if scope == ScopeNone {
		return ctx, nil
	}
	values := metadata.ValueFromIncomingContext(ctx, "authorization")
	if len(values) == 0 {
		s.metrics.refusedAt.WithLabelValues("token_missing").Inc()
		return ctx, Errorf(TokenMissing, "a bearer token is required: authorization: Bearer ...")
	}
	kind, token, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(kind, "bearer") || len(values) > 1 {
		s.metrics.refusedAt.WithLabelValues("token_missing").Inc()
		return ctx, Errorf(TokenMissing, "authorization is not one bearer token: want authorization: Bearer ...")
	}
	t, ok := s.tokens.find(strings.TrimSpace(token))
	if !ok {
		s.metrics.refusedAt.WithLabelValues("token_invalid").Inc()
		return ctx, Errorf(TokenInvalid, "the token is not known, or has expired")
	}
	if !t.allows(scope) {
		s.metrics.refusedAt.WithLabelValues("scope_missing").Inc()
		e := Errorf(ScopeMissing, "the token lacks the scope %q", scope)
		e.Metadata = map[string]string{"scope": string(scope)}
		return ctx, e
	}
	return context.WithValue(ctx, callerKey{}, t.name), nil
}

// certificateName returns the common name of the verified certificate of a
// client.
func certificateName(ctx context.Context) string {
	state := connOf(ctx).tls
	if state == nil || len(state.VerifiedChains) == 0 {
		return ""
	}
	return commonName(state.VerifiedChains[0][0])
}

func commonName(c *x509.Certificate) string { return c.Subject.CommonName }
