package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/parley-nlp/parley/server"
)

//go:generate sh -c "go run . --print-configuration > ../../docs/configuration.md"

// config is what the flags and the environment say.
type config struct {
	listen, adminListen string
	insecure            bool

	dataDir, database, models string
	modelPoll                 time.Duration

	tlsCert, tlsKey, tlsClientCA, tokens string

	reflection, web bool
	corsOrigins     []string

	logLevel     string
	otlpEndpoint string

	drainDelay, drainTimeout time.Duration

	limits server.Limits

	version, printConfiguration bool
}

// section is a group of flags in the help and in docs/configuration.md.
type section struct {
	title string
	flags *pflag.FlagSet
}

// sections defines every flag of parleyd on c.
func (c *config) sections() []section {
	group := func(define func(f *pflag.FlagSet)) *pflag.FlagSet {
		f := pflag.NewFlagSet("", pflag.ContinueOnError)
		f.SortFlags = false
		define(f)
		return f
	}
	d := server.DefaultLimits()
	return []section{
		{"Listening", group(func(f *pflag.FlagSet) {
			f.StringVar(&c.listen, "listen", "127.0.0.1:50051", "`address` for gRPC, Connect, gRPC-Web and JSON; port 0 picks a free one; under systemd socket activation the socket handed over is used")
			f.BoolVar(&c.insecure, "insecure", false, "allow an address other than loopback without TLS")
			f.StringVar(&c.adminListen, "admin-listen", "", "`address` for /healthz, /metrics, /debug/pprof and channelz, without authorisation; keep it private (empty: none)")
			f.BoolVar(&c.reflection, "reflection", true, "let clients such as grpcurl read the schema from the server")
			f.BoolVar(&c.web, "web", true, "answer Connect, gRPC-Web and JSON over HTTP beside gRPC")
			f.StringSliceVar(&c.corsOrigins, "cors-origins", nil, "`origins` of web pages that may call, comma-separated, * for all (empty: none)")
		})},
		{"Data and models", group(func(f *pflag.FlagSet) {
			f.StringVar(&c.dataDir, "data-dir", "", "`directory` for everything that is kept (empty: $STATE_DIRECTORY, else parley under $XDG_DATA_HOME or ~/.local/share); made when something is first written")
			f.StringVar(&c.database, "database", "", "`URL` of the label store, postgres://... (empty: SQLite in the data directory)")
			f.StringVar(&c.models, "models", "", "`URL` or directory of the models: a path, file://, s3://, gs://, azblob:// (empty: models in the data directory)")
			f.DurationVar(&c.modelPoll, "model-poll", 5*time.Second, "how often to look for new models and aliases")
		})},
		{"Security", group(func(f *pflag.FlagSet) {
			f.StringVar(&c.tlsCert, "tls-cert", "", "PEM `file` of the certificate chain; read again when it changes")
			f.StringVar(&c.tlsKey, "tls-key", "", "PEM `file` of the private key")
			f.StringVar(&c.tlsClientCA, "tls-client-ca", "", "PEM `file` of the authorities that client certificates must come from (empty: none asked)")
			f.StringVar(&c.tokens, "tokens", "", "`file` of the bearer tokens that are accepted; read again when it changes (empty: no token needed)")
		})},
		{"Limits", group(func(f *pflag.FlagSet) {
			f.IntVar(&c.limits.DocumentBytes, "max-document-bytes", d.DocumentBytes, "longest content of a document")
			f.IntVar(&c.limits.Documents, "max-documents", d.Documents, "most documents in a batch or in a message of a stream")
			f.IntVar(&c.limits.Paragraphs, "max-paragraphs", d.Paragraphs, "most paragraphs in the documents of one call or one message of a stream")
			f.IntVar(&c.limits.Streams, "max-streams", d.Streams, "most StreamClassify calls open on a connection")
			f.IntVar(&c.limits.Calls, "max-calls", d.Calls, "most calls in flight on a connection; a client waits with what exceeds it")
			f.IntVar(&c.limits.Connections, "max-connections", d.Connections, "most open connections; more are closed at once")
			f.IntVar(&c.limits.MessageBytes, "max-message-bytes", d.MessageBytes, "largest message received, after decompression")
			f.IntVar(&c.limits.HeaderBytes, "max-header-bytes", d.HeaderBytes, "largest set of request headers")
			f.IntVar(&c.limits.Workers, "workers", 0, "documents scored at the same moment (0: one for each core)")
			f.IntVar(&c.limits.Queue, "queue", d.Queue, "calls that may wait for a worker; one connection gets at most half of it")
			f.DurationVar(&c.limits.ConnectionAge, "connection-age", d.ConnectionAge, "life of a connection, after which its client opens another")
			f.DurationVar(&c.limits.ConnectionIdle, "connection-idle", d.ConnectionIdle, "how long a connection without calls stays open")
			f.DurationVar(&c.limits.Handshake, "handshake-timeout", d.Handshake, "how long a new connection may take to send its first bytes")
		})},
		{"Life and observation", group(func(f *pflag.FlagSet) {
			f.DurationVar(&c.drainDelay, "drain-delay", 0, "how long to keep serving after health checks began to answer NOT_SERVING, so that load balancers notice")
			f.DurationVar(&c.drainTimeout, "drain-timeout", 30*time.Second, "how long calls in flight may take to finish after SIGTERM")
			f.StringVar(&c.logLevel, "log-level", "info", "least `level` that is logged: debug (every call), info, warn or error")
			f.StringVar(&c.otlpEndpoint, "otlp-endpoint", "", "`URL` of an OpenTelemetry collector for traces and metrics over OTLP/gRPC, such as http://localhost:4317 (empty: none)")
		})},
		{"Other", group(func(f *pflag.FlagSet) {
			f.BoolVar(&c.version, "version", false, "print the version and exit")
			f.BoolVar(&c.printConfiguration, "print-configuration", false, "print docs/configuration.md and exit")
			f.Lookup("print-configuration").Hidden = true
		})},
	}
}

