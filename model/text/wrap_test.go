package text

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

// wrap breaks a paragraph at blanks so that no line is wider than the column, as mail programs do.
func wrap(s string, column int) string {
	var b strings.Builder
	width := 0
	for i, word := range strings.Fields(s) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case width+1+n > column:
			b.WriteByte('\n')
			width = 0
		default:
			b.WriteByte(' ')
			width++
		}
		b.WriteString(word)
		width += n
	}
	return b.String()
}

// wrapped joins paragraphs after wrapping each.
func wrapped(column int, between string, paragraphs ...string) string {
	var out []string
	for _, p := range paragraphs {
		out = append(out, wrap(p, column))
	}
	return strings.Join(out, between)
}

var prose = []string{
	"The envoy said on Monday that the president had agreed to open two crossings for aid convoys, and that trucks " +
		"would begin to move before the end of the week if the shelling stopped on both sides of the river.",
	"Opposition leaders called the promise hollow. They said earlier pledges had come to nothing, while prisoners " +
		"whose release had been announced in the spring were still being held in the capital and on the coast.",
	"Diplomats in Geneva were more hopeful, pointing to a quiet fortnight along the main road and to a meeting of " +
		"engineers from both camps who repaired a power line together.",
}

var arabicProse = []string{
	"قال المبعوث يوم الاثنين إن الرئيس وافق على فتح معبرين أمام قوافل المساعدات، وإن الشاحنات ستبدأ بالتحرك قبل نهاية " +
		"الأسبوع إذا توقف القصف على ضفتي النهر، وذلك بعد أسابيع من المفاوضات التي جرت في أكثر من عاصمة.",
	"ووصف قادة المعارضة هذا الوعد بأنه أجوف، مؤكدين أن التعهدات السابقة لم تسفر عن شيء وأن السجناء الذين أعلن عن " +
		"إطلاق سراحهم في الربيع ما زالوا محتجزين في العاصمة وعلى الساحل من دون أي محاكمة.",
}

func TestWrappedText(t *testing.T) {
	for name, paragraphs := range map[string][]string{"English": prose, "Arabic": arabicProse} {
		for _, column := range []int{60, 66, 72, 76, 80, 100} {
			for _, end := range []string{"\n", "\r\n"} {
				t.Run(fmt.Sprintf("%s %d %q", name, column, end), func(t *testing.T) {
					s := strings.ReplaceAll(wrapped(column, "\n\n", paragraphs...), "\n", end)
					got := Paragraphs(s)
					assert.Len(t, got, len(paragraphs))
					for i, p := range texts(s, got) {
						assert.Equal(t, paragraphs[i], strings.Join(strings.Fields(p), " "))
					}
					checkSpans(t, s, got)
				})
			}
		}
	}
}

func TestWrappedLayouts(t *testing.T) {
	const column = 72
	first, second := wrap(prose[2], column), wrap(prose[1], column) // neither ends in a full line
	item := "- " + strings.ReplaceAll(wrap(prose[2], column-2), "\n", "\n  ")
	tests := []struct {
		name string
		want []string // joined by single line ends
	}{
		{"no blank lines", []string{first, second}},
		{"heading above", []string{"Crossings to open", first, second}},
		{"heading in capitals as wide as the text", []string{"CROSSINGS TO OPEN BEFORE THE END OF THE WEEK IF SHELLING STOPS, HE SAID", first}},
		{"heading between", []string{first, "Doubts", second}},
		{"bullets", []string{first, item, item, "- short", item}},
		{"lines that hang", []string{"- one of them is\n  here", first}},
		{"dash at a line start", []string{"The envoy said on Monday that the president had agreed to the crossings\n- " +
			"and this was the surprise of the day in the whole region, to all of us\n– on the spot, and though nobody had asked him for it he promised that\n" +
			"they would be open at dawn."}},
		{"number at a line start", []string{"The envoy said on Monday that the president would open them on October\n" +
			"12. He named no hour, but people close to the talks expected that those\ntrucks would go at dawn."}},
		{"address wider than the column", []string{first + "\nhttps://example.org/" + strings.Repeat("a", 80) + "\nand more of this kind, " +
			"said the envoy", second}},
		{"shortened line", []string{"The envoy said on Monday that the president had agreed,\n" + strings.ToLower(first)}},
		{"unwrapped line", []string{first, prose[1], second}},
		{"indented first line", []string{"  " + strings.TrimSpace(first), "  " + second}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := strings.Join(tt.want, "\n")
			got := Paragraphs(s)
			var want []string
			for _, p := range tt.want {
				want = append(want, strings.TrimSpace(p))
			}
			assert.Equal(t, want, texts(s, got), "column %d", wrapColumn(s))
			checkSpans(t, s, got)
		})
	}
}

func TestWrapColumn(t *testing.T) {
	tests := []struct {
		name, s string
		wrapped bool
	}{
		{"empty", "", false},
		{"one line", prose[0], false},
		{"paragraphs on lines", strings.Join(prose, "\n"), false},
		{"paragraphs apart", strings.Join(prose, "\n\n"), false},
		{"one broken sentence", "The envoy said on Monday that the president had agreed to open\nthe crossings.", true},
		{"narrow lines", wrapped(40, "\n\n", prose...), false},
		{"wide lines", wrapped(140, "\n\n", prose...), false},
		{"wrapped", wrapped(72, "\n\n", prose...), true},
		{"wrapped among paragraphs on lines", strings.Join(prose, "\n\n") + "\n\n" + wrap(prose[0], 110), false},
		{"Arabic heading of some width", arabicHeadlines[0] + "\n" + arabicHeadlines[3], false},
		{"Arabic", wrapped(70, "\n\n", arabicProse...), true},
		{"marks and Latin words in Arabic", wrapped(60, "\n\n", strings.ReplaceAll(arabicProse[0], "الرئيس", "الرّئيسُ (CNN)")), true},
		{"headlines", strings.Join(headlines, "\n"), false},
		{"form feeds", strings.ReplaceAll(wrap(prose[0], 72), "\n", "\f"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.wrapped, wrapColumn(tt.s) > 0, wrapColumn(tt.s))
		})
	}
}

func TestMeasure(t *testing.T) {
	tests := []struct {
		name, s string
		want    measured
	}{
		{"lower", "and then", measured{width: 8, first: 3, lower: true}},
		{"upper", "The end.", measured{width: 8, first: 3, upper: true, closed: true}},
		{"quoted", "“The end.”", measured{width: 10, first: 4, upper: true, closed: true}},
		{"comma behind a quote", "“so”, he", measured{width: 8, first: 5, lower: true}},
		{"comma", "so,", measured{width: 3, first: 3, solid: true, lower: true, comma: true}},
		{"capitals", "NEW YORK", measured{width: 8, first: 3, upper: true, capitals: true}},
		{"indent and tab", " \tab", measured{width: 10, first: 2, solid: true, lower: true}},
		{"Arabic", "قال (CNN)،", measured{width: 10, first: 3, comma: true}},
		{"question", "لماذا؟", measured{width: 6, first: 6, solid: true, closed: true}},
		{"digits", "12 men", measured{width: 6, first: 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, measure(tt.s, Span{0, len(tt.s)}))
		})
	}
}
