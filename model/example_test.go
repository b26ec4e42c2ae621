package model_test

import (
	"errors"
	"fmt"
	"log"
	"math"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

func Example() {
	m, err := model.Default()
	if err != nil {
		log.Fatal(err)
	}
	const s = "Assad is a brutal tyrant who has murdered his own people and must go."
	p, err := m.Paragraph(s, model.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for t := range model.Task(model.NumTasks) {
		q := p.Task(t)
		fmt.Println(t, t.Labels()[q.Label], q.Confidence() > 0.5, len(q.Evidence) > 0)
	}
	// Output:
	// stance against true true
	// tone confrontational true true
}

// Documents are decoded first; the spans of their paragraphs are those of the
// bytes that were sent.
func ExampleModel_Document() {
	m, err := model.Default()
	if err != nil {
		log.Fatal(err)
	}
	content := []byte("<p>Envoys from nine countries met in Vienna.</p><p>التقى المبعوثون في فيينا.</p>")
	d, err := text.Decode(content, text.HTML)
	if err != nil {
		log.Fatal(err)
	}
	for p, err := range m.Document(d, model.Options{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%d:%d %s %s\n", p.Source.Start, p.Source.End, p.Language, content[p.Source.Start:p.Source.End])
	}
	// Output:
	// 3:44 en Envoys from nine countries met in Vienna.
	// 51:97 ar التقى المبعوثون في فيينا.
}

// What every word adds to a logit; together with the bias they are the logit.
func ExampleModel_Explain() {
	m, err := model.Default()
	if err != nil {
		log.Fatal(err)
	}
	e, err := m.Explain("They condemned the massacre.", text.English)
	if err != nil {
		log.Fatal(err)
	}
	logit := e.Bias[model.Against]
	for _, c := range e.Contributions {
		logit += c.Weights[model.Against]
	}
	fmt.Println(math.Abs(logit-e.Logits[model.Against]) < 1e-9)
	// Output:
	// true
}

func ExampleLoad() {
	_, err := model.Load([]byte("not a model"))
	fmt.Println(err)
	fmt.Println(errors.Is(err, model.ErrCorrupt))
	// Output:
	// not a model file, or a damaged one: no model header
	// true
}

func ExampleTask_ParseLabel() {
	_, err := model.Tone.ParseLabel("hostile")
	fmt.Println(err)
	// Output:
	// tone "hostile" is none of [cooperative confrontational neutral]
}
