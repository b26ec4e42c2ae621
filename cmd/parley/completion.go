package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/parley-nlp/parley/model"
)

// flagValues are the values of the flags that take one of a few, by name; those
// of a command alone stand under its path.
var flagValues = map[string][]string{
	"color":    {"auto", "always", "never"},
	"language": {"en", "ar"},
	"offsets":  {"utf8", "utf16", "utf32"},
	"progress": {"auto", "always", "never"},
	"promote":  {"never", "auto"},
	"sort":     {"text", "weight"},
	"stance":   model.Stance.Labels(),
	"strategy": {"uncertainty", "margin", "disagreement", "diversity", "random", "mixed"},
	"task":     {"stance", "tone", "both"},
	"tone":     model.Tone.Labels(),
	"unit":     {"document", "paragraph"},

	"input-format": {"txt", "md", "html", "jsonl", "csv", "tsv", "parquet", "jsonl.gz", "jsonl.zst", "csv.gz", "csv.zst"},

	"format":                       {"table", "json"},
	"parley score format":          {"table", "jsonl", "csv", "parquet", "html"},
	"parley train format":          {"table", "jsonl"},
	"parley labels list format":    {"table", "jsonl"},
	"parley labels suggest format": {"table", "jsonl"},
	"parley models diff format":    {"table", "jsonl"},
	"parley labels import format":  labelFormats,
	"parley labels export format":  labelFormats,
}

var labelFormats = []string{"parley", "csv", "label-studio", "doccano", "prodigy"}

// completeValues lets a shell complete the values of the flags of a command and
// its subcommands.
func completeValues(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		values, ok := flagValues[cmd.CommandPath()+" "+f.Name]
		if !ok {
			values = flagValues[f.Name]
		}
		if values == nil {
			return
		}
		fixed := cobra.FixedCompletions(slices.Clone(values), cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveKeepOrder)
		if err := cmd.RegisterFlagCompletionFunc(f.Name, fixed); err != nil {
			panic(err) // only a flag that is not there, or twice
		}
	})
	for _, sub := range cmd.Commands() {
		completeValues(sub)
	}
}

// plainUsage takes the quotes out of the descriptions of flags. They tell help
// which word names the value; a shell would show them.
func plainUsage(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) { f.Usage = strings.ReplaceAll(f.Usage, "`", "") })
	for _, sub := range cmd.Commands() {
		plainUsage(sub)
	}
}
