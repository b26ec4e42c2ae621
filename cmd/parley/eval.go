package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/behaviour"
)

// evalFlags are the flags of parley eval.
type evalFlags struct {
	data        string
	model       string
	format      string
	behaviour   string
	updateFloor bool
}

// shippedTests is the value of --behaviour without a directory.
const shippedTests = "shipped"

func newEvalCommand() *cobra.Command {
	f := &evalFlags{}
	cmd := &cobra.Command{
		Use:   "eval --data FILE.jsonl | --behaviour[=DIR]",
		Short: "Measure a model on labelled rows and on behavioural tests",
		Example: `  parley eval --data labelled.jsonl                   # quality, calibration and evidence
  parley eval --data labelled.jsonl --format json | jq .languages[0].stance.macro_f1
  parley eval --behaviour                             # the shipped behavioural tests`,
		Long: `Scores labelled rows, one JSON object a line, and prints for each language and
task: n, accuracy, macro-F1, expected calibration error (15 bins), Brier score,
negative log-likelihood and the accuracy on the 70 % most confident rows;
precision, recall, F1, support and the confusion of each label; and how well
evidence agrees with the marked spans (token-F1, IOU-F1 at 0.5) and how faithful
it is (comprehensiveness, sufficiency), beside random spans and the words of the
attitude lexicon.

--behaviour runs behavioural tests (training/behaviour/README.md) and prints how
many pass, by capability and language.

Exit status: 1 when rows were refused (each is named with its line, the others
are measured) or a capability falls under its floor; 3 when a file cannot be read.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.data, "data", "", "labelled rows, a JSONL `FILE` (- is standard input)")
	fs.StringVar(&f.model, "model", "", "model `FILE` (default: the embedded model)")
	fs.StringVarP(&f.format, "format", "f", "table", "output `FORMAT`: table or json")
	fs.StringVar(&f.behaviour, "behaviour", "", "run the shipped behavioural tests, or with =DIR those of a directory")
	fs.Lookup("behaviour").NoOptDefVal = shippedTests
	fs.BoolVar(&f.updateFloor, "update-floor", false, "write the rates reached to floor.json of --behaviour=DIR")
	return cmd
}

// evalOutput is what parley eval prints as JSON.
type evalOutput struct {
	*training.Evaluation
	Behaviour *behaviour.Report `json:"behaviour,omitempty"`
}

func (f *evalFlags) run(cmd *cobra.Command) error {
	if err := f.check(); err != nil {
		return err
	}
	m, err := loadModel(f.model)
	if err != nil {
		return err
	}
	out := evalOutput{Evaluation: &training.Evaluation{Model: m.ID()}}
	failed := false
	if f.data != "" {
		rows, refused, err := readLabelled(cmd, f.data)
		if err != nil {
			return err
		}
		failed = refused
		if out.Evaluation, err = training.Evaluate(m, rows, true); err != nil {
			return err
		}
	}
	if f.behaviour != "" {
		if out.Behaviour, err = f.runBehaviour(m); err != nil {
			return err
		}
	}
	if err := f.print(cmd.OutOrStdout(), &out); err != nil {
		return inputError(fmt.Errorf("write standard output: %w", err))
	}
	if out.Behaviour != nil {
		for _, r := range out.Behaviour.Below() {
			fmt.Fprintf(cmd.ErrOrStderr(), "parley: %s in %s: %d of %d tests passed (%.2f), the floor is %.2f\n",
				r.Capability, r.Language, r.Passed, r.Cases, r.Rate, r.Floor)
			failed = true
		}
	}
	if failed {
		return &exitError{status: exitRows}
	}
	return nil
}

func (f *evalFlags) check() error {
	switch {
	case f.data == "" && f.behaviour == "":
		return usageError("nothing to do: give --data FILE.jsonl, --behaviour or both")
	case f.format != "table" && f.format != "json":
		return usageError("unknown format %q (want table or json)", f.format)
	case f.updateFloor && (f.behaviour == "" || f.behaviour == shippedTests):
		return usageError("--update-floor needs --behaviour=DIR")
	}
	return nil
}

// readLabelled reads labelled rows and names the bad ones on standard error.
func readLabelled(cmd *cobra.Command, path string) (rows []training.Row, refused bool, err error) {
	in := io.Reader(cmd.InOrStdin())
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, false, inputError(err)
		}
		defer file.Close()
		in = file
	}
	rows, err = training.ReadRows(in)
	for _, e := range joined(err) {
		var bad *training.RowError
		if !errors.As(e, &bad) {
			return nil, true, inputError(fmt.Errorf("%s: %w", path, e))
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "parley: %s: %v\n", path, bad)
		refused = true
	}
	if len(rows) == 0 {
		return nil, true, &exitError{exitRows, fmt.Errorf("%s: no labelled row to measure", path)}
	}
	return rows, refused, nil
}

// joined takes errors.Join apart.
func joined(err error) []error {
	if err == nil {
		return nil
	}
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		return j.Unwrap()
	}
	return []error{err}
}

func (f *evalFlags) runBehaviour(m *model.Model) (*behaviour.Report, error) {
	files := behaviour.Shipped()
	if f.behaviour != shippedTests {
		if _, err := fs.Stat(os.DirFS(f.behaviour), "."); err != nil {
			return nil, inputError(fmt.Errorf("--behaviour=%s: %w", f.behaviour, err))
		}
		files = os.DirFS(f.behaviour)
	}
	cases, err := behaviour.Load(files)
	if err != nil {
		return nil, inputError(err)
	}
	floor, err := behaviour.Floor(files)
	if err != nil {
		return nil, inputError(err)
	}
	if f.updateFloor {
		floor = nil
	}
	r, err := behaviour.Run(m, cases, floor)
	if err != nil || !f.updateFloor {
		return r, err
	}
	data, err := r.Reached()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(f.behaviour, "floor.json"), data, 0o644); err != nil {
		return nil, inputError(err)
	}
	return r, nil
}

func (f *evalFlags) print(w io.Writer, out *evalOutput) error {
	b := bufio.NewWriter(w)
	if f.format == "json" {
		e := json.NewEncoder(b)
		e.SetIndent("", "  ")
		if err := e.Encode(out); err != nil {
			return err
		}
		return b.Flush()
	}
	fmt.Fprintf(b, "model %s\n", out.Model)
	for _, section := range []string{
		overallTable(out.Evaluation), labelTables(out.Evaluation), evidenceTable(out.Evaluation), behaviourTable(out.Behaviour),
	} {
		if section != "" {
			fmt.Fprintf(b, "\n%s\n", strings.TrimRight(section, "\n"))
		}
	}
	return b.Flush()
}
