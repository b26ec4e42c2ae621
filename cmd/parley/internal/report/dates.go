package report

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/parley-nlp/parley/model/text"
)

// layouts are the dates that are read; a month or a day of one digit may stand
// for one of two, and seconds may have a fraction. Dates that mean different
// days in different countries, such as 03/04/2016, are not among them.
var layouts = []string{
	"2006-1-2", "2006-1-2T15:04:05Z07:00", "2006-1-2T15:04:05-0700", "2006-1-2T15:04:05", "2006-1-2T15:04",
	"2006-1-2 15:04:05", "2006-1-2 15:04", "2006-1-2 15:04:05Z07:00", "2006-1-2 15:04:05 -0700", "2006/1/2", "20060102",
	time.RFC1123, time.RFC1123Z, time.RFC850, "2 Jan 2006", "2 January 2006", "January 2, 2006", "Jan 2, 2006",
	"Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST", "Monday, January 2, 2006", "2006-1", "2006",
}

// arabicDigits are written in many Arabic dates.
var arabicDigits = strings.NewReplacer("٠", "0", "١", "1", "٢", "2", "٣", "3", "٤", "4", "٥", "5", "٦", "6", "٧", "7", "٨", "8", "٩", "9")

// parseDay returns the day of a date as it is written, whatever its time zone.
// A month or a year is its first day; a number of nine or more digits is Unix
// time in seconds, of twelve or more in milliseconds.
func parseDay(s string) (day int, ok bool) {
	s = arabicDigits.Replace(s)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) >= 9 {
		if len(s) >= 12 {
			n /= 1000
		}
		return dayOf(time.Unix(n, 0).UTC())
	}
	s = westernMonth(s)
	for _, l := range layouts {
		if t, err := time.Parse(l, s); err == nil {
			return dayOf(t)
		}
	}
	return 0, false
}

// dayOf counts the days since 1970; a year that no press knows is refused.
func dayOf(t time.Time) (int, bool) {
	if t.Year() < 1800 || t.Year() > 2200 {
		return 0, false
	}
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60)), true
}

// arabicDate is a date with the name of its month, or with two names of it as
// in نيسان/أبريل, perhaps after the day of the week.
var arabicDate = regexp.MustCompile(`^(?:\p{Arabic}+[ ,،]+)?(\d{1,2}) (\p{Arabic}[\p{Arabic}\p{Mn} ]*?)(?: ?[/(-] ?(\p{Arabic}[\p{Arabic}\p{Mn} ]*?)\)?)?[ ,،]+(\d{4})$`)

// westernMonth writes a date with an Arabic month as 2016-4-1, and leaves any
// other as it is.
func westernMonth(s string) string {
	m := arabicDate.FindStringSubmatch(s)
	if m == nil {
		return s
	}
	month := arabicMonths[text.Normalize(m[2])]
	if month == 0 || m[3] != "" && arabicMonths[text.Normalize(m[3])] != month {
		return s
	}
	return m[4] + "-" + strconv.Itoa(month) + "-" + m[1]
}

// arabicMonths numbers the names of the months by their normal form: those of
// the Gulf and the Nile, of the Levant and Iraq, and of the Maghreb.
var arabicMonths = func() map[string]int {
	out := map[string]int{}
	for i, names := range [...]string{
		"يناير,كانون الثاني,جانفي", "فبراير,شباط,فيفري", "مارس,آذار", "أبريل,إبريل,نيسان,أفريل", "مايو,أيار,ماي", "يونيو,يونيه,حزيران,جوان",
		"يوليو,يوليه,تموز,جويلية,يوليوز", "أغسطس,آب,أوت,غشت", "سبتمبر,أيلول,شتنبر", "أكتوبر,تشرين الأول", "نوفمبر,تشرين الثاني,نونبر", "ديسمبر,كانون الأول,دجنبر",
	} {
		for name := range strings.SplitSeq(names, ",") {
			out[text.Normalize(name)] = i + 1
		}
	}
	return out
}()
