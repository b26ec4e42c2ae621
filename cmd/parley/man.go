package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newManCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:     "man --dir DIR",
		Short:   "Write the manual pages",
		Example: "  parley man --dir ~/.local/share/man/man1 && man -M ~/.local/share/man parley-score",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dir == "" {
				return usageError("--dir is required")
			}
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return inputError(err)
			}
			// A fixed date keeps the pages the same from one build to the next.
			date := time.Unix(0, 0).UTC()
			header := &doc.GenManHeader{Title: "PARLEY", Section: "1", Source: "Parley", Manual: "Parley manual", Date: &date}
			root := cmd.Root()
			root.DisableAutoGenTag = true
			if err := doc.GenManTree(root, header, dir); err != nil {
				return inputError(fmt.Errorf("manual pages: %w", err))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "`DIRECTORY` to write to, made if it is not there (required)")
	return cmd
}
