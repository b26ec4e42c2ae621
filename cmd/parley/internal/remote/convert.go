package remote

import (
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// paragraph turns a server's answer about s into what a model in-process would
// have returned, and checks it: offsets and labels are relied upon.
func paragraph(p *parleyv1.Paragraph, s string) (model.Paragraph, error) {
	var out model.Paragraph
	switch p.GetLanguage() {
	case parleyv1.Language_LANGUAGE_ENGLISH:
		out.Language = text.English
	case parleyv1.Language_LANGUAGE_ARABIC:
		out.Language = text.Arabic
	case parleyv1.Language_LANGUAGE_OTHER:
		out.Language = text.Other
	default:
		return out, fmt.Errorf("unknown language %d", p.GetLanguage())
	}
	st := p.GetStance()
	var stance prediction
	stance.label, stance.abstained = int(st.GetLabel()), st.GetAbstained()
	for _, v := range st.GetProbabilities() {
		stance.add(int(v.GetLabel()), v.GetProbability())
	}
	for _, v := range st.GetEvidence() {
		stance.evidence = append(stance.evidence, evidence(v, int(v.GetLabel())))
	}
	var err error
	if out.Stance, err = stance.check(model.Stance, s); err != nil {
		return out, err
	}
	tn := p.GetTone()
	var tone prediction
	tone.label, tone.abstained = int(tn.GetLabel()), tn.GetAbstained()
	for _, v := range tn.GetProbabilities() {
		tone.add(int(v.GetLabel()), v.GetProbability())
	}
	for _, v := range tn.GetEvidence() {
		tone.evidence = append(tone.evidence, evidence(v, int(v.GetLabel())))
	}
	out.Tone, err = tone.check(model.Tone, s)
	return out, err
}

// prediction is one of either task. Labels are numbers of the enum, which are
// one above those of the model.
type prediction struct {
	label         int
	labels        []int
	probabilities []float64
	evidence      []model.Evidence
	abstained     parleyv1.AbstainReason
}

func (p *prediction) add(label int, probability float64) {
	p.labels = append(p.labels, label)
	p.probabilities = append(p.probabilities, probability)
}

// span is what the evidence of both tasks has.
type span interface {
	GetSpan() *parleyv1.Span
	GetWeight() float64
	GetHolder() string
}

func evidence(v span, label int) model.Evidence {
	return model.Evidence{
		Start: int(v.GetSpan().GetStart()), End: int(v.GetSpan().GetEnd()),
		Label: label - 1, Weight: v.GetWeight(), Holder: v.GetHolder(),
	}
}

var reasons = map[parleyv1.AbstainReason]model.AbstainReason{
	parleyv1.AbstainReason_ABSTAIN_REASON_UNSPECIFIED:          model.NotAbstained,
	parleyv1.AbstainReason_ABSTAIN_REASON_LOW_CONFIDENCE:       model.LowConfidence,
	parleyv1.AbstainReason_ABSTAIN_REASON_UNSUPPORTED_LANGUAGE: model.UnsupportedLanguage,
	parleyv1.AbstainReason_ABSTAIN_REASON_NOTHING_TO_READ:      model.NothingToRead,
}

func (p *prediction) check(task model.Task, s string) (model.Prediction, error) {
	var out model.Prediction
	n := len(task.Labels())
	if len(p.labels) != n {
		return out, fmt.Errorf("%s has %d probabilities, want %d", task, len(p.labels), n)
	}
	for i, l := range p.labels {
		if l != i+1 {
			return out, fmt.Errorf("probabilities of %s are out of order", task)
		}
		if v := p.probabilities[i]; !(v >= 0 && v <= 1) {
			return out, fmt.Errorf("%s has the probability %v", task, v)
		}
		out.Probabilities[i] = p.probabilities[i]
	}
	if p.label < 1 || p.label > n {
		return out, fmt.Errorf("unknown %s %d", task, p.label)
	}
	out.Label = p.label - 1
	var ok bool
	if out.Abstained, ok = reasons[p.abstained]; !ok {
		return out, fmt.Errorf("unknown reason to abstain %d", p.abstained)
	}
	for _, v := range p.evidence {
		if v.Start < 0 || v.End < v.Start || v.End > len(s) || !boundary(s, v.Start) || !boundary(s, v.End) {
			return out, fmt.Errorf("evidence of %s at [%d, %d) is not in the text", task, v.Start, v.End)
		}
		if v.Label < 0 || v.Label >= n || math.IsNaN(v.Weight) || math.IsInf(v.Weight, 0) {
			return out, fmt.Errorf("evidence of %s at [%d, %d) is malformed", task, v.Start, v.End)
		}
	}
	out.Evidence = p.evidence
	return out, nil
}

// boundary tells whether a character of s begins at i, or s ends there.
func boundary(s string, i int) bool { return i == len(s) || utf8.RuneStart(s[i]) }
