package labels

import (
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"google.golang.org/grpc"

	"github.com/parley-nlp/parley/model"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server"
	"github.com/parley-nlp/parley/server/store"
)

// The limits of a pool.
const (
	MaxPool        = 250_000
	maxPoolIDs     = 64 << 20 // bytes of all ids together
	maxPoolID      = 1024
	maxCommittee   = 8
	maxSuggestions = 1000
	defaultCount   = 20
	defaultRandom  = 0.1
)

// SuggestLabels implements LabelService. Of the pool it keeps ids, hashes and
// numbers, not the texts.
func (s *Service) SuggestLabels(stream grpc.ClientStreamingServer[parleyv1.SuggestLabelsRequest, parleyv1.SuggestLabelsResponse]) error {
	ctx := stream.Context()
	var p *pool
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if p == nil {
			if p, err = s.newPool(req.GetSettings()); err != nil {
				return err
			}
		} else if req.GetSettings() != nil {
			return server.FieldErrorf(server.FieldInvalid, "settings", "settings are read from the first message of the stream only")
		}
		keep, err := p.admit(req.GetItems())
		if err != nil {
			return err
		}
		if !p.settings.GetIncludeLabeled() {
			if keep, err = s.unlabeled(stream, p, keep); err != nil {
				return err
			}
		}
		if err := p.score(keep); err != nil {
			return err
		}
	}
	if p == nil {
		return server.FieldErrorf(server.BatchEmpty, "items", "the pool holds no paragraph")
	}
	resp := &parleyv1.SuggestLabelsResponse{PoolSize: int32(p.size), Skipped: int32(p.skipped), Model: p.models[0].ID()}
	resp.Suggestions = p.choose()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return stream.SendAndClose(resp)
}

// unlabeled leaves out the paragraphs that carry an active label.
func (s *Service) unlabeled(stream grpc.ServerStream, p *pool, in []entry) ([]entry, error) {
	keys := make([]string, len(in))
	for i := range in {
		keys[i] = in[i].key
	}
	labeled, err := s.opt.Store.Labeled(stream.Context(), keys)
	if err != nil {
		return nil, s.storeError(stream.Context(), err)
	}
	out := in[:0]
	for i := range in {
		if labeled[in[i].key] {
			p.skipped++
			continue
		}
		out = append(out, in[i])
	}
	return out, nil
}

// entry is a paragraph of the pool. Its text is dropped once it is scored.
type entry struct {
	id       string
	key      string
	text     string
	position int64

	label      [model.NumTasks]int8
	second     [model.NumTasks]int8
	confidence [model.NumTasks]float32
	next       [model.NumTasks]float32 // the probability of the second label
	entropy    float32                 // of the more uncertain task, in [0, 1]
	margin     float32                 // 1 - (first - second) of the closer task
	disagree   float32                 // of the committee, in [0, 1]
	votes      [model.NumTasks]int8    // members that agree with the first model
	vector     [dimensions]float32
}

// pool is the state of one SuggestLabels.
type pool struct {
	settings *parleyv1.SuggestSettings
	strategy parleyv1.SuggestStrategy
	count    int
	random   float64
	models   []server.Model // the model, then the committee
	seen     map[string]struct{}
	idBytes  int
	size     int
	skipped  int
	entries  []entry
}

func (s *Service) newPool(set *parleyv1.SuggestSettings) (*pool, error) {
	bad := func(field, format string, args ...any) (*pool, error) {
		return nil, server.FieldErrorf(server.FieldInvalid, "settings."+field, format, args...)
	}
	p := &pool{settings: set, strategy: set.GetStrategy(), count: int(set.GetCount()), random: defaultRandom, seen: map[string]struct{}{}}
	if p.strategy == parleyv1.SuggestStrategy_SUGGEST_STRATEGY_UNSPECIFIED {
		p.strategy = parleyv1.SuggestStrategy_SUGGEST_STRATEGY_MIXED
	}
	if _, ok := parleyv1.SuggestStrategy_name[int32(p.strategy)]; !ok {
		return bad("strategy", "strategy %d is not known; accepted are 1 to %d", p.strategy, len(parleyv1.SuggestStrategy_name)-1)
	}
	if p.count == 0 {
		p.count = defaultCount
	}
	if p.count < 0 || p.count > maxSuggestions {
		return bad("count", "%d is not in 1 to %d", p.count, maxSuggestions)
	}
	if set != nil && set.RandomShare != nil {
		p.random = *set.RandomShare
	}
	if !(p.random >= 0 && p.random <= 1) {
		return bad("random_share", "%v is not in 0 to 1", p.random)
	}
	if len(set.GetCommittee()) > maxCommittee {
		return bad("committee", "%d models are more than the limit of %d", len(set.GetCommittee()), maxCommittee)
	}
	if p.strategy == parleyv1.SuggestStrategy_SUGGEST_STRATEGY_DISAGREEMENT && len(set.GetCommittee()) == 0 {
		return bad("committee", "the strategy disagreement needs at least one further model")
	}
	for _, name := range append([]string{set.GetModel()}, set.GetCommittee()...) {
		m, err := s.opt.Models.Resolve(name)
		if err != nil {
			return nil, err
		}
		p.models = append(p.models, m)
	}
	return p, nil
}

