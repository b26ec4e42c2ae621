package model

import "fmt"

// Task is one of the two questions that a model answers about a paragraph.
type Task uint8

// The tasks, in the order in which they stand in every array of this package.
const (
	Stance   Task = iota // which position toward the target the paragraph conveys
	Tone                 // how its parties deal with one another
	NumTasks = 2
)

// MaxLabels is the largest number of labels a task has.
const MaxLabels = 4

// The labels of Stance.
const (
	Favor     = iota // somebody endorses, praises, defends or legitimises the target
	Against          // somebody condemns, blames, insults or delegitimises it
	Neutral          // it is there, but nobody takes a position on it
	Unrelated        // it is not there
)

// The labels of Tone.
const (
	Cooperative     = iota // the parties work together
	Confrontational        // they are pitted against each other
	NeutralTone            // neither, or both with equal weight
)

var (
	taskNames  = [NumTasks]string{"stance", "tone"}
	labelNames = [NumTasks][]string{
		Stance: {"favor", "against", "neutral", "unrelated"},
		Tone:   {"cooperative", "confrontational", "neutral"},
	}
)

// String returns "stance" or "tone".
func (t Task) String() string {
	if int(t) < len(taskNames) {
		return taskNames[t]
	}
	return fmt.Sprintf("task(%d)", uint8(t))
}

// Labels returns the names of the task's labels in the order of their numbers.
// The caller must not change the slice.
func (t Task) Labels() []string { return labelNames[t] }

// ParseLabel returns the number of the label of that name. The error names the
// labels that are accepted.
func (t Task) ParseLabel(name string) (int, error) {
	for i, n := range labelNames[t] {
		if n == name {
			return i, nil
		}
	}
	return 0, fmt.Errorf("%s %q is none of %v", t, name, labelNames[t])
}

// Polarity returns +1 for a label that counts for the task's score (favor,
// cooperative), -1 for one that counts against it and 0 for the others.
func (t Task) Polarity(label int) int {
	switch label {
	case 0:
		return 1
	case 1:
		return -1
	}
	return 0
}
