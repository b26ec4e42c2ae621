package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"
)

const examples = `Examples:
  parleyd                                                 # loopback, embedded model
  parleyd --listen :50051 --tls-cert c.pem --tls-key k.pem --tokens tokens.txt
  PARLEY_LISTEN=127.0.0.1:0 parleyd --data-dir /var/lib/parley
`

func printUsage(w io.Writer, sections []section) {
	fmt.Fprintf(w, "parleyd serves Parley's classifier over gRPC.\n\nUsage: parleyd [flags]\n\n%s", examples)
	for _, s := range sections {
		fmt.Fprintf(w, "\n%s:\n%s", s.title, s.flags.FlagUsages())
	}
	fmt.Fprintf(w, "\nEvery flag can be set in the environment: --max-calls is PARLEY_MAX_CALLS. The command line wins.\n")
}

// printConfiguration writes docs/configuration.md.
func printConfiguration(w io.Writer) {
	fmt.Fprint(w, `# Configuration of parleyd

<!-- Written by `+"`go generate ./cmd/parleyd`"+`; do not edit. -->

Every setting is a flag and an environment variable; the command line wins over the environment, and an empty variable
counts as not set. Durations are written like `+"`1m30s`"+`. Files that are watched (certificates, tokens, models) are read again when they
change and on SIGHUP; everything else takes a restart.
`)
	for _, s := range new(config).sections() {
		fmt.Fprintf(w, "\n## %s\n\n| flag | environment | default | meaning |\n| --- | --- | --- | --- |\n", s.title)
		s.flags.VisitAll(func(f *pflag.Flag) {
			if f.Hidden {
				return
			}
			kind, usage := pflag.UnquoteUsage(f)
			flag := "--" + f.Name
			if kind != "" {
				flag += " " + strings.ToUpper(kind)
			}
			fmt.Fprintf(w, "| `%s` | `%s` | %s | %s |\n", flag, envName(f.Name), defaultOf(f), strings.ReplaceAll(usage, "|", "\\|"))
		})
	}
}

func defaultOf(f *pflag.Flag) string {
	if f.DefValue == "" || f.DefValue == "[]" {
		return "empty"
	}
	return "`" + f.DefValue + "`"
}
