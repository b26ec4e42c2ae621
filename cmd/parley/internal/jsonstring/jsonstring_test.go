package jsonstring

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

var seeds = []string{
	"", "plain", `q"uo\te`, "\x00\x1f\x7f\b\f\n\r\t", "الأسد", "\U0001F54A", "a\u2028b\u2029", "bad\xff\xc3", "\xe2\x80", "<&>", "fifteen bytes\n..", "“eight” bytes\"",
}

// Strings are written as encoding/json writes them.
func FuzzAppend(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var want bytes.Buffer
		e := json.NewEncoder(&want)
		e.SetEscapeHTML(false)
		if err := e.Encode(s); err != nil {
			t.Fatal(err)
		}
		if got := string(Append(nil, s)) + "\n"; got != want.String() {
			t.Errorf("%q is written %s, encoding/json writes %s", s, got, want.String())
		}
	})
}

// Strings are read as encoding/json reads them, and what is none is none.
func FuzzValue(f *testing.F) {
	for _, s := range seeds {
		f.Add(string(Append(nil, s)))
	}
	for _, s := range []string{`"\u0627\ud83d\udd4a\ud83d\u0041\udd4a\n\/"`, `"\x"`, `"\u12"`, `"\`, `"`, `x`, "\"\n\"", "\"\xff\\n\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		end, plain := Skip([]byte(s), 0)
		var want string
		err := json.Unmarshal([]byte(s), &want)
		switch {
		case end < 0 && err == nil && s[0] == '"':
			t.Errorf("%q is not read, encoding/json reads %q", s, want)
		case end == len(s) && err != nil:
			t.Errorf("%q is read, encoding/json says %v", s, err)
		case end == len(s):
			if got := string(Value([]byte(s), plain)); got != want {
				t.Errorf("%q is read as %q, by encoding/json as %q", s, got, want)
			}
		}
	})
}

// What Mend returns means the same to encoding/json, which puts U+FFFD for what is
// unpaired, and holds nothing unpaired.
func FuzzMend(f *testing.F) {
	for _, s := range []string{`"\ud800"`, `"\udc00\ud800\udc00x"`, `["\\ud800","\ud83d\ude00",{"\udfff":1}]`, `"\ud800\u0041\n"`, `1`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var want any
		if json.Unmarshal([]byte(s), &want) != nil {
			return
		}
		mended := Mend([]byte(s))
		var got any
		if err := json.Unmarshal(mended, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q becomes %q: %v", s, mended, err)
		}
		if again := Mend(mended); string(again) != string(mended) {
			t.Fatalf("%q becomes %q, then %q", s, mended, again)
		}
	})
}
