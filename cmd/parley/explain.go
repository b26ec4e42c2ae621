package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// explainFlags are the flags of parley explain as they were given.
type explainFlags struct {
	task     string
	sort     string
	top      int
	format   string
	model    string
	language string
	remove   []string
	replace  []string
}

func newExplainCommand() *cobra.Command {
	var f explainFlags
	cmd := &cobra.Command{
		Use:   "explain [flags] [TEXT|-]",
		Short: "Show what every word of a paragraph adds to its labels, and try it without",
		Example: `  parley explain "Moscow thanked Assad for his wisdom."
  parley explain --replace thanked=blamed --replace wisdom=crimes "Moscow thanked Assad for his wisdom."
  parley explain --task tone --sort weight --top 10 - < paragraph.txt`,
		Long: `Explain scores one paragraph and lists all that made its logits, token by token:
what each adds to the logit of every label. Bias and contributions add up to the
logits exactly, and the probabilities are their softmax. What belongs to no
word stands in the line "(paragraph)", what --top leaves out in "(others)". The
last column says which feature families the answer owes it to: by how much each
raises its logit above the mean of the others. "?" marks an answer from which
the model abstains.

With --remove and --replace the paragraph is scored with all these changes too,
and the probabilities of both stand side by side. Words are found as the model
reads them, in any case and Arabic letters in all their variants, and only whole.`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.task, "task", "both", "`TASK` to explain: stance, tone or both")
	fs.StringVar(&f.sort, "sort", "text", "`ORDER` of the tokens: text, or weight (the most telling first)")
	fs.IntVar(&f.top, "top", 0, "only the `N` most telling tokens (default: all that add anything)")
	fs.StringVarP(&f.format, "format", "f", "table", "output `FORMAT`: table or json")
	fs.StringArrayVar(&f.remove, "remove", nil, "what if these `WORDS` were not there; may be repeated")
	fs.StringArrayVar(&f.replace, "replace", nil, "what if OLD were NEW, as `OLD=NEW`; may be repeated")
	fs.StringVar(&f.model, "model", "", "model `FILE` (default: the embedded model)")
	fs.StringVar(&f.language, "language", "", "`LANGUAGE` of the paragraph, en or ar (default: detected)")
	return cmd
}

// tasks are those that --task names.
func (f *explainFlags) tasks() ([]model.Task, error) {
	if f.task == "both" {
		return []model.Task{model.Stance, model.Tone}, nil
	}
	for t := range model.Task(model.NumTasks) {
		if f.task == t.String() {
			return []model.Task{t}, nil
		}
	}
	return nil, usageError("unknown task %q (want stance, tone or both)", f.task)
}

func (f *explainFlags) run(cmd *cobra.Command, args []string) error {
	tasks, err := f.tasks()
	if err != nil {
		return err
	}
	if f.sort != "text" && f.sort != "weight" {
		return usageError("unknown --sort %q (want text or weight)", f.sort)
	}
	if f.format != "table" && f.format != "json" {
		return usageError("unknown format %q (want table or json)", f.format)
	}
	if f.top < 0 {
		return usageError("--top is %d (want 0 or more)", f.top)
	}
	language := text.Other
	if f.language != "" {
		if language, err = text.ParseLanguage(f.language); err != nil || language == text.Other {
			return usageError("unknown language %q (want en or ar)", f.language)
		}
	}
	m, err := loadModel(f.model)
	if err != nil {
		return err
	}
	edits, err := f.edits()
	if err != nil {
		return err
	}
	s, err := paragraphOf(cmd, args)
	if err != nil {
		return err
	}
	if n := len(text.Paragraphs(s)); n > 1 {
		fmt.Fprintf(cmd.ErrOrStderr(), "parley: note: the text is explained as one paragraph; parley score splits it into %d\n", n)
	}
	x := explanation{model: m.ID(), tasks: tasks}
	if x.before, err = explain(m, s, language); err != nil {
		return inputError(err)
	}
	if len(edits) > 0 {
		changed, err := change(s, edits)
		if err != nil {
			return err
		}
		after, err := explain(m, changed, language)
		if err != nil {
			return inputError(err)
		}
		x.after = &after
	}
	if f.format == "json" {
		return x.writeJSON(cmd.OutOrStdout())
	}
	return x.writeTable(cmd.OutOrStdout(), f)
}

// paragraphOf returns the paragraph that the arguments give, or that stands on
// standard input.
func paragraphOf(cmd *cobra.Command, args []string) (string, error) {
	content := []byte(strings.Join(args, " "))
	if len(args) == 1 && args[0] != "-" {
		if info, err := os.Stat(args[0]); err == nil && info.Mode().IsRegular() {
			return "", usageError("%s is a file; its text is explained by: parley explain - < %s", args[0], args[0])
		}
	}
	if len(args) == 0 || len(args) == 1 && args[0] == "-" {
		var err error
		if content, err = io.ReadAll(io.LimitReader(typed(cmd), model.MaxParagraph+1)); err != nil {
			return "", inputError(fmt.Errorf("stdin: %w", err))
		}
	}
	if len(content) > model.MaxParagraph {
		return "", inputError(model.ErrTooLong)
	}
	doc, err := text.Decode(content, text.Plain)
	if err != nil {
		return "", inputError(err)
	}
	s := strings.TrimSpace(doc.Text)
	if s == "" {
		return "", inputError(errors.New("there is no text to explain"))
	}
	return s, nil
}

// edits are those that --remove and --replace ask for.
func (f *explainFlags) edits() ([]edit, error) {
	var all []edit
	for _, words := range f.remove {
		all = append(all, edit{words, ""})
	}
	for _, pair := range f.replace {
		from, to, ok := strings.Cut(pair, "=")
		if !ok || from == "" {
			return nil, usageError("--replace is %q (want OLD=NEW)", pair)
		}
		all = append(all, edit{from, to})
	}
	return all, nil
}

// change returns s as it would be with the edits.
func change(s string, edits []edit) (string, error) {
	out, made := applyEdits(s, edits)
	for i, n := range made {
		if n > 0 {
			continue
		}
		if _, alone := applyEdits(s, edits[i:i+1]); alone[0] > 0 {
			return "", usageError("%q stands in the text only where another change takes it: changes must not overlap", edits[i].words)
		}
		return "", usageError("%q is not in the text (words are found only whole)", edits[i].words)
	}
	return out, nil
}
