package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/parley-nlp/parley/cmd/parley/internal/input"
	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
)

// Read adds the rows of an input that parley score wrote: JSONL or Parquet. A
// row that is refused is handed to bad, with its place in the error, and left
// out. The error that Read returns ends the input; it names the input.
func (r *Report) Read(s *input.Source, bad func(error)) error {
	if s.Err == nil && s.Format != input.JSONL && s.Format != input.Parquet {
		return fmt.Errorf("%s: rows cannot be read from %s (want .jsonl or .parquet, as parley score writes them)", s.Name(), s.Format)
	}
	in, err := s.Open(input.Fields{})
	if err != nil {
		return err
	}
	err = r.read(in, bad)
	return errors.Join(err, in.Close())
}

func (r *Report) read(in input.Reader, bad func(error)) error {
	for {
		batch, err := in.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		records := batch.Parse()
		for i := range records {
			rec := &records[i]
			err := rec.Err
			var row rows.Row
			if err == nil {
				row, err = decode(rec)
			}
			if err == nil {
				err = r.Add(&row)
			}
			if err == nil {
				continue
			}
			err = fmt.Errorf("%s: %w", rec.Place(), err)
			if unit := (*unitError)(nil); errors.Is(err, ErrFull) || errors.As(err, &unit) {
				return err // the next rows would fail alike
			}
			bad(err)
		}
	}
}

// decode makes a row of a record, whose other fields an input keeps in Extra.
func decode(rec *input.Record) (rows.Row, error) {
	var fields struct {
		Paragraph *int `json:"paragraph"`
		Language  string
		Stance    *struct {
			rows.Stance
			Evidence evidenceList `json:"evidence"`
		} `json:"stance"`
		Tone *struct {
			rows.Tone
			Evidence evidenceList `json:"evidence"`
		} `json:"tone"`
		Model string
		Extra json.RawMessage
	}
	row := rows.Row{ID: rec.ID, Text: string(rec.Content)}
	extra := rec.Extra
	if extra == nil {
		extra = []byte("{}")
	}
	if err := json.Unmarshal(extra, &fields); err != nil {
		return row, fmt.Errorf("not a row of parley score: %w", err)
	}
	if fields.Paragraph == nil || fields.Stance == nil || fields.Tone == nil {
		return row, errors.New("not a row of parley score: paragraph, stance and tone are wanted")
	}
	row.Paragraph, row.Language, row.Model = *fields.Paragraph, fields.Language, fields.Model
	row.Stance, row.Tone = fields.Stance.Stance, fields.Tone.Tone
	row.Stance.Evidence, row.Tone.Evidence = fields.Stance.Evidence, fields.Tone.Evidence
	row.Extra = fields.Extra
	// In Parquet it is a column of JSON, which stands as a string.
	if s := ""; json.Unmarshal(fields.Extra, &s) == nil {
		row.Extra = json.RawMessage(s)
	}
	return row, nil
}

// evidenceList reads a JSON array, and a list as readers of Parquet show it:
// {"list": [{"element": ...}]}.
type evidenceList []rows.Evidence

// UnmarshalJSON implements [json.Unmarshaler].
func (l *evidenceList) UnmarshalJSON(data []byte) error {
	if !bytes.HasPrefix(data, []byte("{")) {
		return json.Unmarshal(data, (*[]rows.Evidence)(l))
	}
	var nested struct {
		List []struct {
			Element rows.Evidence `json:"element"`
		} `json:"list"`
	}
	if err := json.Unmarshal(data, &nested); err != nil {
		return err
	}
	for _, v := range nested.List {
		*l = append(*l, v.Element)
	}
	return nil
}
