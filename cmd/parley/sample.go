package main

import (
	"strconv"
	"strings"

	"github.com/parley-nlp/parley/cmd/parley/internal/filter"
	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
	"github.com/parley-nlp/parley/cmd/parley/internal/score"
)

// keep returns what --filter asks of rows; nil for nothing.
func (f *scoreFlags) keep() (func(r *rows.Row) bool, error) {
	if len(f.filters) == 0 {
		return nil, nil
	}
	all, err := filter.Parse(strings.Join(f.filters, " "))
	if err != nil {
		return nil, usageError("--filter: %w", err)
	}
	return all.Match, nil
}

// sampler returns which paragraphs --sample takes; nil for all. The choice
// depends on the seed and on where the paragraph stands, so that it is the same
// however the run goes.
func (f *scoreFlags) sampler() (func(next score.Position) bool, error) {
	if f.sample == "" {
		return nil, nil
	}
	number, percent := strings.CutSuffix(f.sample, "%")
	share, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		share /= 100
	}
	if err != nil || !(share > 0 && share <= 1) {
		return nil, usageError("--sample is %q (want a share such as 0.01 or 1%%)", f.sample)
	}
	limit := uint64(share * (1 << 53))
	return func(next score.Position) bool {
		h := mix(f.seed)
		for _, n := range [...]int64{int64(next.Input), next.Record, int64(next.Paragraph)} {
			h = mix(h ^ uint64(n))
		}
		return h>>11 < limit
	}, nil
}

// mix is the finaliser of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}
