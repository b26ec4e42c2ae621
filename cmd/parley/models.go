package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// newModelsCommand is `parley models`.
func newModelsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "models",
		Short: "See where models come from, compare them, and choose which one serves",
		Example: `  parley models list --data-dir data
  parley models show --addr localhost:50051 candidate
  parley models diff --data-dir data default candidate paragraphs.jsonl
  parley models activate --data-dir data --reason "gate passed" candidate
  parley models rollback --data-dir data --reason "complaints from the desk"`,
		Args: cobra.NoArgs,
		RunE: help,
	}
	cmd.AddCommand(newModelsListCommand(), newModelsShowCommand(), newModelsDiffCommand(), newModelsActivateCommand(), newModelsRollbackCommand())
	return cmd
}

func newModelsListCommand() *cobra.Command {
	var bench workbench
	var format string
	cmd := &cobra.Command{
		Use:     "list [flags]",
		Short:   "List models, aliases and the history of what served",
		Example: `  parley models list --data-dir data`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "table" && format != "json" {
				return usageError("unknown format %q (want table or json)", format)
			}
			ctx := cmd.Context()
			conn, stop, err := bench.open(ctx)
			if err != nil {
				return err
			}
			defer stop()
			models, err := parleyv1.NewModelServiceClient(conn).ListModels(ctx, &parleyv1.ListModelsRequest{})
			if err != nil {
				return callError(ctx, err)
			}
			history, err := parleyv1.NewTrainingServiceClient(conn).ListPromotions(ctx, &parleyv1.ListPromotionsRequest{PageSize: 20})
			if err != nil {
				return callError(ctx, err)
			}
			if format == "json" {
				out := protojson.MarshalOptions{UseProtoNames: true}
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s\n%s\n", out.Format(models), out.Format(history))
				return err
			}
			return modelsTable(cmd.OutOrStdout(), models, history)
		},
	}
	cmd.Flags().SortFlags = false
	bench.register(cmd.Flags())
	cmd.Flags().StringVarP(&format, "format", "f", "table", "`FORMAT`: table or json")
	return cmd
}

func modelsTable(w io.Writer, models *parleyv1.ListModelsResponse, history *parleyv1.ListPromotionsResponse) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "MODEL\tALIASES\tSTATE\tFROM\tLABELS")
	for _, m := range models.GetModels() {
		from := short(m.GetProvenance().GetParent())
		if m.GetEmbedded() {
			from = "(shipped)"
		}
		state := strings.ToLower(strings.TrimPrefix(m.GetState().String(), "MODEL_STATE_"))
		if m.GetProblem() != "" {
			state += ": " + m.GetProblem()
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\n", short(m.GetId()), strings.Join(m.GetAliases(), ","), state, from, m.GetProvenance().GetLastLabel())
	}
	if len(history.GetPromotions()) > 0 {
		fmt.Fprintln(t, "\nSERVED SINCE\tMODEL\tBY\tWHY\t")
		for _, p := range history.GetPromotions() {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t\n", p.GetTime().AsTime().Format(time.DateTime), short(p.GetModel()), p.GetActor(), snippet(p.GetReason(), 60))
		}
	}
	return t.Flush()
}

// short is a model's name with the first 12 digits of its digest.
func short(id string) string {
	name, digest, ok := strings.Cut(id, "@sha256:")
	if !ok || len(digest) < 12 {
		return id
	}
	return name + "@sha256:" + digest[:12]
}

// exact finds the exact name of a model that is given by an alias, an exact name
// or the beginning of one.
func exact(ctx context.Context, conn *grpc.ClientConn, name string) (string, error) {
	if before, digest, ok := strings.Cut(name, "@sha256:"); ok && before != "" && len(digest) == 64 {
		return name, nil // the server knows whether there is such a model
	}
	resp, err := parleyv1.NewModelServiceClient(conn).ListModels(ctx, &parleyv1.ListModelsRequest{})
	if err != nil {
		return "", callError(ctx, err)
	}
	for _, a := range resp.GetAliases() {
		if a.GetName() == name {
			return a.GetModel(), nil
		}
	}
	var found []string
	for _, m := range resp.GetModels() {
		_, digest, _ := strings.Cut(m.GetId(), "@sha256:")
		if m.GetId() == name {
			return name, nil
		}
		if strings.HasPrefix(m.GetId(), name) && strings.Contains(name, "@") || len(name) >= 6 && strings.HasPrefix(digest, name) {
			found = append(found, m.GetId())
		}
	}
	switch len(found) {
	case 0:
		return "", inputError(fmt.Errorf("no model %q (parley models list shows them)", name))
	case 1:
		return found[0], nil
	}
	return "", inputError(fmt.Errorf("%q may be any of %s", name, strings.Join(found, ", ")))
}