// admit checks paragraphs and leaves out those that were there before.
func (p *pool) admit(items []*parleyv1.PoolItem) ([]entry, error) {
	var keep []entry
	for _, item := range items {
		if p.size++; p.size > MaxPool {
			return nil, server.FieldErrorf(server.PoolTooLarge, "items", "the pool holds more than %d paragraphs", MaxPool)
		}
		position := int64(p.size - 1)
		field := fmt.Sprintf("items[%d]", position)
		e := entry{id: item.GetId(), text: item.GetText(), position: position}
		switch {
		case strings.TrimSpace(e.text) == "":
			return nil, server.FieldErrorf(server.LabelInvalid, field+".text", "text is missing or blank")
		case len(e.text) > MaxTextBytes:
			return nil, server.FieldErrorf(server.LabelInvalid, field+".text", "text of %d bytes is longer than the limit of %d", len(e.text), MaxTextBytes)
		case !utf8.ValidString(e.text):
			return nil, server.FieldErrorf(server.LabelInvalid, field+".text", "invalid UTF-8")
		case len(e.id) > maxPoolID:
			return nil, server.FieldErrorf(server.IDTooLong, field+".id", "id of %d bytes is longer than the limit of %d", len(e.id), maxPoolID)
		}
		if e.id == "" {
			e.id = strconv.FormatInt(position, 10)
		}
		if p.idBytes += len(e.id); p.idBytes > maxPoolIDs {
			return nil, server.FieldErrorf(server.PoolTooLarge, "items", "the ids of the pool are longer than %d bytes together", maxPoolIDs)
		}
		e.key = store.Item(e.text)
		if _, ok := p.seen[e.key]; ok {
			p.skipped++
			continue
		}
		p.seen[e.key] = struct{}{}
		keep = append(keep, e)
	}
	return keep, nil
}

// score asks the models. Half of the cores at most are used, so that callers
// who classify are not starved.
func (p *pool) score(in []entry) error {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	run := func() {
		for {
			i := int(next.Add(1)) - 1
			if i >= len(in) || failed.Load() != nil {
				return
			}
			if err := p.ask(&in[i]); err != nil {
				failed.Store(&err)
			}
		}
	}
	var wg sync.WaitGroup
	for range max(1, runtime.GOMAXPROCS(0)/2) {
		wg.Go(run)
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	p.entries = append(p.entries, in...)
	return nil
}

func (p *pool) ask(e *entry) error {
	var members []model.Paragraph
	for i, m := range p.models {
		opt := model.Options{Evidence: model.NoEvidence}
		if i == 0 && p.clusters() {
			opt.Evidence = model.DefaultEvidence
		}
		got, err := m.Paragraph(e.text, opt)
		if err != nil {
			return err
		}
		members = append(members, got)
	}
	if p.clusters() {
		embed(&e.vector, &members[0], e.text)
	}
	e.text = ""
	for t := range model.Task(model.NumTasks) {
		first := members[0].Task(t)
		n := len(t.Labels())
		probs := first.Probabilities[:n]
		second := -1
		for k := range probs {
			if k != first.Label && (second < 0 || probs[k] > probs[second]) {
				second = k
			}
		}
		e.label[t], e.second[t] = int8(first.Label), int8(second)
		e.confidence[t], e.next[t] = float32(probs[first.Label]), float32(probs[second])
		e.entropy = max(e.entropy, float32(entropy(probs)/math.Log(float64(n))))
		e.margin = max(e.margin, 1-(e.confidence[t]-e.next[t]))
		e.disagree = max(e.disagree, float32(divergence(members, t)))
		for i := range members {
			if members[i].Task(t).Label == first.Label {
				e.votes[t]++
			}
		}
	}
	return nil
}

// entropy is in nats.
func entropy(p []float64) float64 {
	h := 0.0
	for _, q := range p {
		if q > 0 {
			h -= q * math.Log(q)
		}
	}
	return h
}

// divergence is the Jensen-Shannon divergence of the members' probabilities, as
// a share of the greatest that so many members can reach.
func divergence(members []model.Paragraph, t model.Task) float64 {
	if len(members) < 2 {
		return 0
	}
	n := len(t.Labels())
	mean := make([]float64, n)
	inner := 0.0
	for i := range members {
		probs := members[i].Task(t).Probabilities[:n]
		inner += entropy(probs) / float64(len(members))
		for k := range probs {
			mean[k] += probs[k] / float64(len(members))
		}
	}
	return max(0, (entropy(mean)-inner)/math.Log(float64(min(n, len(members)))))
}
