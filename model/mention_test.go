package model_test

import (
	"strings"
	"testing"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

func TestMentions(t *testing.T) {
	tests := []struct {
		name, s string
		want    int
	}{
		// The person.
		{"full name", "Bashar al-Assad spoke on Sunday.", 1},
		{"surname", "Critics say Assad lied.", 1},
		{"genitive", "Assad's speech ran for an hour.", 1},
		{"genitive with a curly apostrophe", "Assad’s speech ran for an hour.", 1},
		{"genitive without an apostrophe", "Assads speech ran for an hour.", 1},
		{"capitals", "ASSAD SPEAKS", 1},
		{"another spelling", "Bashar al-Asad and Bashar el-Assad are one man.", 2},
		{"title", "President Assad received them.", 1},
		{"first name", "Nobody in the room trusted Bashar.", 1},
		{"broken over a line", "They met Bashar\nal-Assad at noon.", 1},
		{"Arabic name", "استقبل بشار الأسد الوفد.", 1},
		{"with conjunction and preposition", "وللأسد رأي، وبالأسد يثقون.", 2},
		{"without hamza", "قال الاسد إن الحرب انتهت.", 1},
		{"with diacritics and tatweel", "قال بَشّار الأســد كلمته.", 1},
		{"in presentation forms", "ﺑﺸﺎﺭ ﺍﻷﺳﺪ", 1},
		// The office and the government.
		{"office", "The Syrian president left for Sochi.", 1},
		{"office with a genitive", "Syria's president left for Sochi.", 1},
		{"office in Arabic", "غادر الرئيس السوري إلى سوتشي.", 1},
		{"government", "The Syrian regime and the Syrian army advanced.", 2},
		{"government in Arabic", "قصفت قوات النظام السوري البلدة.", 1},
		{"regime in Damascus", "The regime in Damascus said nothing.", 1},
		{"delegation", "The Syrian delegation walked out.", 1},
		// A capital that acts, and one that is a place.
		{"Damascus acts", "Damascus rejected the draft.", 1},
		{"Damascus as a place", "Shells fell in Damascus and near Damascus.", 0},
		{"Damascus as a place in Arabic", "سقطت قذائف في دمشق وقرب دمشق.", 0},
		{"Damascus acts in Arabic", "رفضت دمشق المسودة.", 1},
		{"Syria acts", "Syria denied the report.", 1},
		{"Syria as a place", "Food is scarce across Syria.", 0},
		// What only looks like a mention.
		{"his father", "Hafez al-Assad took power in 1970.", 0},
		{"his father in Arabic", "تولى حافظ الأسد السلطة عام 1970.", 0},
		{"his brother", "Maher al-Assad commands a division.", 0},
		{"his brother in Arabic", "يقود ماهر الأسد الفرقة الرابعة.", 0},
		{"his wife", "Asma al-Assad opened the hall.", 0},
		{"his wife in Arabic", "افتتحت أسماء الأسد القاعة.", 0},
		{"his uncle", "Rifaat al-Assad returned from exile.", 0},
		{"a lake", "The level of Lake Assad fell by a metre.", 0},
		{"a lake in Arabic", "انخفض منسوب بحيرة الأسد مترا.", 0},
		{"the lion's share", "نالت الشركة حصة الأسد من العقود.", 0},
		{"a minister of another country", "Asad Umar presented the budget.", 0},
		{"an author", "Muhammad Asad translated the book.", 0},
		{"another regime", "The Iranian regime and the sanctions regime.", 0},
		{"another system", "النظام الصحي والنظام الغذائي.", 0},
		{"a relative beside him", "Maher al-Assad is the brother of Bashar al-Assad.", 1},
		{"part of a word", "The assadulla brothers run a shop.", 0},
		{"nobody", "Rain fell on the coast.", 0},
		{"nothing", "", 0},
	}
	x := reader(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := x.Extract(tt.s, text.Detect(tt.s)); err != nil {
				t.Fatal(err)
			}
			if got := x.Mentions(); got != tt.want {
				t.Errorf("%q: %d mentions, want %d", tt.s, got, tt.want)
			}
		})
	}
}

