package retrain

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server"
)

const (
	maxCompared          = 1000
	maxComparedBytes     = 64 << 10
	maxContributions     = 32
	defaultContributions = 6
)

// CompareModels implements TrainingService.
func (s *Service) CompareModels(ctx context.Context, req *parleyv1.CompareModelsRequest) (*parleyv1.CompareModelsResponse, error) {
	show := int32(defaultContributions)
	if req.MaxContributions != nil {
		if show = *req.MaxContributions; show < 0 || show > maxContributions {
			return nil, server.FieldErrorf(server.FieldInvalid, "max_contributions", "%d is not in 0 to %d", show, maxContributions)
		}
	}
	enc := text.UTF8
	switch req.GetEncoding() {
	case parleyv1.EncodingType_ENCODING_TYPE_UNSPECIFIED, parleyv1.EncodingType_ENCODING_TYPE_UTF8:
	case parleyv1.EncodingType_ENCODING_TYPE_UTF16:
		enc = text.UTF16
	case parleyv1.EncodingType_ENCODING_TYPE_UTF32:
		enc = text.UTF32
	default:
		return nil, server.FieldErrorf(server.EnumUnknown, "encoding", "encoding type %d is none of 1 (UTF-8), 2 (UTF-16) and 3 (UTF-32)", req.GetEncoding())
	}
	switch n := len(req.GetParagraphs()); {
	case n == 0:
		return nil, server.FieldErrorf(server.BatchEmpty, "paragraphs", "there is no paragraph; at least 1 is required")
	case n > maxCompared:
		return nil, server.FieldErrorf(server.BatchTooLarge, "paragraphs", "%d paragraphs are more than the limit of %d", n, maxCompared)
	}
	var models [2]*model.Model
	for k, name := range []string{req.GetBefore(), req.GetAfter()} {
		field := []string{"before", "after"}[k]
		if name == "" {
			return nil, server.FieldErrorf(server.FieldInvalid, field, "a model is required")
		}
		m, err := s.opt.Models.Load(ctx, name)
		if err != nil {
			return nil, server.RegistryError(err)
		}
		models[k] = m
	}
	resp := &parleyv1.CompareModelsResponse{Before: models[0].ID(), After: models[1].ID(), Compared: int32(len(req.GetParagraphs()))}
	for i, p := range req.GetParagraphs() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if strings.TrimSpace(p.GetText()) == "" || len(p.GetText()) > maxComparedBytes {
			return nil, server.FieldErrorf(server.FieldInvalid, fmt.Sprintf("paragraphs[%d].text", i), "%d bytes, want 1 to %d that are not blank", len(p.GetText()), maxComparedBytes)
		}
		changes, err := compare(models, p.GetText(), int(show), enc)
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			c.Index, c.Id = int32(i), p.GetId()
			resp.Changes = append(resp.Changes, c)
		}
	}
	return resp, nil
}

// compare returns the labels of a paragraph on which the models differ.
func compare(models [2]*model.Model, s string, show int, enc text.Encoding) ([]*parleyv1.LabelChange, error) {
	var got [2]model.Paragraph
	differ := false
	for k, m := range models {
		var err error
		if got[k], err = m.Paragraph(s, model.Options{Evidence: model.NoEvidence}); err != nil {
			return nil, err
		}
	}
	for t := range model.Task(model.NumTasks) {
		differ = differ || got[0].Task(t).Label != got[1].Task(t).Label
	}
	if !differ {
		return nil, nil
	}
	var why [2]model.Explanation
	for k, m := range models {
		var err error
		if why[k], err = m.Explain(s, got[k].Language); err != nil {
			return nil, err
		}
	}
	var out []*parleyv1.LabelChange
	for t := range model.Task(model.NumTasks) {
		a, b := got[0].Task(t), got[1].Task(t)
		if a.Label == b.Label {
			continue
		}
		out = append(out, &parleyv1.LabelChange{
			Task: t.String(), Before: t.Labels()[a.Label], After: t.Labels()[b.Label], BeforeConfidence: a.Confidence(), AfterConfidence: b.Confidence(),
			Contributions: contributions(why, t, a.Label, b.Label, s, show, enc),
		})
	}
	return out, nil
}

// contributions returns the tokens whose contribution to the new label over the
// old one changed most. Both models read the same tokens.
func contributions(why [2]model.Explanation, t model.Task, old, now int, s string, show int, enc text.Encoding) []*parleyv1.ContributionChange {
	from, _ := t.Outputs()
	tokens := why[0].Tokens
	sums := make([][2]float64, len(tokens))
	for k := range why {
		for i := range why[k].Contributions {
			c := &why[k].Contributions[i]
			if c.Token >= 0 && c.Token < len(sums) {
				sums[c.Token][k] += c.Weights[from+now] - c.Weights[from+old]
			}
		}
	}
	order := make([]int, 0, len(tokens))
	for i := range tokens {
		if math.Abs(sums[i][1]-sums[i][0]) > 1e-9 {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(math.Abs(sums[b][1]-sums[b][0]), math.Abs(sums[a][1]-sums[a][0])), cmp.Compare(a, b))
	})
	order = order[:min(show, len(order))]
	slices.Sort(order)
	c := text.NewConverter(s, enc)
	var out []*parleyv1.ContributionChange
	for _, i := range order {
		sp := c.Span(tokens[i])
		out = append(out, &parleyv1.ContributionChange{
			Span: &parleyv1.Span{Start: int64(sp.Start), End: int64(sp.End)}, Text: tokens[i].In(s), Before: sums[i][0], After: sums[i][1],
		})
	}
	return out
}
