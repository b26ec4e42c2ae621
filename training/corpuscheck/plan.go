package corpuscheck

import (
	"bytes"
	_ "embed" // the plan
	"encoding/json"
	"errors"
	"fmt"
)

// Plan is what a corpus is checked against.
type Plan struct {
	// Languages holds the plan of "en" and of "ar".
	Languages map[string]LanguagePlan `json:"languages"`
	// Opening is the largest share of a language's rows that may begin with the
	// same four words.
	Opening float64 `json:"opening"`
	// Jaccard is the largest similarity of the word 5-grams of two rows of
	// different groups.
	Jaccard float64 `json:"jaccard"`
	// NameRows is in how many rows that are not unrelated a name must stand to be
	// judged, and NameShare the largest share of them that may have one stance.
	NameRows  int     `json:"name_rows"`
	NameShare float64 `json:"name_share"`
}

// LanguagePlan is the plan of one language. Shares are of the language's rows,
// in [0, 1].
type LanguagePlan struct {
	Rows          int     `json:"rows"`           // least number of rows
	PairRows      int     `json:"pair_rows"`      // least number of rows of a pair of labels
	ContrastPairs int     `json:"contrast_pairs"` // least number of contrast pairs
	Favor         float64 `json:"favor"`          // least share by stance ...
	Cooperative   float64 `json:"cooperative"`    // ... by tone
	Neutral       float64 `json:"neutral"`        // by stance
	Unrelated     float64 `json:"unrelated"`
	// MedianWords is the range of the median length, MaxWords the longest row.
	MedianWords [2]float64 `json:"median_words"`
	MaxWords    int        `json:"max_words"`
	// Distinct is the least share of distinct word 1-, 2- and 3-grams.
	Distinct [3]float64 `json:"distinct"`
}

//go:embed plan.json
var planFile []byte

// DefaultPlan returns the plan that the corpus was written to.
func DefaultPlan() *Plan {
	p, err := ParsePlan(planFile)
	if err != nil {
		panic(err) // embedded, and read by the tests
	}
	return p
}

// ParsePlan reads a plan from JSON.
func ParsePlan(data []byte) (*Plan, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var p Plan
	if err := dec.Decode(&p); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	for lang := range p.Languages {
		if lang != "en" && lang != "ar" {
			return nil, fmt.Errorf("plan: language %q is none of [en ar]", lang)
		}
	}
	if len(p.Languages) == 0 {
		return nil, errors.New("plan: no language")
	}
	return &p, nil
}
