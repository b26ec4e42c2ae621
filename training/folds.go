package training

import (
	"crypto/sha256"
	"encoding/binary"
)

// share maps a group to a number in [0, 1) that depends on nothing but the
// group and the seed.
func share(group string, seed uint64) float64 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], seed)
	h := sha256.Sum256(append(b[:], group...))
	return float64(binary.LittleEndian.Uint64(h[:])>>11) / (1 << 53)
}

// Folds assigns each row to one of k folds by its group.
func Folds(rows []Row, k int, seed uint64) []int {
	fold := make([]int, len(rows))
	for i := range rows {
		fold[i] = int(share(rows[i].Group, seed) * float64(k))
	}
	return fold
}

// FoldsBy assigns each row to a fold of its key, for instance its outlet, so
// that a whole outlet is held out at once. Keys are spread over k folds in the
// order of their hash.
func FoldsBy(rows []Row, k int, seed uint64, key func(*Row) string) []int {
	fold := make([]int, len(rows))
	for i := range rows {
		fold[i] = int(share(key(&rows[i]), seed) * float64(k))
	}
	return fold
}
