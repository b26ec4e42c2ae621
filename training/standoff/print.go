package standoff

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/parley-nlp/parley/model"
)

// Print writes how many rows the files have, by label and by how they were
// chosen.
func Print(w io.Writer, files []File) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	stances, tones := model.Stance.Labels(), model.Tone.Labels()
	fmt.Fprintf(t, "file\trows\t%s\t%s\t\n", strings.Join(stances, "\t"), strings.Join(tones, "\t"))
	for _, f := range files {
		stance, tone := map[string]int{}, map[string]int{}
		for i := range f.Rows {
			stance[f.Rows[i].Stance]++
			tone[f.Rows[i].Tone]++
		}
		fmt.Fprintf(t, "%s\t%d\t", f.Name, len(f.Rows))
		for _, s := range stances {
			fmt.Fprintf(t, "%d\t", stance[s])
		}
		for _, s := range tones {
			fmt.Fprintf(t, "%d\t", tone[s])
		}
		fmt.Fprintln(t)
	}
	fmt.Fprintf(t, "\nfile\t%s\t\n", strings.Join(Ways, "\t"))
	for _, f := range files {
		how := map[string]int{}
		for i := range f.Rows {
			how[f.Rows[i].How]++
		}
		fmt.Fprintf(t, "%s\t", f.Name)
		for _, s := range Ways {
			fmt.Fprintf(t, "%d\t", how[s])
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}
