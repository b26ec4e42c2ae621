//go:build race

package model_test

// raceEnabled says that the race detector is on, under which sync.Pool drops
// what it is given at random.
const raceEnabled = true
