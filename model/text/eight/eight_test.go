package eight

import "testing"

// Each place of eight is found, behind bytes that are near to those looked for.
func TestMarks(t *testing.T) {
	for i := range 8 {
		for name, test := range map[string]struct {
			plain, found byte
			marks        func(uint64) uint64
		}{
			"below":     {' ', 0x1F, func(x uint64) uint64 { return Below(x, ' ') }},
			"zero":      {' ', 0, func(x uint64) uint64 { return Below(x, ' ') }},
			"not ASCII": {0x80, 1, func(x uint64) uint64 { return Below(x, ' ') }},
			"equal":     {0xE1, 0xE2, func(x uint64) uint64 { return Equal(x, 0xE2) }},
			"equal up":  {0xE3, 0xE2, func(x uint64) uint64 { return Equal(x, 0xE2) }},
		} {
			s := []byte("-        ")
			for j := range 8 {
				s[1+j] = test.plain
			}
			if n := First(test.marks(At(string(s), 1))); n != 8 {
				t.Errorf("%s: byte %d of %x is marked", name, n, s)
			}
			s[1+i] = test.found
			if n := First(test.marks(At(string(s), 1))); n != i {
				t.Errorf("%s: byte %d of %x is marked first, want %d", name, n, s, i)
			}
		}
	}
}
