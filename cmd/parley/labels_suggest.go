package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	"github.com/parley-nlp/parley/cmd/parley/internal/input"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

const (
	// poolChunk and poolBytes bound a message of the pool.
	poolChunk = 1000
	poolBytes = 2 << 20
	// maxParagraph is the longest paragraph that can be labelled.
	maxParagraph = 64 << 10
)

var strategies = []string{"", "uncertainty", "margin", "disagreement", "diversity", "random", "mixed"}

// suggestFlags are the flags of parley labels suggest.
type suggestFlags struct {
	bench     workbench
	strategy  string
	count     int
	random    float64
	model     string
	committee []string
	seed      uint64
	labeled   bool
	format    string
	output    string
}

// suggestionRow is a suggestion as a row of JSONL. It can be labelled by adding
// stance and tone, and imported.
type suggestionRow struct {
	ID         string     `json:"id"`
	Text       string     `json:"text"`
	Suggestion suggestion `json:"suggestion"`
}

type suggestion struct {
	Strategy   string             `json:"strategy"`
	Score      float64            `json:"score"`
	Reason     string             `json:"reason"`
	Cluster    int32              `json:"cluster"`
	Model      string             `json:"model"`
	Stance     string             `json:"stance"`
	Tone       string             `json:"tone"`
	Confidence map[string]float64 `json:"confidence"`
}

