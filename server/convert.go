package server

import (
	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

const (
	numStances = 4
	numTones   = 3
)

var languages = [...]parleyv1.Language{
	text.Other:   parleyv1.Language_LANGUAGE_OTHER,
	text.English: parleyv1.Language_LANGUAGE_ENGLISH,
	text.Arabic:  parleyv1.Language_LANGUAGE_ARABIC,
}

var abstentions = [...]parleyv1.AbstainReason{
	model.NotAbstained:        parleyv1.AbstainReason_ABSTAIN_REASON_UNSPECIFIED,
	model.LowConfidence:       parleyv1.AbstainReason_ABSTAIN_REASON_LOW_CONFIDENCE,
	model.UnsupportedLanguage: parleyv1.AbstainReason_ABSTAIN_REASON_UNSUPPORTED_LANGUAGE,
	model.NothingToRead:       parleyv1.AbstainReason_ABSTAIN_REASON_NOTHING_TO_READ,
}

// stanceOf and toneOf turn a label of package model into that of the API, which
// counts from 1.
func stanceOf(label int) parleyv1.Stance { return parleyv1.Stance(label + 1) }
func toneOf(label int) parleyv1.Tone     { return parleyv1.Tone(label + 1) }

// paragraphParts holds the messages of which every paragraph has the same
// number, so that a paragraph is one allocation and its evidence one a task.
type paragraphParts struct {
	paragraph parleyv1.Paragraph
	span      parleyv1.Span
	stance    parleyv1.StancePrediction
	tone      parleyv1.TonePrediction
	stances   [numStances]parleyv1.StanceProbability
	tones     [numTones]parleyv1.ToneProbability
	stanceRef [numStances]*parleyv1.StanceProbability
	toneRef   [numTones]*parleyv1.ToneProbability
}

// toParagraph converts a scored paragraph that stands at span (in units of enc)
// in its document and reads s.
func toParagraph(p *model.Paragraph, s string, span text.Span, enc text.Encoding) *parleyv1.Paragraph {
	parts := new(paragraphParts)
	parts.span.Start, parts.span.End = int64(span.Start), int64(span.End)
	out := &parts.paragraph
	out.Span = &parts.span
	out.Language = languages[p.Language]
	out.Text = s
	units := text.NewConverter(s, enc)

	st := &parts.stance
	st.Label = stanceOf(p.Stance.Label)
	st.Confidence, st.Score = p.Stance.Confidence(), p.Stance.Score()
	st.Abstained = abstentions[p.Stance.Abstained]
	for i := range parts.stances {
		parts.stances[i].Label, parts.stances[i].Probability = stanceOf(i), p.Stance.Probabilities[i]
		parts.stanceRef[i] = &parts.stances[i]
	}
	st.Probabilities = parts.stanceRef[:]
	st.Evidence = toStanceEvidence(p.Stance.Evidence, s, &units)
	out.Stance = st

	tn := &parts.tone
	tn.Label = toneOf(p.Tone.Label)
	tn.Confidence, tn.Score = p.Tone.Confidence(), p.Tone.Score()
	tn.Abstained = abstentions[p.Tone.Abstained]
	for i := range parts.tones {
		parts.tones[i].Label, parts.tones[i].Probability = toneOf(i), p.Tone.Probabilities[i]
		parts.toneRef[i] = &parts.tones[i]
	}
	tn.Probabilities = parts.toneRef[:]
	tn.Evidence = toToneEvidence(p.Tone.Evidence, s, &units)
	out.Tone = tn
	return out
}

type stanceEvidence struct {
	evidence parleyv1.StanceEvidence
	span     parleyv1.Span
}

func toStanceEvidence(in []model.Evidence, s string, units *text.Converter) []*parleyv1.StanceEvidence {
	if len(in) == 0 {
		return nil
	}
	parts := make([]stanceEvidence, len(in))
	out := make([]*parleyv1.StanceEvidence, len(in))
	for i := range in {
		e, p := &in[i], &parts[i]
		p.span.Start, p.span.End = int64(units.Offset(e.Start)), int64(units.Offset(e.End))
		p.evidence.Span = &p.span
		p.evidence.Text = s[e.Start:e.End]
		p.evidence.Label = stanceOf(e.Label)
		p.evidence.Weight = e.Weight
		p.evidence.Holder = e.Holder
		out[i] = &p.evidence
	}
	return out
}

type toneEvidence struct {
	evidence parleyv1.ToneEvidence
	span     parleyv1.Span
}

func toToneEvidence(in []model.Evidence, s string, units *text.Converter) []*parleyv1.ToneEvidence {
	if len(in) == 0 {
		return nil
	}
	parts := make([]toneEvidence, len(in))
	out := make([]*parleyv1.ToneEvidence, len(in))
	for i := range in {
		e, p := &in[i], &parts[i]
		p.span.Start, p.span.End = int64(units.Offset(e.Start)), int64(units.Offset(e.End))
		p.evidence.Span = &p.span
		p.evidence.Text = s[e.Start:e.End]
		p.evidence.Label = toneOf(e.Label)
		p.evidence.Weight = e.Weight
		p.evidence.Holder = e.Holder
		out[i] = &p.evidence
	}
	return out
}

// summarize works out what the paragraphs of a document amount to.
func summarize(ps []*parleyv1.Paragraph) *parleyv1.Summary {
	var stances [numStances + 1]int32
	var tones [numTones + 1]int32
	var stanceSum, toneSum float64
	sum := &parleyv1.Summary{}
	for _, p := range ps {
		stances[p.Stance.Label]++
		tones[p.Tone.Label]++
		if p.Stance.Label != parleyv1.Stance_STANCE_UNRELATED {
			stanceSum += p.Stance.Score
		}
		toneSum += p.Tone.Score
		if p.Stance.Abstained != 0 || p.Tone.Abstained != 0 {
			sum.Abstained++
		}
	}
	for label, n := range stances {
		if n > 0 {
			sum.Stances = append(sum.Stances, &parleyv1.StanceCount{Label: parleyv1.Stance(label), Paragraphs: n})
		}
	}
	for label, n := range tones {
		if n > 0 {
			sum.Tones = append(sum.Tones, &parleyv1.ToneCount{Label: parleyv1.Tone(label), Paragraphs: n})
		}
	}
	if related := len(ps) - int(stances[parleyv1.Stance_STANCE_UNRELATED]); related > 0 {
		sum.StanceScore = stanceSum / float64(related)
	}
	if len(ps) > 0 {
		sum.ToneScore = toneSum / float64(len(ps))
	}
	return sum
}
