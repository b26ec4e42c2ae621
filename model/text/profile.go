package text

import (
	"strings"
	"unicode"
)

// Function words that tell languages apart, with their weights. Words that two languages share, such as "in" of
// English and German, weigh little or are left out.
const (
	englishWords = `the of and to that for with his has have from are said not they which their this were been would
		its she we our you after against more about what there when who by but it also could should than into over
		because during while between these those him them your my only other some says out up all how why did does`
	englishShared = `in on is was an as at be he will or had her a i if so no one new can may first two if`

	foreignWords = `les des du et une dans que qui sur aux avec ce elle ont cette leur nous vous sont pas il ne se est
		los las una por para como pero sus y el su lo ya muy fue esta este entre sobre desde hasta
		der das und den dem von zu mit ist nicht ein eine auf sich im zum zur auch wird nach bei aus einen hat wie sie
		di che della per sono con del nel alla dei gli anche delle nella ha dal
		ve bir bu ile olarak olan gibi daha kadar sonra etti edildi oldu
		uma em os ao dos das pela pelo foi
		het een dat niet zijn voor met op ook aan werd door bij naar uit wordt maar
		och att det som av med har inte till ett af og til ikke
		yang dan dengan untuk dari ini itu pada dalam tidak akan
		nie jest przez jako oraz od ale tym
		din cu este sau mai prin pentru
		ku ji bi li
		en`
	foreignShared = `de le la un au par pour van el die da do na di al va te ze se al men`

	arabicFunction = `في من على إلى الى أن ان عن التي الذي هذا هذه ما لا لم لن قد كان كانت بعد قبل بين مع ذلك تلك كما
		وقال قال إن أو كل منذ حتى عند غير هو هي الذين أي ثم بل لكن ولكن وفي ومن وقد أنه بأن فی علی الی التی الذی هی
		مش اللي هاي هيك شو ليش بس عم يلي وين كلهم انه انا نحن انت`
	foreignFunction = `در از که این را با است برای آن ها می شده بود کرد خود نیز های اند گفت تا
		کے کی میں ہے اور سے کو نے کا ہیں پر بھی نہیں کہ تھا گیا یہ وہ
		لە بۆ کە ئەو بە دە لەگەڵ ئەم کرد هەر
		په چې کې دی هغه`
	foreignArabicShared = `به له او د هم شد ولی سره`
)

// wordTable maps words to weights: a hash table with open addressing that is less than half full, so that probing stays
// short. A slot is a key with the weight, as an int8, in its high byte; 0 is empty.
type wordTable [1 << tableBits]uint64

const (
	tableBits  = 10
	weightBits = 8
	keyBits    = 64 - weightBits
	maxKey     = keyBits / 8 // letters that a key holds, one byte each, the first in the low byte
)

// slot hashes a key to its first slot.
func (t *wordTable) slot(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 >> (64 - tableBits) }

// weight returns the weight of a word, 0 when it is not in the table.
func (t *wordTable) weight(key uint64) int {
	for i := t.slot(key); ; i++ {
		v := t[i%(1<<tableBits)]
		if v<<weightBits == key<<weightBits || v == 0 {
			return int(int64(v) >> keyBits)
		}
	}
}

// add puts words in with a weight other than 0; the first weight of a word stays.
func (t *wordTable) add(words string, weight int8) {
	for _, w := range strings.Fields(words) {
		var key uint64
		for i, r := range []rune(w) {
			key |= uint64(r&0xFF) << (8 * i)
		}
		i := t.slot(key)
		for t[i] != 0 && t[i]<<weightBits != key<<weightBits {
			i = (i + 1) % uint64(len(t))
		}
		if t[i] == 0 {
			t[i] = key | uint64(uint8(weight))<<keyBits
		}
	}
}

var latinWords = func() *wordTable {
	var t wordTable
	t.add(englishShared, 1)
	t.add(foreignShared, -1)
	t.add(englishWords, 2)
	t.add(foreignWords, -2)
	return &t
}()

var arabicWords = func() *wordTable {
	var t wordTable
	t.add(arabicFunction, 2)
	t.add(foreignFunction, -2)
	t.add(foreignArabicShared, -1)
	return &t
}()

// latinByte folds ASCII letters to lower case; 0 for all other bytes.
var latinByte = func() (t [256]byte) {
	for c := byte('a'); c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = c, c
	}
	return t
}()

// Classes of the letters from U+0600 to U+06FF.
const (
	notLetter   = iota
	ignored     // marks and the tatweel, inside a word
	shared      // letters of every language in the script
	arabicOnly  // letters that the others hardly use
	persianKey  // kaf and yeh as Persian keyboards type them, in Arabic too
	persian     // letters that Arabic has in foreign names at most
	neverArabic // letters of Urdu, Kurdish, Pashto, Uyghur and others
)

var arabicLetters = func() (t [256]uint8) {
	for r := rune(0x0600); r <= 0x06FF; r++ {
		switch low := r & 0xFF; {
		case unicode.Is(unicode.Mn, r) || r == 'ـ':
			t[low] = ignored
		case !unicode.IsLetter(r):
		case strings.ContainsRune("ةىأإ", r):
			t[low] = arabicOnly
		case strings.ContainsRune("کی", r):
			t[low] = persianKey
		case strings.ContainsRune("پچژگڤڨڥڭ", r):
			t[low] = persian
		case r > 'ي':
			t[low] = neverArabic
		default:
			t[low] = shared
		}
	}
	return t
}()
