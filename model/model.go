// Package model classifies a paragraph of English or Arabic news by its stance
// toward a target person and by its tone.
//
// Both tasks are log-linear in one set of features that a single pass over the
// paragraph's words yields. Every feature belongs to a stretch of the text, so a
// logit is exactly its bias plus the sum of the contributions of the words, and
// the evidence that a prediction shows is a part of that sum. The same bytes always give the same numbers.
//
// A Model is immutable and safe for concurrent use. The package reads no
// files, opens no connections and logs nothing; how a model is trained is the
// business of package training, which calls the extractor of this package.
package model

import (
	"errors"

	"github.com/parley-nlp/parley/model/text"
)

const (
	// DefaultEvidence is how many evidence spans a task gets by default.
	DefaultEvidence = 4
	// MaxEvidence is the most evidence spans that can be asked for a task.
	MaxEvidence = 16
	// MaxParagraph is the length in bytes of the longest paragraph that is scored.
	MaxParagraph = 1 << 20
)

// ErrTooLong is returned for a paragraph of more than MaxParagraph bytes.
var ErrTooLong = errors.New("paragraph is longer than 1 MiB")

// AbstainReason says why a prediction should not be relied upon.
type AbstainReason uint8

// The reasons to abstain. The zero value means that the model does not.
const (
	NotAbstained AbstainReason = iota
	LowConfidence
	UnsupportedLanguage
	NothingToRead
)

var abstainNames = [...]string{"", "low_confidence", "unsupported_language", "nothing_to_read"}

// String returns the reason as it stands in JSON; empty for NotAbstained.
func (r AbstainReason) String() string { return abstainNames[r] }

// Options are the settings of one call. The zero value is the default.
type Options struct {
	// Evidence is the most spans to return for a task: 0 means DefaultEvidence,
	// a negative number none; more than MaxEvidence counts as MaxEvidence.
	Evidence int
	// Language overrides detection; text.Other (the zero value) detects.
	Language text.Language
}

// NoEvidence, as Options.Evidence, asks for labels alone.
const NoEvidence = -1

// Paragraph is a scored paragraph.
type Paragraph struct {
	Language text.Language
	Stance   Prediction
	Tone     Prediction
}

// Task returns the prediction for a task.
func (p *Paragraph) Task(t Task) *Prediction {
	if t == Stance {
		return &p.Stance
	}
	return &p.Tone
}

// Prediction is what the model says of one task.
type Prediction struct {
	// Label is the most probable label; on a tie the one of the lowest number.
	Label int
	// Probabilities are calibrated, in the order of the labels; they sum to 1.
	// A task with fewer labels leaves the rest at 0.
	Probabilities [MaxLabels]float64
	// Evidence is what speaks for Label and the strongest that speaks for
	// another label; in the order of the text, without overlap.
	Evidence []Evidence
	// Abstained says why the prediction should not be relied upon.
	Abstained AbstainReason
}

// Confidence returns the probability of the label.
func (p *Prediction) Confidence() float64 { return p.Probabilities[p.Label] }

// Score returns P(favor) - P(against), or P(cooperative) - P(confrontational).
func (p *Prediction) Score() float64 { return p.Probabilities[0] - p.Probabilities[1] }

// Evidence is a stretch of the paragraph that speaks for a label.
type Evidence struct {
	// Start and End are half-open byte offsets in the paragraph.
	Start, End int
	// Label is the label it speaks for.
	Label int
	// Weight is how much it raises that label's logit above the mean of the
	// other labels, in logit units; above 0.
	Weight float64
	// Holder is the reported speaker whose position it is, as the paragraph
	// names it; empty when it is the author's.
	Holder string
}
