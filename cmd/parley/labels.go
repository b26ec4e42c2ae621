package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/parley-nlp/parley/model"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// newLabelsCommand is `parley labels`.
func newLabelsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "labels",
		Short: "Keep people's labels: import, export, list, suggest, agree",
		Example: `  parley labels import --data-dir data --annotator nadia corrections.jsonl
  parley labels list --data-dir data --stance against
  parley labels suggest --data-dir data -n 50 pool.jsonl
  parley labels agree --addr localhost:50051 --model default
  parley labels export --data-dir data --format label-studio -o labels.json`,
		Args: cobra.NoArgs,
		RunE: help,
	}
	cmd.AddCommand(newLabelsImportCommand(), newLabelsExportCommand(), newLabelsListCommand(), newLabelsDeleteCommand(),
		newLabelsSuggestCommand(), newLabelsAgreeCommand())
	return cmd
}

// labelFilter are the flags that choose labels.
type labelFilter struct {
	annotator, group, source, model, contains string
	language, stance, tone                    string
	since, until                              string
	asOf                                      int64
	all                                       bool
}

func (f *labelFilter) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.annotator, "by", "", "only labels by this `ANNOTATOR`")
	fs.StringVar(&f.group, "group", "", "only labels in this `GROUP`")
	fs.StringVar(&f.source, "source", "", "only labels from this `SOURCE`")
	fs.StringVar(&f.model, "corrects", "", "only labels that correct this exact `MODEL`")
	fs.StringVar(&f.contains, "contains", "", "only paragraphs that contain this `TEXT`, letter by letter")
	fs.StringVar(&f.language, "language", "", "only this `LANGUAGE`, en or ar")
	fs.StringVar(&f.stance, "stance", "", "only this `STANCE`: favor, against, neutral or unrelated")
	fs.StringVar(&f.tone, "tone", "", "only this `TONE`: cooperative, confrontational or neutral")
	fs.StringVar(&f.since, "since", "", "only labels stored at or after this `TIME`, as 2026-01-31 or 2026-01-31T12:00:00Z")
	fs.StringVar(&f.until, "until", "", "only labels stored before this `TIME`")
	fs.Int64Var(&f.asOf, "as-of", 0, "as the store stood at this `SEQUENCE` (default: now)")
	fs.BoolVar(&f.all, "all", false, "also labels that were superseded or deleted")
}

func (f *labelFilter) proto() (*parleyv1.LabelFilter, error) {
	p := &parleyv1.LabelFilter{Annotator: f.annotator, Group: f.group, Source: f.source, Model: f.model, TextContains: f.contains, AsOf: f.asOf}
	if f.all {
		p.States = []parleyv1.LabelState{parleyv1.LabelState_LABEL_STATE_ACTIVE, parleyv1.LabelState_LABEL_STATE_SUPERSEDED, parleyv1.LabelState_LABEL_STATE_DELETED}
	}
	switch f.language {
	case "":
	case "en":
		p.Language = parleyv1.Language_LANGUAGE_ENGLISH
	case "ar":
		p.Language = parleyv1.Language_LANGUAGE_ARABIC
	default:
		return nil, usageError("unknown language %q (want en or ar)", f.language)
	}
	if f.stance != "" {
		n, err := model.Stance.ParseLabel(f.stance)
		if err != nil {
			return nil, usageError("unknown stance %q (want %s)", f.stance, strings.Join(model.Stance.Labels(), ", "))
		}
		p.Stance = parleyv1.Stance(n + 1)
	}
	if f.tone != "" {
		n, err := model.Tone.ParseLabel(f.tone)
		if err != nil {
			return nil, usageError("unknown tone %q (want %s)", f.tone, strings.Join(model.Tone.Labels(), ", "))
		}
		p.Tone = parleyv1.Tone(n + 1)
	}
	for _, c := range []struct {
		flag, value string
		to          **timestamppb.Timestamp
	}{{"since", f.since, &p.CreatedFrom}, {"until", f.until, &p.CreatedBefore}} {
		if c.value == "" {
			continue
		}
		t, err := parseTime(c.value)
		if err != nil {
			return nil, usageError("--%s: %w", c.flag, err)
		}
		*c.to = timestamppb.New(t)
	}
	return p, nil
}

func parseTime(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("time %q is neither 2026-01-31 nor 2026-01-31T12:00:00Z", s)
}

func stanceText(s parleyv1.Stance) string { return labelText(model.Stance, int(s)) }
func toneText(t parleyv1.Tone) string     { return labelText(model.Tone, int(t)) }

func labelText(t model.Task, n int) string {
	if names := t.Labels(); n >= 1 && n <= len(names) {
		return names[n-1]
	}
	return "?"
}
