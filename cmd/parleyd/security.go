package main

import (
	"fmt"
	"log/slog"

	"github.com/parley-nlp/parley/server"
)

// openSecurity reads certificates and tokens.
func (c *config) openSecurity(opt *server.Options, log *slog.Logger) error {
	var err error
	if c.tlsCert != "" {
		if opt.TLS, err = server.OpenTLS(c.tlsCert, c.tlsKey, c.tlsClientCA, log); err != nil {
			return fmt.Errorf("--tls-cert, --tls-key, --tls-client-ca: %w", err)
		}
	}
	if c.tokens != "" {
		if opt.Tokens, err = server.OpenTokens(c.tokens, log); err != nil {
			return fmt.Errorf("--tokens: %w", err)
		}
	}
	return nil
}