func newLabelsSuggestCommand() *cobra.Command {
	var f suggestFlags
	cmd := &cobra.Command{
		Use:   "suggest [flags] [FILE|-]...",
		Short: "Choose which paragraphs of a pool to label next, and say why",
		Example: `  parley labels suggest --data-dir data -n 50 pool.jsonl -o next.jsonl
  parley labels suggest --addr localhost:50051 --strategy disagreement --committee candidate pool.jsonl`,
		Long: `Suggest reads a pool of paragraphs (files as for score; text is split into
paragraphs, rows are one each) and writes those most worth a person's time, the
most valuable first, with the reason. Paragraphs that carry a label are passed
over. A share is drawn at random and marked so: figures measured on those are
honest estimates for the pool.

Strategies: uncertainty (entropy), margin (first against second label),
disagreement (of the models named by --committee), diversity (centres of
clusters), random, mixed (the most uncertain of each cluster; the default).`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	f.bench.register(fs)
	fs.StringVar(&f.strategy, "strategy", "mixed", "`STRATEGY`: uncertainty, margin, disagreement, diversity, random or mixed")
	fs.IntVarP(&f.count, "count", "n", 20, "`NUMBER` of paragraphs, 1 to 1000")
	fs.Float64Var(&f.random, "random-share", 0.1, "`SHARE` that is drawn at random, 0 to 1")
	fs.StringVar(&f.model, "model", "", "`MODEL` to ask, an alias or exact name (default: the alias default)")
	fs.StringSliceVar(&f.committee, "committee", nil, "further `MODELS`, with commas, whose disagreement counts")
	fs.Uint64Var(&f.seed, "seed", 0, "`SEED` of everything drawn at random")
	fs.BoolVar(&f.labeled, "include-labeled", false, "also paragraphs that carry a label")
	fs.StringVarP(&f.format, "format", "f", "", "`FORMAT`: table or jsonl (default: table on a terminal, jsonl otherwise)")
	fs.StringVarP(&f.output, "output", "o", "", "write to `FILE` instead of standard output")
	return cmd
}

func (f *suggestFlags) settings() (*parleyv1.SuggestSettings, error) {
	set := &parleyv1.SuggestSettings{
		Count: int32(min(f.count, math.MaxInt32)), RandomShare: &f.random, Model: f.model, Committee: f.committee, Seed: f.seed, IncludeLabeled: f.labeled,
	}
	for i, name := range strategies {
		if name == f.strategy && name != "" {
			set.Strategy = parleyv1.SuggestStrategy(i)
		}
	}
	switch {
	case set.Strategy == 0:
		return nil, usageError("unknown strategy %q (want %s)", f.strategy, strings.Join(strategies[1:], ", "))
	case f.count < 1 || f.count > 1000:
		return nil, usageError("--count is %d (want 1 to 1000)", f.count)
	case !(f.random >= 0 && f.random <= 1):
		return nil, usageError("--random-share is %v (want 0 to 1)", f.random)
	}
	return set, nil
}

func (f *suggestFlags) run(cmd *cobra.Command, args []string) error {
	set, err := f.settings()
	if err != nil {
		return err
	}
	format := f.format
	if format == "" && f.output != "" {
		format = "jsonl"
	}
	table, err := tableOrJSON(cmd, format)
	if err != nil {
		return err
	}
	sources, err := poolSources(cmd, args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	conn, stop, err := f.bench.open(ctx)
	if err != nil {
		return err
	}
	defer stop()
	stream, err := parleyv1.NewLabelServiceClient(conn).SuggestLabels(ctx)
	if err != nil {
		return callError(ctx, err)
	}
	p := poolSender{cmd: cmd, stream: stream}
	if err := stream.Send(&parleyv1.SuggestLabelsRequest{Settings: set}); err != nil && !errors.Is(err, io.EOF) {
		return callError(ctx, err)
	}
	for i := range sources {
		if err := p.read(&sources[i]); err != nil {
			return err
		}
	}
	if err := p.flush(); err != nil && !errors.Is(err, io.EOF) {
		return callError(ctx, err)
	}
	resp, err := stream.CloseAndRecv()
	if err != nil {
		return callError(ctx, err)
	}
	w, done, err := outputTo(cmd, f.output)
	if err != nil {
		return err
	}
	err = errors.Join(p.write(w, resp, table), done())
	if err == nil && p.bad > 0 {
		return &exitError{status: exitRows}
	}
	return err
}

// poolSender streams the pool and keeps its texts, to write those chosen.
type poolSender struct {
	cmd    *cobra.Command
	stream grpc.ClientStreamingClient[parleyv1.SuggestLabelsRequest, parleyv1.SuggestLabelsResponse]
	items  []*parleyv1.PoolItem
	bytes  int
	pool   []*parleyv1.PoolItem
	bad    int
	closed bool // the server has answered already; why is told at the end
}

func (p *poolSender) read(s *input.Source) error {
	r, err := s.Open(input.Fields{})
	if err != nil {
		return inputError(err)
	}
	defer func() { _ = r.Close() }()
	for !p.closed {
		batch, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return inputError(err)
		}
		for _, rec := range batch.Parse() {
			if err := p.record(&rec, s.Format.IsDocument()); err != nil {
				return err
			}
		}
	}
	return nil
}

// record adds the paragraphs of a document, or a row as it is.
func (p *poolSender) record(rec *input.Record, split bool) error {
	for _, par := range p.paragraphs(rec, split) {
		if err := p.add(par.GetId(), par.GetText()); err != nil {
			return err
		}
	}
	return nil
}

// paragraphs returns the paragraphs of a record that can be labelled; the others
// are named and counted.
func (p *poolSender) paragraphs(rec *input.Record, split bool) []*parleyv1.PoolParagraph {
	bad := func(format string, args ...any) {
		p.bad++
		note(p.cmd, "%s: %s", rec.Place(), fmt.Sprintf(format, args...))
	}
	if rec.Err != nil {
		bad("%v", rec.Err)
		return nil
	}
	doc, err := rec.Decode()
	if err != nil {
		bad("%v", err)
		return nil
	}
	spans := []text.Span{{End: len(doc.Text)}}
	if split {
		spans = text.Paragraphs(doc.Text)
	}
	var out []*parleyv1.PoolParagraph
	for i, span := range spans {
		s, id := strings.ToValidUTF8(span.In(doc.Text), "\uFFFD"), rec.ID
		if split {
			id = fmt.Sprintf("%s#%d", rec.ID, i)
		}
		switch {
		case strings.TrimSpace(s) == "":
		case len(s) > maxParagraph:
			bad("a paragraph of %d bytes is longer than the limit of %d", len(s), maxParagraph)
		default:
			out = append(out, &parleyv1.PoolParagraph{Id: id, Text: s})
		}
	}
	return out
}

func (p *poolSender) add(id, s string) error {
	item := &parleyv1.PoolItem{Id: id, Text: s}
	p.items, p.pool = append(p.items, item), append(p.pool, item)
	p.bytes += len(s) + len(id)
	if len(p.items) < poolChunk && p.bytes < poolBytes {
		return nil
	}
	if err := p.flush(); errors.Is(err, io.EOF) {
		p.closed = true
	} else if err != nil {
		return callError(p.cmd.Context(), err)
	}
	return nil
}

func (p *poolSender) flush() error {
	if len(p.items) == 0 || p.closed {
		return nil
	}
	err := p.stream.Send(&parleyv1.SuggestLabelsRequest{Items: p.items})
	p.items, p.bytes = nil, 0
	return err
}

func (p *poolSender) write(w io.Writer, resp *parleyv1.SuggestLabelsResponse, table bool) error {
	buf := bufio.NewWriter(w)
	t := tabwriter.NewWriter(buf, 0, 8, 2, ' ', 0)
	if table {
		fmt.Fprintln(t, "SCORE\tBY\tID\tWHY\tTEXT")
	}
	for _, s := range resp.GetSuggestions() {
		by := strategies[s.GetStrategy()]
		body := p.pool[s.GetPosition()].GetText()
		if table {
			fmt.Fprintf(t, "%.2f\t%s\t%s\t%s\t%s\n", s.GetScore(), by, snippet(s.GetId(), 30), s.GetReason(), snippet(body, 60))
			continue
		}
		if err := writeJSON(buf, suggestionRow{ID: s.GetId(), Text: body, Suggestion: suggestion{
			Strategy: by, Score: round4(s.GetScore()), Reason: s.GetReason(), Cluster: s.GetCluster(), Model: resp.GetModel(),
			Stance: stanceText(s.GetStance()), Tone: toneText(s.GetTone()),
			Confidence: map[string]float64{"stance": round4(s.GetStanceConfidence()), "tone": round4(s.GetToneConfidence())},
		}}); err != nil {
			return err
		}
	}
	if resp.GetSkipped() > 0 {
		note(p.cmd, "%d of %d paragraphs were passed over: labelled already, or the same as another", resp.GetSkipped(), resp.GetPoolSize())
	}
	return errors.Join(t.Flush(), buf.Flush())
}

func round4(x float64) float64 { return math.Round(x*1e4) / 1e4 }

// poolSources turns arguments into inputs, by their suffix; none is standard
// input, which is JSONL.
func poolSources(cmd *cobra.Command, args []string) ([]input.Source, error) {
	if len(args) == 0 {
		args = []string{"-"}
	}
	var out []input.Source
	stdin := false
	for _, a := range args {
		s := input.Source{Path: a}
		if a != "-" {
			s.Format, s.Compression, s.Err = input.Detect(a)
		} else if stdin {
			return nil, usageError("standard input (-) is named twice")
		} else {
			stdin = true
			s.Format, s.Stdin = input.JSONL, cmd.InOrStdin()
		}
		out = append(out, s)
	}
	return out, nil
}
