package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What a shell offers for a flag is what its help names, and descriptions come
// without the quotes that mark placeholders.
func TestCompleteFlagValues(t *testing.T) {
	offered := 0
	var check func(cmd *cobra.Command)
	check = func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if _, ok := cmd.GetFlagCompletionFunc(f.Name); !ok {
				return
			}
			path := strings.Fields(cmd.CommandPath())[1:]
			r := parley(t, "", append(append([]string{"__complete"}, path...), "--"+f.Name, "")...)
			r.wantStatus(t, 0)
			for _, value := range strings.Split(r.stdout, "\n") {
				if value == "" || value[0] == ':' {
					continue
				}
				offered++
				if base, _, _ := strings.Cut(value, "."); !strings.Contains(f.Usage, base) {
					t.Errorf("%s --%s: %q is offered, and not in its help: %s", cmd.CommandPath(), f.Name, value, f.Usage)
				}
			}
		})
		for _, sub := range cmd.Commands() {
			check(sub)
		}
	}
	check(newRootCommand())
	if offered < 50 {
		t.Errorf("%d values are offered for all flags", offered)
	}
	if out := parley(t, "", "__complete", "score", "--").stdout; strings.Contains(out, "`") || !strings.Contains(out, "--format") {
		t.Errorf("completions of flags are %s", out)
	}
}
