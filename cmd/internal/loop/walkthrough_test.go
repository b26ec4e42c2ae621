package loop_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// script returns the shell blocks of a section of a document, one after the
// other.
func script(t *testing.T, name, section string) string {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(doc), "\n## "+section+"\n")
	if !ok {
		t.Fatalf("%s has no section %q", name, section)
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	var blocks []string
	for {
		_, after, ok := strings.Cut(rest, "```sh\n")
		if !ok {
			break
		}
		block, tail, _ := strings.Cut(after, "```")
		blocks = append(blocks, block)
		rest = tail
	}
	if len(blocks) == 0 {
		t.Fatalf("section %q of %s has no commands", section, name)
	}
	return strings.Join(blocks, "\n")
}

// runScript runs commands as a reader would, and returns what they print.
func runScript(t *testing.T, commands string) string {
	t.Helper()
	dir := bin(t)
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("no bash to run the commands of the document")
	}
	cmd := exec.CommandContext(deadline(t, 100*time.Second), "bash", "-euo", "pipefail", "-c", "trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT\n"+commands)
	cmd.Dir = filepath.Join("..", "..", "..")
	cmd.Env = append(os.Environ(), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"), "DATA="+t.TempDir())
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

func TestWalkThrough(t *testing.T) {
	out := runScript(t, script(t, "retraining.md", "Walk-through"))
	for _, want := range []string{
		"60 labels stored, 0 there already, 0 refused", "0 labels stored, 60 there already", "Krippendorff's alpha",
		"passed: none of", "stored as candidate: assad@sha256:", "change a label from", "serves now, assad@sha256:", "the gate passed it",
		"refused: worse by more than 0.020: ", "macro-f1 of tone in en on the frozen set went from",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
}

func TestAnotherTarget(t *testing.T) {
	out := runScript(t, script(t, "another-target.md", "End to end"))
	for _, want := range []string{
		"erdogan@sha256:", "from 40 rows", `"label":"favor"`, "serves now, assad@sha256:", "40 labels stored", "stored as candidate: erdogan@sha256:", "Recep Tayyip Erdogan",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
}
