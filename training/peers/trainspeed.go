package peers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/vectors"
)

// trainRows is how many rows the speed of training is measured on.
const trainRows = 6000

// trainInputs returns a sample of the training rows, whole groups at a time.
func trainInputs(d *Data) (in training.Inputs, err error) {
	cfg := training.DefaultConfig()
	const parts = 100
	part := training.Folds(d.Train, parts, cfg.Seed)
	for i := range d.Train {
		if part[i]*len(d.Train) < parts*trainRows {
			in.Rows = append(in.Rows, d.Train[i])
		}
	}
	var errEnglish, errArabic error
	in.English, errEnglish = vectors.English()
	in.Arabic, errArabic = vectors.Arabic()
	return in, errors.Join(errEnglish, errArabic)
}

// FitSpeed writes the design matrix of a sample of the rows for LIBLINEAR to
// work/TASK.svm, fits both tasks and prints the processor time of the fit.
func FitSpeed(ctx context.Context, d *Data, work string, w io.Writer) error {
	in, err := trainInputs(d)
	if err != nil {
		return err
	}
	design, err := training.NewDesign(ctx, in, training.DefaultConfig())
	if err != nil {
		return err
	}
	for t := range model.Task(model.NumTasks) {
		f, err := os.Create(filepath.Join(work, t.String()+".svm"))
		if err != nil {
			return err
		}
		if err := errors.Join(design.WriteSVMLight(f, t), f.Close()); err != nil {
			return err
		}
	}
	from, err := processorTime()
	if err != nil {
		return err
	}
	if err := design.Fit(ctx); err != nil {
		return err
	}
	to, err := processorTime()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%d rows\nfit\t%.2f\n", len(in.Rows), to-from)
	return err
}

// TrainSpeed trains a model on the same rows, with cross-validation and
// calibration, and prints how long it took.
func TrainSpeed(ctx context.Context, d *Data, w io.Writer) error {
	in, err := trainInputs(d)
	if err != nil {
		return err
	}
	from := time.Now()
	if _, err := training.Train(ctx, in, training.DefaultConfig()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%d rows with cross-validation and calibration\t%.1f\n", len(in.Rows), time.Since(from).Seconds())
	return err
}
