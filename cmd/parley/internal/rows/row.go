// Package rows is the shape of what parley score prints: one row for every
// paragraph, and the writers and readers of its file formats.
//
// A [Row] holds everything that any format shows, so that the local and the
// remote path, which fill the same struct, print the same bytes. Rows are plain
// values; an [Appender] is safe for concurrent use, a [Writer] is not.
package rows

import (
	"encoding/json"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// Row is a scored paragraph.
type Row struct {
	// ID is the id of the document: the path of a file, or the id of its row.
	ID string `json:"id"`
	// Paragraph counts the paragraphs of the document from 0.
	Paragraph int `json:"paragraph"`
	// Start and End are half-open offsets in the document as it was sent, in
	// the unit that the run was asked for.
	Start int `json:"start"`
	End   int `json:"end"`
	// Language is "en", "ar" or "other".
	Language string `json:"language"`
	// Text is the paragraph as it was read, in valid UTF-8.
	Text   string `json:"text"`
	Stance Stance `json:"stance"`
	Tone   Tone   `json:"tone"`
	// Model is the exact name of the model, "assad@sha256:" and 64 digits.
	Model string `json:"model"`
	// Extra is a JSON object of the fields that the input had besides the text
	// and the id, with its keys sorted; "{}" where there were none.
	Extra json.RawMessage `json:"extra"`
}

// Prediction is what a row says of one task.
type Prediction struct {
	// Label is the most probable label.
	Label string `json:"label"`
	// Confidence is its probability.
	Confidence float64 `json:"confidence"`
	// Score is P(favor)-P(against) or P(cooperative)-P(confrontational).
	Score float64 `json:"score"`
	// Evidence stands in the order of the text.
	Evidence []Evidence `json:"evidence"`
	// Abstained says why the label should not be relied upon: "low_confidence",
	// "unsupported_language" or "nothing_to_read"; empty if it may be.
	Abstained string `json:"abstained,omitempty"`
}

// Evidence is a stretch of a row's text that speaks for a label.
type Evidence struct {
	// Start and End are half-open offsets in the row's text, in the unit of
	// the run.
	Start int `json:"start"`
	End   int `json:"end"`
	// Text is the stretch itself.
	Text string `json:"text"`
	// Label is the label it speaks for, not always that of the row.
	Label string `json:"label"`
	// Weight is in logit units, above 0.
	Weight float64 `json:"weight"`
	// Holder is the reported speaker; empty when it is the author.
	Holder string `json:"holder"`
}

// Stance is the prediction of the stance with the probability of each label.
type Stance struct {
	Prediction
	Probabilities StanceProbabilities `json:"probabilities"`
}

// StanceProbabilities has a field for each label of the stance, in their order.
type StanceProbabilities struct {
	Favor     float64 `json:"favor" parquet:"favor,zstd"`
	Against   float64 `json:"against" parquet:"against,zstd"`
	Neutral   float64 `json:"neutral" parquet:"neutral,zstd"`
	Unrelated float64 `json:"unrelated" parquet:"unrelated,zstd"`
}

// Tone is the prediction of the tone with the probability of each label.
type Tone struct {
	Prediction
	Probabilities ToneProbabilities `json:"probabilities"`
}

// ToneProbabilities has a field for each label of the tone, in their order.
type ToneProbabilities struct {
	Cooperative     float64 `json:"cooperative" parquet:"cooperative,zstd"`
	Confrontational float64 `json:"confrontational" parquet:"confrontational,zstd"`
	Neutral         float64 `json:"neutral" parquet:"neutral,zstd"`
}

// Task returns the prediction of a task and its probabilities in the order of
// the labels.
func (r *Row) Task(t model.Task) (*Prediction, [model.MaxLabels]float64) {
	if t == model.Stance {
		p := &r.Stance.Probabilities
		return &r.Stance.Prediction, [model.MaxLabels]float64{p.Favor, p.Against, p.Neutral, p.Unrelated}
	}
	p := &r.Tone.Probabilities
	return &r.Tone.Prediction, [model.MaxLabels]float64{p.Cooperative, p.Confrontational, p.Neutral}
}

// SetPrediction fills in what the model says of the row's Text; offsets of
// evidence are turned from bytes into units of e.
func (r *Row) SetPrediction(p *model.Paragraph, e text.Encoding) {
	r.Language = p.Language.String()
	r.Stance.Prediction = prediction(r.Text, model.Stance, &p.Stance, e)
	s := &p.Stance.Probabilities
	r.Stance.Probabilities = StanceProbabilities{s[model.Favor], s[model.Against], s[model.Neutral], s[model.Unrelated]}
	r.Tone.Prediction = prediction(r.Text, model.Tone, &p.Tone, e)
	t := &p.Tone.Probabilities
	r.Tone.Probabilities = ToneProbabilities{t[model.Cooperative], t[model.Confrontational], t[model.NeutralTone]}
}

func prediction(s string, task model.Task, p *model.Prediction, e text.Encoding) Prediction {
	labels := task.Labels()
	out := Prediction{
		Label:      labels[p.Label],
		Confidence: p.Confidence(),
		Score:      p.Score(),
		Abstained:  p.Abstained.String(),
	}
	if len(p.Evidence) == 0 {
		return out
	}
	out.Evidence = make([]Evidence, len(p.Evidence))
	c := text.NewConverter(s, e)
	for i := range p.Evidence {
		v := &p.Evidence[i]
		out.Evidence[i] = Evidence{
			Start: c.Offset(v.Start), End: c.Offset(v.End), Text: s[v.Start:v.End],
			Label: labels[v.Label], Weight: v.Weight, Holder: v.Holder,
		}
	}
	return out
}
