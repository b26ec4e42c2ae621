package text

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLanguageNames(t *testing.T) {
	for l := Other; l <= Arabic; l++ {
		got, err := ParseLanguage(l.String())
		require.NoError(t, err)
		assert.Equal(t, l, got)
	}
	assert.Equal(t, "Language(3)", (Arabic + 1).String(), "a new language needs a name")
	for _, name := range []string{"", "EN", "english", "fr", "Language(3)"} {
		_, err := ParseLanguage(name)
		assert.ErrorContains(t, err, "unknown language", name)
	}
}

func TestDetect(t *testing.T) {
	tests := []struct {
		name, s string
		want    Language
	}{
		{"empty", "", Other},
		{"no letters", "2015-03-14, 12:30 – 14:00 …", Other},
		{"Arabic digits and marks alone", "١٢٣ ، ؟ ـ", Other},
		{"emoji", "😀😀", Other},
		{"invalid bytes", "\xff\xfe\xd8", Other},

		{"English", prose[0], English},
		{"English in capitals", strings.ToUpper(prose[0]), English},
		{"heading of names", "Bashar al-Assad, Vladimir Putin", English},
		{"foreign names", "Staffan de Mistura, Jean-Yves Le Drian, Recep Tayyip Erdoğan, Mevlüt Çavuşoğlu", English},
		{"foreign newspapers", "La Repubblica, El País, Le Monde and Der Spiegel", English},
		{"English with French words", "The coup d'état was, vis-à-vis the café of Monsieur de Gaulle, a fait accompli", English},
		{"one word", "Syria", English},
		{"hashtags", "#Aleppo #Syria @UN", English},
		{"English with some Arabic", "The newspaper Al-Watan (الوطن) said so", English},

		{"French", "Le président syrien a déclaré que les négociations avec l'opposition n'étaient pas terminées", Other},
		{"French heading", "Guerre en Syrie : Assad promet la victoire", Other},
		{"French elisions", "L'armée d'Assad n'avance plus, selon l'ONU", Other},
		{"Spanish", "El presidente sirio dijo que las negociaciones con la oposición no han terminado", Other},
		{"German", "Der syrische Präsident sagte, die Verhandlungen mit der Opposition seien nicht beendet", Other},
		{"Italian", "Il presidente siriano ha detto che i negoziati con la opposizione non sono finiti", Other},
		{"Turkish", "Suriye Devlet Başkanı, muhalefetle görüşmelerin henüz bitmediğini ve devam edeceğini söyledi", Other},
		{"Portuguese", "O presidente sírio disse que as negociações com a oposição não terminaram", Other},
		{"Dutch", "De Syrische president zei dat het overleg met de oppositie niet is beëindigd", Other},
		{"Indonesian", "Presiden Suriah mengatakan bahwa perundingan dengan oposisi itu tidak akan berakhir", Other},
		{"many words unlike English", strings.Repeat("rais wa Syria alisema mazungumzo hayajaisha ", 8), Other},

		{"Arabic", arabicProse[0], Arabic},
		{"Arabic heading of names", "بشار حافظ", Arabic},
		{"Arabic typed in Persian letters", strings.NewReplacer("ك", "ک", "ي", "ی").Replace(arabicProse[0]), Arabic},
		{"Arabic heading in Persian letters", "الرئیس السوری فی موسکو", Arabic},
		{"Arabic with foreign letters", "قال المتحدث إن شركة پيجو وقناة ڤوكس لم تعلقا على الخبر", Arabic},
		{"vocalised Arabic", "قالَ الرَّئيسُ إنَّ الحَرْبَ انْتَهَتْ", Arabic},
		{"dialect", "شو بدك تعمل يا زلمة مش هيك الحكي", Arabic},
		{"Arabic with some English", "قالت شركة Google إنها ستفتح مكتبا", Arabic},
		{"Arabic presentation forms", "\ufee3\ufeae\ufea3\ufe92\ufe8e", Arabic},

		{"Persian", "رئیس جمهور سوریه گفت که مذاکرات با مخالفان هنوز به پایان نرسیده است", Other},
		{"Persian heading", "رئیس جمهور سوریه", Other},
		{"Persian typed in Arabic letters", "رئيس جمهور سوريه گفت كه اين مذاكرات با مخالفان در تهران را ادامه می دهد", Other},
		{"Urdu", "شام کے صدر نے کہا کہ حزب اختلاف سے مذاکرات ابھی ختم نہیں ہوئے ہیں", Other},
		{"Kurdish", "سەرۆکی سووریا وتی دانوستان لەگەڵ ئۆپۆزسیۆن تەواو نەبووە", Other},
		{"Uyghur", "سۈرىيە پرېزىدېنتى سۆھبەت ئاخىرلاشمىدى دېدى", Other},

		{"Russian", "Президент Сирии заявил, что переговоры не закончены", Other},
		{"Hebrew", "נשיא סוריה אמר", Other},
		{"Chinese", "叙利亚总统说谈判没有结束", Other},
		{"Greek and a little English", "Ο πρόεδρος της Συρίας (the president)", Other},

		{"mixed, more Arabic", "مرحبا بكم hello", Arabic},
		{"mixed, more English", "welcome مرحبا", English},
		{"mixed, as many", "abc بتث", English},
		{"mixed, most Russian", "ab بت где", Other},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, Detect(tt.s))
		})
	}
}

func TestDetectReadsAPrefix(t *testing.T) {
	head := strings.Repeat("the war ", detectBytes/8)
	assert.Equal(t, English, Detect(head+strings.Repeat("حرب ", 1000)))
	// A character across the bound is left out whole.
	for pad := range utf8.UTFMax {
		s := strings.Repeat("x", pad) + strings.Repeat("ب", detectBytes)
		assert.Equal(t, Arabic, Detect(s))
	}
	assert.Equal(t, Other, Detect(strings.Repeat("\x80", 2*detectBytes)))
}

func TestDetectDoesNotAllocate(t *testing.T) {
	for _, s := range []string{prose[0], arabicProse[0], "Президент Сирии", "\xff"} {
		assert.Zero(t, testing.AllocsPerRun(10, func() { Detect(s) }))
	}
}

func TestProfileWords(t *testing.T) {
	for name, table := range map[string]*wordTable{"Latin": latinWords, "Arabic": arabicWords} {
		used := 0
		for _, slot := range table {
			if slot != 0 {
				used++
			}
		}
		assert.Less(t, used, len(table)/2, "%s: probing must stay short", name)
	}
	for _, words := range []string{englishWords, englishShared, foreignWords, foreignShared} {
		for _, w := range strings.Fields(words) {
			assert.LessOrEqual(t, len(w), maxKey, "%q does not fit a key", w)
			assert.Equal(t, len(w), utf8.RuneCountInString(w), "%q is not ASCII", w)
		}
	}
	for _, words := range []string{arabicFunction, foreignFunction, foreignArabicShared} {
		for _, w := range strings.Fields(words) {
			assert.LessOrEqual(t, utf8.RuneCountInString(w), maxKey, "%q does not fit a key", w)
			for _, r := range w {
				assert.Equal(t, rune(0x06), r>>8, "%q is not in the Arabic block", w)
			}
		}
	}
}
