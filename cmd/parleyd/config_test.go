package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "write docs/configuration.md anew")

func TestConfigurationDocument(t *testing.T) {
	const path = "../../docs/configuration.md"
	var b bytes.Buffer
	printConfiguration(&b)
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b.Bytes()) {
		t.Errorf("%s is not current; run go generate ./cmd/parleyd", path)
	}
}

func parse(t *testing.T, env map[string]string, args ...string) (*config, error) {
	t.Helper()
	return parseConfig(args, func(k string) string { return env[k] }, io.Discard)
}

func TestEnvironment(t *testing.T) {
	c, err := parse(t, map[string]string{
		"PARLEY_LISTEN": "127.0.0.1:1", "PARLEY_MAX_DOCUMENTS": "7", "PARLEY_DRAIN_TIMEOUT": "3s", "PARLEY_REFLECTION": "false",
		"PARLEY_CORS_ORIGINS": "https://a,https://b", "PARLEY_QUEUE": "9", "PARLEY_MODELS": "",
	}, "--queue", "11")
	if err != nil {
		t.Fatal(err)
	}
	if c.listen != "127.0.0.1:1" || c.limits.Documents != 7 || c.drainTimeout != 3*time.Second || c.reflection || len(c.corsOrigins) != 2 {
		t.Errorf("got %+v", c)
	}
	if c.limits.Queue != 11 {
		t.Errorf("queue is %d; the command line must win", c.limits.Queue)
	}
	_, err = parse(t, map[string]string{"PARLEY_QUEUE": "many"})
	if err == nil || !strings.Contains(err.Error(), "PARLEY_QUEUE") {
		t.Errorf("got %v, want an error that names PARLEY_QUEUE", err)
	}
}

func TestDataDirectory(t *testing.T) {
	tests := []struct {
		name       string
		env        map[string]string
		args       []string
		dir, store string
	}{
		{"flag", nil, []string{"--data-dir", "/d"}, "/d", "/d/models"},
		{"systemd", map[string]string{"STATE_DIRECTORY": "/s", "XDG_DATA_HOME": "/x"}, nil, "/s", "/s/models"},
		{"XDG", map[string]string{"XDG_DATA_HOME": "/x"}, nil, "/x/parley", "/x/parley/models"},
		{"models elsewhere", map[string]string{"XDG_DATA_HOME": "/x"}, []string{"--models", "s3://b"}, "/x/parley", "s3://b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := parse(t, tt.env, tt.args...)
			if err != nil {
				t.Fatal(err)
			}
			if c.dataDir != tt.dir || c.models != tt.store {
				t.Errorf("data in %s, models in %s, want %s and %s", c.dataDir, c.models, tt.dir, tt.store)
			}
		})
	}
}

func TestLoopback(t *testing.T) {
	for addr, ok := range map[string]bool{
		"127.0.0.1:1": true, "localhost:1": true, "[::1]:1": true, "127.8.8.8:1": true,
		":1": false, "0.0.0.0:1": false, "10.0.0.1:1": false, "[::]:1": false, "host.example:1": false, "127.0.0.1": false,
	} {
		if _, err := parse(t, nil, "--listen", addr); (err == nil) != ok {
			t.Errorf("%s: %v, want accepted %v", addr, err, ok)
		}
		if _, err := parse(t, nil, "--listen", addr, "--insecure"); err != nil {
			t.Errorf("%s with --insecure: %v", addr, err)
		}
	}
}

func TestHelp(t *testing.T) {
	var b bytes.Buffer
	_, err := parseConfig([]string{"--help"}, func(string) string { return "" }, &b)
	if !errors.Is(err, pflag.ErrHelp) {
		t.Fatal(err)
	}
	help := b.String()
	if !strings.Contains(help, "Examples:") || strings.Index(help, "Examples:") > strings.Index(help, "--listen") && !strings.HasPrefix(help, "parleyd") {
		t.Error("help does not lead with examples")
	}
	for _, s := range new(config).sections() {
		s.flags.VisitAll(func(f *pflag.Flag) {
			if f.Hidden == strings.Contains(help, "--"+f.Name+" ") {
				t.Errorf("--%s hidden %v, in the help %v", f.Name, f.Hidden, !f.Hidden)
			}
			if f.Usage == "" {
				t.Errorf("--%s has no description", f.Name)
			}
		})
	}
}
