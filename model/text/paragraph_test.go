package text

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestParagraphs(t *testing.T) {
	long := strings.Repeat("A long line of prose that nobody has wrapped. ", 5)
	tests := []struct {
		name, s string
		want    []string
	}{
		{"empty", "", nil},
		{"blank", " \n\t\r\n\u00a0\u200b\n", nil},
		{"one", "war", []string{"war"}},
		{"no letters", "***\n\n-----", []string{"***", "-----"}},
		{"blank line", "one\n\ntwo", []string{"one", "two"}},
		{"many blank lines", "\n\n\none\n\n\n\ntwo\n\n", []string{"one", "two"}},
		{"line of white space", "one\n \t\u00a0\u200f\ntwo", []string{"one", "two"}},
		{"CRLF", "one\r\n\r\ntwo\r\n", []string{"one", "two"}},
		{"CR", "one\r\rtwo\r", []string{"one", "two"}},
		{"form feed and separators", "one\ftwo\u2028three\u2029four", []string{"one", "two", "three", "four"}},
		{"trimmed", " \u200fone\u00a0\n\n\ufefftwo\u202c ", []string{"one", "two"}},
		{"heading above its text", "Talks resume\n" + long, []string{"Talks resume", strings.TrimSpace(long)}},
		{"Arabic heading above its text", "الأسد يستقبل وفدا\nاستقبل الرئيس السوري بشار الأسد اليوم وفدا برلمانيا.",
			[]string{"الأسد يستقبل وفدا", "استقبل الرئيس السوري بشار الأسد اليوم وفدا برلمانيا."}},
		{"long lines", long + "\n" + long, []string{strings.TrimSpace(long), strings.TrimSpace(long)}},
		{"long lines that begin in lower case", long + "and\nthen " + long,
			[]string{long + "and", "then " + strings.TrimSpace(long)}},
		{"verse", "Who left the door\nopen to the sea\nand did not return", []string{
			"Who left the door", "open to the sea", "and did not return"}},
		{"headlines", strings.Join(headlines, "\n"), headlines},
		{"Arabic headlines", strings.Join(arabicHeadlines, "\n"), arabicHeadlines},
		{"bullets", "Demands:\n- a truce\n- aid\n• talks\n•elections", []string{
			"Demands:", "- a truce", "- aid", "• talks", "•elections"}},
		{"numbers", "1. one\n2) two\n(3) three\n٤. أربعة\n٥- خمسة", []string{
			"1. one", "2) two", "(3) three", "٤. أربعة", "٥- خمسة"}},
		{"lines that hang under bullets", "- a truce in\n  the south\n- aid", []string{"- a truce in\n  the south", "- aid"}},
		{"line that hangs after a blank line", "- a truce\n\n  the south", []string{"- a truce", "the south"}},
		{"invalid bytes", "\xff\n\n\xfe", []string{"\xff", "\xfe"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Paragraphs(tt.s)
			assert.Equal(t, tt.want, texts(tt.s, got))
			checkSpans(t, tt.s, got)
		})
	}
}

var headlines = []string{
	"Assad Meets Envoy As Truce Holds In The South And Aid Trucks Roll",
	"Minister Rejects Report On Northern Border Crossing",
	"Parliament To Vote On Budget After Weeks Of Delay, Speaker Says In Interview",
	"Storm Closes Port For Third Day Running",
	"Oil Price Falls As Traders Weigh New Sanctions On Shipping",
	"Court Frees Journalist Held Since Last Spring Without Any Charge Being Brought",
}

var arabicHeadlines = []string{
	"الرئيس السوري يستقبل وفدا برلمانيا من دول الجوار في دمشق",
	"البرلمان يصوت غدا على مشروع قانون الموازنة العامة للدولة بعد أسابيع من التأجيل",
	"عاصفة قوية تغلق المرفأ لليوم الثالث على التوالي وتعطل حركة السفن",
	"أسعار النفط تتراجع مع ترقب الأسواق",
	"محكمة تفرج عن صحفي محتجز منذ الربيع الماضي من دون توجيه أي تهمة إليه حتى اليوم",
}

func TestEachParagraphStops(t *testing.T) {
	n := 0
	for range EachParagraph("one\n\ntwo\n\nthree") {
		if n++; n == 2 {
			break
		}
	}
	assert.Equal(t, 2, n)
}

func TestEachParagraphDoesNotAllocate(t *testing.T) {
	s := wrapped(72, "\n", prose...) + "\n- a bullet\n  that goes on"
	assert.Zero(t, testing.AllocsPerRun(10, func() {
		for p := range EachParagraph(s) {
			_ = p
		}
	}))
}

func TestIsBullet(t *testing.T) {
	for _, s := range []string{"- x", "* x", "•x", "– x", "— x", "‣ x", "▪x", "+ x", "1. x", "12) x", "(1) x", "1)x",
		"٣. x", "٣) x", "۴- x", "a) x", "(b) x", "أ) x", "1 - x"[:1] + "- x"} {
		assert.True(t, isBullet(s), s)
	}
	for _, s := range []string{"", "x", "-x", "--", "*x*", "1", "1.5 m", "2-3 men", "1,000", "2011. In", "A. Smith", "a",
		"(x", "(aside) x", "a)", "1.", "…", "\xff", "الأسد", "٢٠١١. x"} {
		assert.False(t, isBullet(s), s)
	}
}
