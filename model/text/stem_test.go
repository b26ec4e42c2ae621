package text

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func stemOf(word string) string { return string(Stem([]byte(Normalize(word)), nil)) }

// Words of a row fall together.
func TestStemSame(t *testing.T) {
	tests := []struct {
		name  string
		forms []string
	}{
		{"plural", []string{"rebel", "rebels"}},
		{"plural in -ies", []string{"ally", "allies"}},
		{"plural in -es", []string{"speech", "speeches"}},
		{"past and participle", []string{"accuse", "accused", "accuses", "accusing"}},
		{"doubled consonant", []string{"stop", "stopped", "stopping", "stops"}},
		{"double l stays", []string{"kill", "killed", "killing"}},
		{"double s stays", []string{"press", "pressed", "pressing"}},
		{"adverb", []string{"brutal", "brutally"}},
		{"-edly", []string{"alleged", "allegedly"}},
		{"genitive", []string{"army", "army's", "armies"}},
		{"Arabic article", []string{"جيش", "الجيش", "والجيش", "بالجيش", "للجيش", "كالجيش", "فالجيش"}},
		{"Arabic preposition", []string{"حكومة", "بحكومة", "لحكومة"}},
		{"Arabic pronoun", []string{"جيش", "جيشه", "جيشها", "جيشهم", "جيشنا", "جيشكم"}},
		{"Arabic plural", []string{"مسلح", "مسلحون", "مسلحين", "المسلحين"}},
		{"Arabic feminine plural", []string{"غارة", "غارات", "الغارات", "غارتها"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, f := range tt.forms[1:] {
				assert.Equal(t, stemOf(tt.forms[0]), stemOf(f), "%q and %q", tt.forms[0], f)
			}
		})
	}
}

func TestStem(t *testing.T) {
	tests := []struct{ name, word, want string }{
		{"empty", "", ""},
		{"short words stay", "was", "was"},
		{"-ss stays", "press", "press"},
		{"-us stays", "status", "status"},
		{"-is stays", "crisis", "crisis"},
		{"no vowel left", "string", "string"},
		{"too short before -ed", "shed", "shed"},
		{"a number", "2011", "#year"},
		{"an abbreviation", "U.S", "u.s"},
		{"Arabic of three letters", "ولد", "ولد"},
		{"Arabic article before too little", "الأب", "الاب"},
		{"Cyrillic stays", "городов", "городов"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, stemOf(tt.word))
		})
	}
}

func TestStemBuffer(t *testing.T) {
	buf := make([]byte, 0, 64)
	for _, word := range []string{"accusing", "allies", "والجيش"} {
		norm := []byte(Normalize(word))
		before := string(norm)
		assert.Equal(t, string(Stem(norm, nil)), string(Stem(norm, buf)))
		assert.Equal(t, before, string(norm), "the word itself must stay")
		assert.Zero(t, testing.AllocsPerRun(10, func() { Stem(norm, buf) }))
	}
}

func TestStripConjunction(t *testing.T) {
	tests := []struct{ word, want string }{
		{"والاسد", "الاسد"}, {"فقال", "قال"}, {"وطن", "وطن"}, {"فيل", "فيل"}, {"ووعد", "وعد"}, {"", ""}, {"war", "war"},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, string(StripConjunction([]byte(tt.word))), tt.word)
	}
}

func TestBare(t *testing.T) {
	tests := []struct {
		word string
		want []string
	}{
		{"assad", []string{"assad"}},
		{"assads", []string{"assads", "assad"}},
		{"gas", []string{"gas"}},
		{"الاسد", []string{"الاسد"}},
		{"والاسد", []string{"والاسد", "الاسد"}},
		{"للاسد", []string{"للاسد", "الاسد", "لاسد"}},
		{"وللاسد", []string{"وللاسد", "للاسد", "الاسد", "لاسد"}},
		{"بدمشق", []string{"بدمشق", "دمشق"}},
		{"", []string{""}},
	}
	for _, tt := range tests {
		var got []string
		Bare([]byte(tt.word), nil, func(b []byte) bool {
			got = append(got, string(b))
			return false
		})
		assert.Equal(t, tt.want, got, tt.word)
	}
	n := 0
	Bare([]byte("وللاسد"), nil, func([]byte) bool {
		n++
		return n == 2
	})
	assert.Equal(t, 2, n, "it goes on after the caller was satisfied")
}

func TestGrams(t *testing.T) {
	tests := []struct {
		name, norm string
		lo, hi     int
		want       []string
	}{
		{"a word", "war", 3, 5, []string{"<wa", "<war", "<war>", "war", "war>", "ar>"}},
		{"shorter than the least", "", 3, 5, nil},
		{"a letter", "a", 3, 5, []string{"<a>"}},
		{"one length", "رجل", 4, 4, []string{"<رجل", "رجل>"}},
		{"longest is the word", "no", 4, 9, []string{"<no>"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var want []uint64
			for _, g := range tt.want {
				want = append(want, Hash(g))
			}
			assert.Equal(t, want, slices.Collect(Grams(tt.norm, tt.lo, tt.hi)))
		})
	}
	n := 0
	for range Grams("government", 3, 5) {
		if n++; n == 2 {
			break
		}
	}
	assert.Equal(t, 2, n)
}
