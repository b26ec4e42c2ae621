package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/curve"
	"github.com/parley-nlp/parley/training/standoff"
	"github.com/parley-nlp/parley/training/vectors"
)

// newCorpusCurveCommand is `parley corpus curve`.
func newCorpusCurveCommand() *cobra.Command {
	var shared, dev, output, figures, redraw string
	var shares []float64
	var folds int
	cmd := &cobra.Command{
		Use:   "curve --output FILE.svg [--json FILE]",
		Short: "Draw how the model improves with the rows it is trained on",
		Example: `  parley corpus curve -o docs/learning-curve.svg --json docs/learning-curve.json
  parley corpus curve -o curve.svg --redraw docs/learning-curve.json`,
		Long: `Models are trained on shares of the written part of the corpus, of the real part
and of both, and scored on the rows of --dev and, cross-validated by group, on
the real part. Without labelled real texts there is no curve: they are found
under --shared. It takes many fits, half an hour or more.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output == "" {
				return usageError("--output is required")
			}
			c := &curve.Curve{}
			if redraw != "" {
				data, err := os.ReadFile(redraw)
				if err == nil {
					err = json.Unmarshal(data, c)
				}
				if err != nil {
					return inputError(fmt.Errorf("%s: %w", redraw, err))
				}
			} else {
				in, err := curveInputs(cmd, sharedDir(shared), dev)
				if err != nil {
					return err
				}
				in.Shares, in.Folds = shares, folds
				if c, err = curve.Run(cmd.Context(), *in); err != nil {
					return err
				}
			}
			if figures != "" {
				err := writeFile(nil, figures, func(w io.Writer) error {
					enc := json.NewEncoder(w)
					enc.SetIndent("", " ")
					return enc.Encode(c)
				})
				if err != nil {
					return inputError(err)
				}
			}
			if err := writeFile(nil, output, c.WriteSVG); err != nil {
				return inputError(err)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVarP(&output, "output", "o", "", "`FILE` that the drawing is written to, as SVG")
	f.StringVar(&figures, "json", "", "`FILE` that the figures are written to")
	f.StringVar(&redraw, "redraw", "", "draw the figures of this `FILE` again, without training")
	f.StringVar(&shared, "shared", "", "directory with the real texts (default: $PARLEY_SHARED, else ../shared if it exists)")
	f.StringVar(&dev, "dev", "", "`FILE` of labelled rows of other outlets (default: eval/dev.jsonl under --shared)")
	f.Float64SliceVar(&shares, "shares", curve.DefaultShares, "shares of the rows to train on")
	f.IntVar(&folds, "folds", curve.DefaultFolds, "folds of the cross-validation")
	return cmd
}

// curveInputs gathers the rows of a curve.
func curveInputs(cmd *cobra.Command, shared, dev string) (*curve.Inputs, error) {
	if shared == "" {
		return nil, usageError("--shared is required: there are no real texts at ../shared")
	}
	if dev == "" {
		dev = filepath.Join(shared, "eval", "dev.jsonl")
	}
	in := &curve.Inputs{Config: training.DefaultConfig()}
	f, err := os.Open(dev)
	if err != nil {
		return nil, inputError(err)
	}
	defer f.Close()
	if in.Dev, err = training.ReadRows(f); err != nil {
		return nil, inputError(fmt.Errorf("%s: %w", dev, err))
	}
	if in.Real, err = standoff.Hydrate(cmd.Context(), shared); err != nil {
		return nil, inputError(err)
	}
	if len(in.Real) == 0 {
		return nil, inputError(fmt.Errorf("no labelled text found in %s", shared))
	}
	if in.Written, err = training.TrainingSet(); err != nil {
		return nil, inputError(err)
	}
	if in.English, err = vectors.English(); err != nil {
		return nil, inputError(err)
	}
	if in.Arabic, err = vectors.Arabic(); err != nil {
		return nil, inputError(err)
	}
	in.Progress = func(done, all int) { fmt.Fprintf(cmd.ErrOrStderr(), "fit %d of %d\n", done, all) }
	return in, nil
}
