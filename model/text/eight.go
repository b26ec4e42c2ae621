package text

// Eight bytes are looked at as one number, the first as its lowest byte. What marks
// bytes sets their high bits; the lowest mark is right, one above it may be a carry's.
const (
	ones = 0x0101010101010101
	high = 0x80 * ones
)

// eight returns the eight bytes of s from i on.
func eight(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// below marks the bytes below c, which is one of ASCII.
func below(x uint64, c byte) uint64 { return (x - uint64(c)*ones) &^ x & high }

// equal marks the bytes c.
func equal(x uint64, c byte) uint64 {
	x ^= uint64(c) * ones
	return (x - ones) &^ x & high
}
