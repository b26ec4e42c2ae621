package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/parley-nlp/parley/cmd/parley/internal/journal"
	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
	"github.com/parley-nlp/parley/cmd/parley/internal/score"
	"github.com/parley-nlp/parley/model"
)

// sink passes scored chunks on to the output, names what failed, and keeps the
// journal.
type sink struct {
	out      *output
	errs     *countedFile // of --errors; nil without
	stderr   io.Writer
	progress *progress
	failFast bool

	// state is the journal's content at the last place from which the run can
	// go on; journaled says whether there is a journal.
	state     journal.State
	journaled bool
	every     time.Duration // between saves
	saved     time.Time
	counts    journal.Counts
	repeats   *repeats
}

// errFailFast ends a run at the first failure.
var errFailFast = errors.New("stopped at the first failure, as --fail-fast asks")

// chunk writes the rows of a chunk.
func (s *sink) chunk(c *score.Chunk) error {
	for i := range c.Items {
		item := &c.Items[i]
		stop := s.failFast && (item.Kind == score.Failed || item.Kind == score.Unreadable)
		if stop && i > 0 && s.out.rows.Whole() {
			s.mark(c.Items[i-1].Next) // what failed is tried again
		}
		if err := s.item(item); err != nil {
			return err
		}
		if stop {
			return errFailFast
		}
		if s.out.format.blocks() && item.Kind == score.Scored && s.out.rows.Whole() {
			s.mark(item.Next)
		}
	}
	if s.out.rows.Whole() {
		s.mark(c.End)
	}
	s.progress.update(s.counts)
	if s.journaled && time.Since(s.saved) >= s.every {
		return s.save()
	}
	return nil
}

func (s *sink) item(item *score.Item) error {
	if note := s.repeats.look(item); note != "" {
		s.progress.say("%s", note)
	}
	switch item.Kind {
	case score.Scored:
		s.counts.Rows++
		s.count(&item.Row)
		return s.out.wrap(s.out.rows.Write(&item.Row, item.Encoded))
	case score.Dropped:
		s.counts.Dropped++
	case score.Failed:
		s.counts.Failed++
		s.progress.say("parley: %v\n", &item.Failure)
		return s.record(item)
	case score.Unreadable:
		s.counts.Unreadable++
		s.progress.say("parley: %v\n", item.Err)
		return s.record(item)
	case score.Empty:
		item.Err = errNoText
		s.progress.say("parley: note: %v\n", &item.Failure)
	}
	return nil
}

var errNoText = errors.New("no text, so no rows")

// count adds a row to the mix of labels.
func (s *sink) count(r *rows.Row) {
	if s.counts.Labels == nil {
		s.counts.Labels = map[string]int64{}
	}
	for t := range model.Task(model.NumTasks) {
		p, _ := r.Task(t)
		s.counts.Labels[labelKeys[t][p.Label]]++
	}
}

// labelKeys are the names under which labels are counted, "stance.favor".
var labelKeys = func() (keys [model.NumTasks]map[string]string) {
	for t := range keys {
		keys[t] = map[string]string{}
		for _, l := range model.Task(t).Labels() {
			keys[t][l] = model.Task(t).String() + "." + l
		}
	}
	return keys
}()

// failure is a line of --errors.
type failure struct {
	Input     string `json:"input"`
	Line      int64  `json:"line,omitempty"`
	ID        string `json:"id"`
	Paragraph *int   `json:"paragraph,omitempty"`
	Error     string `json:"error"`
}

// record writes what failed to the file of --errors.
func (s *sink) record(item *score.Item) error {
	if s.errs == nil {
		return nil
	}
	line := failure{Input: item.Input, Line: item.Line, ID: item.ID, Error: item.Err.Error()}
	if item.Paragraph >= 0 {
		line.Paragraph = &item.Paragraph
	}
	data, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = s.errs.Write(append(data, '\n'))
	return s.errs.wrap(err)
}

// mark remembers that the run can go on from a position.
func (s *sink) mark(next score.Position) {
	if !s.journaled {
		return
	}
	s.state.Position, s.state.Output = next, s.out.done
	if s.errs != nil {
		s.state.Errors = s.errs.done
	}
	s.state.Counts = s.counts.Clone()
}

// save writes the journal, after what it speaks of is safe.
func (s *sink) save() error {
	if err := s.out.sync(); err != nil {
		return s.out.wrap(err)
	}
	if s.errs != nil {
		if err := s.errs.sync(); err != nil {
			return s.errs.wrap(err)
		}
	}
	s.saved = time.Now()
	if err := journal.Write(s.out.name, &s.state); err != nil {
		return inputError(fmt.Errorf("journal: %w", err))
	}
	return nil
}

// end closes the outputs and returns how the run ended; err is what ended it
// early, keep whether a finished journal stays.
func (s *sink) end(err error, keep bool) error {
	s.progress.end(s.counts)
	if note := s.repeats.sum(); note != "" {
		s.progress.say("%s", note)
	}
	complete := err == nil
	switch {
	case complete:
		if err = s.out.finish(); err == nil && s.journaled {
			err = s.finishJournal(keep)
		}
	case s.journaled:
		err = join(err, s.save())
	default:
		err = join(err, s.out.finish())
	}
	if s.errs != nil {
		err = join(err, s.errs.close())
	}
	err = join(err, s.out.close())
	if !complete && s.journaled {
		s.progress.say("parley: note: %d rows are saved; the same command with --resume goes on\n", s.state.Counts.Rows)
	}
	return s.status(err)
}

// join is errors.Join, but a single error stays what it is, and one that says the
// same again is left out: a file that cannot be written fails at each try.
func join(err, more error) error {
	switch {
	case err == nil:
		return more
	case more == nil || err.Error() == more.Error():
		return err
	}
	return errors.Join(err, more)
}

// finishJournal marks the journal as done, or removes it.
func (s *sink) finishJournal(keep bool) error {
	if !keep {
		if err := s.out.sync(); err != nil {
			return s.out.wrap(err)
		}
		return journal.Remove(s.out.name)
	}
	s.mark(s.state.Position)
	s.state.Done = true
	return s.save()
}

// status turns how a run ended into an exit status.
func (s *sink) status(err error) error {
	switch {
	case errors.Is(err, score.ErrStopped), errors.Is(err, context.Canceled):
		return &exitError{exitInterrupted, errors.New("interrupted")}
	case errors.Is(err, errFailFast):
		fmt.Fprintf(s.stderr, "parley: %v\n", errFailFast)
	case err != nil:
		return err
	}
	switch {
	case s.counts.Unreadable > 0:
		return &exitError{exitInput, nil}
	case s.counts.Failed > 0:
		return &exitError{exitRows, nil}
	}
	return nil
}
