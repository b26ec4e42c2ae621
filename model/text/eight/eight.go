// Package eight looks at eight bytes of text as one number, the first as its lowest
// byte. What marks bytes sets their high bits; the lowest mark is right, one above
// it may be a carry's.
package eight

import "math/bits"

const (
	// Ones times a byte is eight of it.
	Ones = 0x0101010101010101
	// High is the high bit of each byte.
	High = 0x80 * Ones
)

// At returns the eight bytes of s from i on.
func At(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// Below marks the bytes below c, which is one of ASCII.
func Below(x uint64, c byte) uint64 { return (x - uint64(c)*Ones) &^ x & High }

// Equal marks the bytes c.
func Equal(x uint64, c byte) uint64 {
	x ^= uint64(c) * Ones
	return (x - Ones) &^ x & High
}

// First returns how many bytes come before the first marked one; 8 if none is.
func First(marks uint64) int { return bits.TrailingZeros64(marks) / 8 }
