package rows

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/parquet-go/parquet-go"
)

// maxLine bounds a line of scored JSONL: a paragraph of the greatest length
// with its evidence, all of it escaped.
const maxLine = 64 << 20

// ReadJSONL yields the rows of scored JSONL. The error of a line names it and
// is the last thing yielded.
func ReadJSONL(r io.Reader) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		sc := bufio.NewScanner(r)
		sc.Buffer(make([]byte, 0, 64<<10), maxLine)
		n := 0
		for sc.Scan() {
			n++
			if len(bytes.TrimSpace(sc.Bytes())) == 0 {
				continue
			}
			var row Row
			err := json.Unmarshal(sc.Bytes(), &row)
			if err == nil && (row.Stance.Label == "" || row.Tone.Label == "") {
				err = errors.New("no stance or no tone: this is not a scored row")
			}
			if err != nil {
				yield(nil, fmt.Errorf("line %d: %w", n, err))
				return
			}
			if !yield(&row, nil) {
				return
			}
		}
		if err := sc.Err(); err != nil {
			yield(nil, fmt.Errorf("line %d: %w", n+1, err))
		}
	}
}

// ReadParquet yields the rows of scored Parquet.
func ReadParquet(r io.ReaderAt, size int64) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		f, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
		if err != nil {
			yield(nil, fmt.Errorf("not parquet: %w", err))
			return
		}
		if _, ok := f.Schema().Lookup("stance", "label"); !ok {
			yield(nil, errors.New("no column stance.label: these are not scored rows"))
			return
		}
		in := parquet.NewGenericReader[parquetRow](f)
		defer in.Close()
		buf := make([]parquetRow, 64)
		for n := 0; ; {
			k, err := in.Read(buf)
			for i := range k {
				row := buf[i].row()
				buf[i] = parquetRow{}
				n++
				if !yield(&row, nil) {
					return
				}
			}
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(nil, fmt.Errorf("row %d: %w", n+1, err))
				return
			}
		}
	}
}
