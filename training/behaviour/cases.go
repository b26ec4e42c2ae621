// Package behaviour tests what a model has to be able to do, capability by
// capability, in the manner of CheckList (Ribeiro et al. 2020): a minimum
// functionality test has a right label, an invariance test two texts that must
// get the same one, a directional test two texts of which the second must score
// higher or lower. The cases are data; README.md describes their format.
package behaviour

import (
	"bufio"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

//go:embed *.jsonl floor.json
var shipped embed.FS

// Shipped holds the cases and the floor that come with the program.
func Shipped() fs.FS { return shipped }

// Kind is the type of a test.
type Kind string

// The types of tests.
const (
	MinimumFunctionality Kind = "mft"
	Invariance           Kind = "inv"
	Direction            Kind = "dir"
)

// Case is one test.
type Case struct {
	ID   string `json:"id"`
	Type Kind   `json:"type"`
	Text string `json:"text"`
	// Variant is the second text of an invariance or a directional test.
	Variant string `json:"variant,omitempty"`
	// Want holds, by task, the labels that are right in a minimum functionality
	// test. A task that is not in it is not tested.
	Want map[string][]string `json:"want,omitempty"`
	// Same names the tasks whose label must not change.
	Same []string `json:"same,omitempty"`
	// Move says, by task, whether the score of Variant must be "up" or "down"
	// against that of Text.
	Move map[string]string `json:"move,omitempty"`

	// Capability and Language are those of the file.
	Capability string        `json:"-"`
	Language   text.Language `json:"-"`
}

// maxLine is the length of the longest line that Load reads, in bytes.
const maxLine = 1 << 20

// Load reads all files CAPABILITY.LANGUAGE.jsonl at the root of a file system,
// in the order of their names. The error names the file and the line of every
// bad case.
func Load(files fs.FS) ([]Case, error) {
	names, err := fs.Glob(files, "*.jsonl")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("no behavioural tests: want files CAPABILITY.LANGUAGE.jsonl")
	}
	slices.Sort(names)
	var cases []Case
	var errs []error
	seen := map[string]string{}
	for _, name := range names {
		c, err := loadFile(files, name, seen)
		cases = append(cases, c...)
		errs = append(errs, err)
	}
	return cases, errors.Join(errs...)
}

func loadFile(files fs.FS, name string, seen map[string]string) ([]Case, error) {
	capability, lang, err := parseName(name)
	if err != nil {
		return nil, err
	}
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var cases []Case
	var errs []error
	sc := bufio.NewScanner(f)
	sc.Buffer(make([]byte, 1<<16), maxLine)
	for line := 1; sc.Scan(); line++ {
		if strings.TrimSpace(sc.Text()) == "" {
			continue
		}
		c := Case{Capability: capability, Language: lang}
		at := fmt.Sprintf("%s:%d", name, line)
		d := json.NewDecoder(strings.NewReader(sc.Text()))
		d.DisallowUnknownFields()
		if err = d.Decode(&c); err == nil {
			err = c.check()
		}
		if first := seen[c.ID]; err == nil && first != "" {
			err = fmt.Errorf("id %q also stands at %s", c.ID, first)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", at, err))
			continue
		}
		seen[c.ID] = at
		cases = append(cases, c)
	}
	if err := sc.Err(); err != nil {
		errs = append(errs, fmt.Errorf("%s: %w", name, err))
	}
	return cases, errors.Join(errs...)
}

// parseName takes a file name apart.
func parseName(name string) (capability string, lang text.Language, err error) {
	parts := strings.Split(path.Base(name), ".")
	if len(parts) == 3 && parts[0] != "" {
		switch parts[1] {
		case "en":
			return parts[0], text.English, nil
		case "ar":
			return parts[0], text.Arabic, nil
		}
	}
	return "", text.Other, fmt.Errorf("file name %q is not CAPABILITY.en.jsonl or CAPABILITY.ar.jsonl", name)
}

// check reports what is wrong with a case, and what is accepted.
func (c *Case) check() error {
	if c.ID == "" || c.Text == "" {
		return errors.New("id and text are required")
	}
	switch c.Type {
	case MinimumFunctionality:
		if c.Variant != "" || len(c.Same) > 0 || len(c.Move) > 0 || len(c.Want) == 0 {
			return errors.New("an mft case takes text and want")
		}
	case Invariance:
		if c.Variant == "" || len(c.Same) == 0 || len(c.Move) > 0 || len(c.Want) > 0 {
			return errors.New("an inv case takes text, variant and same")
		}
	case Direction:
		if c.Variant == "" || len(c.Same) > 0 || len(c.Move) == 0 || len(c.Want) > 0 {
			return errors.New("a dir case takes text, variant and move")
		}
	default:
		return fmt.Errorf("type %q is none of [mft inv dir]", c.Type)
	}
	for task, labels := range c.Want {
		t, err := parseTask(task)
		if err != nil {
			return err
		}
		if len(labels) == 0 {
			return fmt.Errorf("want of %s names no label", t)
		}
		for _, l := range labels {
			if _, err := t.ParseLabel(l); err != nil {
				return err
			}
		}
	}
	for _, task := range c.Same {
		if _, err := parseTask(task); err != nil {
			return err
		}
	}
	for task, way := range c.Move {
		if _, err := parseTask(task); err != nil {
			return err
		}
		if way != "up" && way != "down" {
			return fmt.Errorf("move of %s is %q, want up or down", task, way)
		}
	}
	return nil
}

func parseTask(name string) (model.Task, error) {
	for t := range model.Task(model.NumTasks) {
		if t.String() == name {
			return t, nil
		}
	}
	return 0, fmt.Errorf("task %q is none of [stance tone]", name)
}
