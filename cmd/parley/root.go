package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
)

// commands are the subcommands in the order in which help lists them.
var commands = []func() *cobra.Command{
	newScoreCommand,
	newReportCommand,
	newExplainCommand,
	newCompareCommand,
	newEvalCommand,
	newCorpusCommand,
	newLabelsCommand,
	newModelsCommand,
	newTrainCommand,
	newVersionCommand,
	newManCommand,
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "parley",
		Short: "Stance and tone of news paragraphs on Syria, in English and Arabic",
		Example: `  parley score examples/*.txt                      # label every paragraph
  parley score --format jsonl archive/ -r -o out.jsonl
  echo "Moscow thanked Assad for his wisdom." | parley score -
  parley explain "Moscow thanked Assad for his wisdom."  # why`,
		Long: `Parley labels each paragraph of news in English or Arabic with its stance toward
Bashar al-Assad (favor, against, neutral, unrelated) and its tone (cooperative,
confrontational, neutral), with calibrated probabilities and the exact words
that speak for them.

Exit status: 0 all done; 1 some rows failed (each is named on standard error);
2 usage; 3 an input cannot be read; 64 plus the code of a gRPC call that failed
as a whole; 130 interrupted.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cmd.Help(); err != nil {
				return err
			}
			return usageError("a command is required")
		},
	}
	for _, c := range commands {
		root.AddCommand(c())
	}
	root.SetHelpTemplate(helpTemplate)
	asUsage(root)
	completeValues(root)
	return root
}

// helpTemplate is cobra's with the examples first.
const helpTemplate = `{{with .Short}}{{.}}
{{end}}{{if .HasExample}}
Examples:
{{.Example}}
{{end}}{{with .Long}}
{{. | trimTrailingWhitespaces}}
{{end}}
Usage:
  {{.UseLine}}
{{if .HasAvailableSubCommands}}
Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}
{{end}}{{if .HasAvailableLocalFlags}}
Flags:
{{.LocalFlags.FlagUsagesWrapped 100 | trimTrailingWhitespaces}}
{{end}}`

// asUsage makes wrong flags and arguments of a command and its subcommands end
// with the status of usage errors.
func asUsage(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError("%w (see %s --help)", err, c.CommandPath())
	})
	if check := cmd.Args; check != nil {
		cmd.Args = func(c *cobra.Command, args []string) error {
			err := check(c, args)
			if e := (*exitError)(nil); err == nil || errors.As(err, &e) {
				return err
			}
			return usageError("%s (see %s --help)", strings.TrimSpace(err.Error()), c.CommandPath())
		}
	}
	for _, sub := range cmd.Commands() {
		asUsage(sub)
	}
}