// envName is the environment variable of a flag.
func envName(flag string) string {
	return "PARLEY_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// parseConfig reads the arguments and, for flags not among them, the
// environment.
func parseConfig(args []string, getenv func(string) string, usage io.Writer) (*config, error) {
	c := &config{}
	all := pflag.NewFlagSet("parleyd", pflag.ContinueOnError)
	all.SortFlags = false
	sections := c.sections()
	for _, s := range sections {
		all.AddFlagSet(s.flags)
	}
	all.Usage = func() { printUsage(usage, sections) }
	all.SetOutput(io.Discard)
	if err := all.Parse(args); err != nil {
		return nil, err
	}
	if rest := all.Args(); len(rest) > 0 {
		return nil, fmt.Errorf("unexpected argument %q: parleyd takes flags only", rest[0])
	}
	var errs []error
	all.VisitAll(func(f *pflag.Flag) {
		if f.Changed || f.Hidden {
			return
		}
		if v := getenv(envName(f.Name)); v != "" {
			if err := f.Value.Set(v); err != nil {
				errs = append(errs, fmt.Errorf("environment variable %s: %w", envName(f.Name), err))
			}
		}
	})
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return c, c.check(getenv)
}

// check finds settings that contradict one another and fills in the data
// directory.
func (c *config) check(getenv func(string) string) error {
	for name, v := range map[string]int{
		"max-document-bytes": c.limits.DocumentBytes, "max-documents": c.limits.Documents, "max-paragraphs": c.limits.Paragraphs,
		"max-streams": c.limits.Streams, "max-calls": c.limits.Calls, "max-connections": c.limits.Connections,
		"max-message-bytes": c.limits.MessageBytes, "max-header-bytes": c.limits.HeaderBytes,
	} {
		if v < 1 {
			return fmt.Errorf("--%s is %d, must be at least 1", name, v)
		}
	}
	if c.limits.Workers < 0 || c.limits.Queue < 1 {
		return fmt.Errorf("--workers must be at least 0 and --queue at least 1")
	}
	for name, v := range map[string]time.Duration{
		"model-poll": c.modelPoll, "connection-age": c.limits.ConnectionAge, "connection-idle": c.limits.ConnectionIdle,
		"handshake-timeout": c.limits.Handshake, "drain-timeout": c.drainTimeout,
	} {
		if v <= 0 {
			return fmt.Errorf("--%s is %v, must be above 0", name, v)
		}
	}
	if c.drainDelay < 0 {
		return fmt.Errorf("--drain-delay is %v, must be at least 0", c.drainDelay)
	}
	if (c.tlsCert == "") != (c.tlsKey == "") {
		return errors.New("--tls-cert and --tls-key go together")
	}
	if c.tlsClientCA != "" && c.tlsCert == "" {
		return errors.New("--tls-client-ca needs --tls-cert and --tls-key")
	}
	if c.tlsCert == "" && !c.insecure {
		if c.listen == ":0" { // any free port, for a start without settings
			c.listen = "127.0.0.1:0"
		}
		if err := requireLoopback(c.listen); err != nil {
			return err
		}
	}
	if c.dataDir == "" {
		c.dataDir = defaultDataDir(getenv)
	}
	if c.models == "" && c.dataDir != "" {
		c.models = filepath.Join(c.dataDir, "models")
	}
	return nil
}

// requireLoopback refuses an address that others can reach.
func requireLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("--listen %q: %w", addr, err)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("--listen %s is not a loopback address: give --tls-cert and --tls-key, or --insecure if the network is trusted", addr)
}

func defaultDataDir(getenv func(string) string) string {
	if d := getenv("STATE_DIRECTORY"); d != "" {
		return d
	}
	if d := getenv("XDG_DATA_HOME"); d != "" {
		return filepath.Join(d, "parley")
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "share", "parley")
	}
	return ""
}
