package text

import (
	"bufio"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func lines(t *testing.T, f string, n int) []string {
	out, err := exec.Command("sh", "-c", fmt.Sprintf("zcat %s | head -%d", f, n)).Output()
	if err != nil {
		t.Fatal(err)
	}
	var ls []string
	sc := bufio.NewScanner(strings.NewReader(string(out)))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		ls = append(ls, sc.Text())
	}
	return ls
}

func TestLang(t *testing.T) {
	for _, f := range []string{"en", "ar"} {
		want, _ := ParseLanguage(f)
		ls := lines(t, "/work/shared/unlabelled/"+f+".txt.gz", 60000)
		bad := 0
		for _, l := range ls {
			if g := Detect(l); g != want {
				bad++
				if bad < 40 {
					fmt.Printf("%s as %v: %.220s\n", f, g, l)
				}
			}
		}
		fmt.Println(f, "bad", bad, "of", len(ls))
	}
}

func TestSent(t *testing.T) {
	for _, f := range []string{"en", "ar"} {
		r := rand.New(rand.NewSource(1))
		ls := lines(t, "/work/shared/unlabelled/"+f+".txt.gz", 6000)
		for range 25 {
			l := ls[r.Intn(len(ls))]
			fmt.Println("---")
			for s := range Sentences(l) {
				fmt.Println("  |", s.In(l))
			}
		}
		long, short, n := 0, 0, 0
		for _, l := range ls {
			for s := range Sentences(l) {
				n++
				if s.Len() > 600 {
					long++
				}
				if s.Len() < 20 {
					if short < 40 {
						fmt.Printf("short %q in %.80q\n", s.In(l), l[max(0, s.Start-50):])
					}
					short++
				}
			}
		}
		fmt.Println(f, "sentences", n, "long", long, "short", short)
	}
}

func wrapText(s string, w int) string {
	var b strings.Builder
	col := 0
	for i, x := range strings.Fields(s) {
		n := len([]rune(x))
		if i > 0 && col+1+n > w {
			b.WriteByte('\n')
			col = 0
		} else if i > 0 {
			b.WriteByte(' ')
			col++
		}
		b.WriteString(x)
		col += n
	}
	return b.String()
}

func TestWrap(t *testing.T) {
	fs, _ := filepath.Glob("/work/shared/articles/*.txt")
	var docs [][]string
	for _, f := range fs {
		b, _ := os.ReadFile(f)
		var ps []string
		for _, p := range Paragraphs(string(b)) {
			ps = append(ps, strings.Join(strings.Fields(p.In(string(b))), " "))
		}
		docs = append(docs, ps)
	}
	for _, f := range []string{"en", "ar"} {
		ls := lines(t, "/work/shared/unlabelled/"+f+".txt.gz", 4000)
		for i := 0; i+8 < len(ls); i += 9 {
			docs = append(docs, ls[i:i+8])
		}
		for i := 0; i < 500; i++ { // short docs
			docs = append(docs, ls[i:i+1])
		}
	}
	for _, w := range []int{0, 60, 66, 72, 80, 100} {
		for _, sep := range []string{"\n\n", "\n"} {
			var tp, fp, fn, detected int
			shown := 0
			for k, ps := range docs {
				var b strings.Builder
				var want []int
				for i, p := range ps {
					if i > 0 {
						b.WriteString(sep)
					}
					want = append(want, b.Len())
					if w > 0 {
						b.WriteString(wrapText(p, w))
					} else {
						b.WriteString(strings.Join(strings.Fields(p), " "))
					}
				}
				s := b.String()
				var got []int
				for _, p := range Paragraphs(s) {
					got = append(got, p.Start)
				}
				if wrapColumn(s) > 0 {
					detected++
				}
				for _, g := range got {
					if _, ok := slices.BinarySearch(want, g); ok {
						tp++
					} else {
						fp++
						if shown < 3 && os.Getenv("SHOW") != "" {
							shown++
							fmt.Printf("  extra in %d (column %d): %.100q | %.100q\n", k, wrapColumn(s), s[max(0, g-100):g], s[g:])
						}
					}
				}
				for _, g := range want {
					if _, ok := slices.BinarySearch(got, g); !ok {
						fn++
					}
				}
			}
			fmt.Printf("w=%d sep=%q docs %d detected %d right %d extra %d missed %d\n", w, sep, len(docs), detected, tp, fp, fn)
		}
	}
}
