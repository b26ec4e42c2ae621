package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

func newLabelsAgreeCommand() *cobra.Command {
	var (
		bench     workbench
		filter    labelFilter
		modelName string
		resamples int32
		seed      uint64
		format    string
	)
	cmd := &cobra.Command{
		Use:   "agree [flags]",
		Short: "Measure how far annotators agree with one another and with a model",
		Example: `  parley labels agree --data-dir data
  parley labels agree --data-dir data --model default --language ar --format json`,
		Long: `Agree prints, for each task, Krippendorff's alpha over all annotators, Fleiss'
kappa over the paragraphs that the most common number of annotators judged, the
alpha of each label against the others, and Cohen's kappa of each pair and of
each annotator with a model; each with its 95 % bootstrap interval.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "table" && format != "json" {
				return usageError("unknown format %q (want table or json)", format)
			}
			if resamples < 0 || resamples > 10000 {
				return usageError("--resamples is %d (want 0 to 10000)", resamples)
			}
			p, err := filter.proto()
			if err != nil {
				return err
			}
			conn, stop, err := bench.open(cmd.Context())
			if err != nil {
				return err
			}
			defer stop()
			resp, err := parleyv1.NewLabelServiceClient(conn).ComputeAgreement(cmd.Context(), &parleyv1.ComputeAgreementRequest{
				Filter: p, Model: modelName, Resamples: resamples, Seed: seed,
			})
			if err != nil {
				return callError(cmd.Context(), err)
			}
			if format == "json" {
				out, err := protojson.MarshalOptions{Multiline: true, UseProtoNames: true, EmitDefaultValues: true}.Marshal(resp)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", out)
				return err
			}
			return agreementTable(cmd.OutOrStdout(), resp)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	bench.register(fs)
	fs.StringVar(&modelName, "model", "", "also compare with this `MODEL`, an alias or exact name")
	fs.Int32Var(&resamples, "resamples", 1000, "`NUMBER` of bootstrap samples behind each interval")
	fs.Uint64Var(&seed, "seed", 0, "`SEED` of the bootstrap")
	fs.StringVarP(&format, "format", "f", "table", "`FORMAT`: table or json")
	filter.register(fs)
	return cmd
}

func agreementTable(w io.Writer, r *parleyv1.ComputeAgreementResponse) error {
	fmt.Fprintf(w, "%d labels, as of sequence %d\n", r.GetLabels(), r.GetAsOf())
	for _, task := range r.GetTasks() {
		fmt.Fprintf(w, "\n%s: %d paragraphs judged by two or more of %d annotators\n", strings.ToUpper(task.GetTask()), task.GetItems(), len(task.GetAnnotators()))
		t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
		fmt.Fprintf(t, "  Krippendorff's alpha\t%s\t\n", interval(task.GetAlpha()))
		fmt.Fprintf(t, "  Fleiss' kappa\t%s\t\n", interval(task.GetFleiss()))
		for _, c := range task.GetClasses() {
			fmt.Fprintf(t, "  alpha of %s\t%s\tgiven %d times\n", c.GetLabel(), interval(c.GetAlpha()), c.GetCount())
		}
		for _, p := range append(task.GetPairs(), task.GetWithModel()...) {
			fmt.Fprintf(t, "  kappa of %s and %s\t%s\tsame label on %.1f %% of %d\n", p.GetFirst(), snippet(p.GetSecond(), 30), interval(p.GetKappa()), 100*p.GetObserved(), p.GetKappa().GetItems())
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func interval(e *parleyv1.Estimate) string {
	if e == nil {
		return "not defined"
	}
	return fmt.Sprintf("%.3f [%.3f, %.3f]", e.GetValue(), e.GetLow(), e.GetHigh())
}