// A target file decides, not the code: the same words are no mention for another
// target.
func TestMentionsOfAnotherTarget(t *testing.T) {
	x, err := model.NewExtractor(tinyTarget, tinyLexicon, noStats{})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		s    string
		want int
	}{
		{"Assad and the Syrian regime", 0},
		{"The mayor met Mayor Jones.", 2},
		{"A novel, The Mayor of Casterbridge, sold out.", 1}, // "the mayor" begins before the trap
		{"Mayor of Casterbridge sold out.", 0},
		{"Townhall denied it.", 1},
		{"Crowds gathered in Townhall.", 0},
		{"Townhall is old.", 0},
	}
	for _, tt := range tests {
		if _, err := x.Extract(tt.s, text.English); err != nil {
			t.Fatal(err)
		}
		if got := x.Mentions(); got != tt.want {
			t.Errorf("%q: %d mentions, want %d", tt.s, got, tt.want)
		}
	}
}

func TestTargetName(t *testing.T) {
	name, title, err := model.TargetName(model.AssadTarget)
	if name != "assad" || title != "Bashar al-Assad" || err != nil {
		t.Errorf("got %q, %q, %v", name, title, err)
	}
}

func TestTargetFileErrors(t *testing.T) {
	const head = "name: x\ntitle: X\n"
	tests := []struct{ name, file, says string }{
		{"empty", "", "name and title are required"},
		{"no title", "name: x\n[person]\nx\n", "name and title are required"},
		{"no phrase that mentions", head + "[not]\nx\n", "no section [person]"},
		{"a setting without a colon", "name x\n", `line 1: "name x"`},
		{"a head that is not closed", head + "[person\nx\n", `line 3: "[person"`},
		{"a head without a name", head + "[]\nx\n", `line 3: "[]"`},
		{"an unknown section", head + "[persons]\nx\n", "unknown section [persons]"},
		{"a phrase without a word", head + "[person]\nx\n...\n", `[person]: "..." holds no word`},
		{"a line without end", head + "[person]\n" + strings.Repeat("x", 1<<17), "token too long"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := model.TargetName(tt.file)
			if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.HasPrefix(err.Error(), "target file: ") {
				t.Errorf("got %v, want an error that says %q", err, tt.says)
			}
			if _, err := model.NewExtractor(tt.file, tinyLexicon, noStats{}); err == nil {
				t.Error("an extractor takes the file")
			}
		})
	}
	const spaced = "\n# a comment\n  name :  x \ntitle:X\n\n[person]\n  one , two ،three\n\n# another\n[acts]\nsaid\n"
	x, err := model.NewExtractor(spaced, tinyLexicon, noStats{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.Extract("One, two and three.", text.English); err != nil || x.Mentions() != 3 {
		t.Errorf("%d mentions, want 3 (%v)", x.Mentions(), err)
	}
}

func TestLexiconFileErrors(t *testing.T) {
	tests := []struct{ name, file, says string }{
		{"an unknown class", "[praises]\nx\n", "[praises] is none of the classes [praise support"},
		{"a phrase without a word", "[praise]\nx, «», y\n", `[praise]: "«»" holds no word`},
		{"a phrase before the first head", "x\n", `line 1: "x"`},
		{"a head that is not closed", "[praise\n", `line 1: "[praise"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := model.NewExtractor(tinyTarget, tt.file, noStats{})
			if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.HasPrefix(err.Error(), "lexicon file: ") {
				t.Errorf("got %v, want an error that says %q", err, tt.says)
			}
		})
	}
	if _, err := model.NewExtractor(tinyTarget, "", noStats{}); err != nil {
		t.Errorf("an empty lexicon: %v", err)
	}
}