func newModelsShowCommand() *cobra.Command {
	var bench workbench
	var format string
	cmd := &cobra.Command{
		Use:     "show [flags] [MODEL]",
		Short:   "Show a model and where it comes from",
		Example: `  parley models show --data-dir data candidate`,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "table" && format != "json" {
				return usageError("unknown format %q (want table or json)", format)
			}
			ctx := cmd.Context()
			conn, stop, err := bench.open(ctx)
			if err != nil {
				return err
			}
			defer stop()
			name := "default"
			if len(args) > 0 {
				name = args[0]
			}
			id, err := exact(ctx, conn, name)
			if err != nil {
				return err
			}
			m, err := parleyv1.NewModelServiceClient(conn).GetModel(ctx, &parleyv1.GetModelRequest{Model: id})
			if err != nil {
				return callError(ctx, err)
			}
			made, err := parleyv1.NewTrainingServiceClient(conn).ListTrainings(ctx, &parleyv1.ListTrainingsRequest{Model: id, PageSize: 1})
			if err != nil {
				return callError(ctx, err)
			}
			if format == "json" {
				out := protojson.MarshalOptions{UseProtoNames: true}
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s\n%s\n", out.Format(m.GetModel()), out.Format(made))
				return err
			}
			return showModel(cmd.OutOrStdout(), m.GetModel(), made.GetTrainings())
		},
	}
	cmd.Flags().SortFlags = false
	bench.register(cmd.Flags())
	cmd.Flags().StringVarP(&format, "format", "f", "table", "`FORMAT`: table or json")
	return cmd
}

func showModel(w io.Writer, m *parleyv1.Model, made []*parleyv1.Training) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	p := m.GetProvenance()
	row := func(name, value string) {
		if value != "" && value != "0" {
			fmt.Fprintf(t, "%s\t%s\n", name, value)
		}
	}
	row("model", m.GetId())
	row("target", m.GetTarget())
	row("aliases", strings.Join(m.GetAliases(), ", "))
	row("state", strings.ToLower(strings.TrimPrefix(m.GetState().String(), "MODEL_STATE_")))
	row("problem", m.GetProblem())
	row("parent", p.GetParent())
	row("corpus", p.GetCorpusSha256())
	row("last label", fmt.Sprint(p.GetLastLabel()))
	row("seed", fmt.Sprint(p.GetSeed()))
	for _, r := range p.GetRows() {
		row("rows "+r.GetSource(), fmt.Sprint(r.GetRows()))
	}
	for _, s := range p.GetSettings() {
		row("setting "+s.GetName(), s.GetValue())
	}
	for _, x := range m.GetMetrics() {
		row(x.GetName(), fmt.Sprintf("%.4f", x.GetValue()))
	}
	for _, tr := range made {
		row("training", tr.GetId())
		row("asked for by", tr.GetActor())
		row("trained by", tr.GetCodeVersion())
		row("labels", fmt.Sprintf("%d as of sequence %d, %d held out, %d left out", tr.GetLabels(), tr.GetLabelsAsOf(), tr.GetHeldOut(), tr.GetLeftOut()))
		row("gate", tr.GetGate().GetMessage())
		if tr.GetGate().GetOverridden() {
			row("gate overridden", tr.GetSettings().GetOverrideReason())
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(made) > 0 {
		return gateTable(w, made[0].GetGate())
	}
	return nil
}

func newModelsActivateCommand() *cobra.Command {
	return promoteCommand(&cobra.Command{
		Use:     "activate [flags] MODEL",
		Short:   "Let a model serve",
		Example: `  parley models activate --addr localhost:50051 --reason "gate passed" candidate`,
		Args:    cobra.ExactArgs(1),
	})
}

func newModelsRollbackCommand() *cobra.Command {
	return promoteCommand(&cobra.Command{
		Use:     "rollback [flags]",
		Short:   "Let the model serve that served before",
		Example: `  parley models rollback --data-dir data --reason "complaints from the desk"`,
		Args:    cobra.NoArgs,
	})
}

// promoteCommand gives cmd the flags and the action of a change of the serving
// model; without an argument it is a rollback.
func promoteCommand(cmd *cobra.Command) *cobra.Command {
	var bench workbench
	req := &parleyv1.PromoteModelRequest{}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		conn, stop, err := bench.open(ctx)
		if err != nil {
			return err
		}
		defer stop()
		if len(args) == 1 {
			if req.Model, err = exact(ctx, conn, args[0]); err != nil {
				return err
			}
		}
		if req.Expected != "" {
			if req.Expected, err = exact(ctx, conn, req.Expected); err != nil {
				return err
			}
		}
		resp, err := parleyv1.NewTrainingServiceClient(conn).PromoteModel(ctx, req)
		if err != nil {
			return callError(ctx, err)
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s serves now, %s did before\n", resp.GetPromotion().GetModel(), resp.GetPromotion().GetPrevious())
		return err
	}
	cmd.Flags().SortFlags = false
	bench.register(cmd.Flags())
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why, as `TEXT`; recorded")
	byFlag(cmd.Flags(), &req.Actor, "`NAME` of who does it; recorded (a server goes by the token instead, if there is one)")
	cmd.Flags().StringVar(&req.Expected, "expected", "", "fail unless this `MODEL` serves now")
	return cmd
}
