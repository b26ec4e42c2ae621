package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Default is the alias of the model that answers when a request names none.
const Default = "default"

const (
	maxAliases  = 16
	maxHistory  = 10 // earlier models that an alias remembers
	keepAliases = 64 // generations of the alias file that are kept
)

var aliasName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)

// Alias is a name that points to a model.
type Alias struct {
	// Model is the exact name of the model.
	Model string `json:"model"`
	// Since is when the alias came to point there.
	Since time.Time `json:"since"`
	// By and Note say who made it so and why; may be empty.
	By   string `json:"by,omitempty"`
	Note string `json:"note,omitempty"`
	// History holds the models it pointed to before, the latest first.
	History []string `json:"history,omitempty"`
}

// Aliases are all aliases at one generation. The file of a generation is never
// changed; a change is the file of the next, which only one writer can create.
type Aliases struct {
	// Generation counts the changes, from 0 for none.
	Generation int64 `json:"generation"`
	// Aliases holds them by name.
	Aliases map[string]Alias `json:"aliases"`
}

const (
	aliasPrefix = "aliases-"
	aliasSuffix = ".json"
)

func aliasFile(generation int64) string {
	return fmt.Sprintf("%s%020d%s", aliasPrefix, generation, aliasSuffix)
}

// generationOf returns the generation of an alias file, 0 for another object.
func generationOf(name string) int64 {
	s, ok := strings.CutPrefix(name, aliasPrefix)
	if !ok {
		return 0
	}
	if s, ok = strings.CutSuffix(s, aliasSuffix); !ok || len(s) != 20 {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return 0
	}
	return n
}

// readAliases reads the file of a generation.
func readAliases(ctx context.Context, s store, generation int64) (Aliases, error) {
	name := aliasFile(generation)
	data, err := s.read(ctx, name)
	if err != nil {
		return Aliases{}, fmt.Errorf("read %s: %w", name, err)
	}
	var a Aliases
	if err := json.Unmarshal(data, &a); err != nil {
		return Aliases{}, fmt.Errorf("%s: %w", name, err)
	}
	if a.Generation != generation {
		return Aliases{}, fmt.Errorf("%s says that it is generation %d", name, a.Generation)
	}
	if len(a.Aliases) > maxAliases {
		return Aliases{}, fmt.Errorf("%s holds %d aliases, more than the limit of %d", name, len(a.Aliases), maxAliases)
	}
	for alias, v := range a.Aliases {
		if !aliasName.MatchString(alias) {
			return Aliases{}, fmt.Errorf("%s: %q is not an alias: want %s", name, alias, aliasName)
		}
		if _, ok := digestOf(v.Model); !ok {
			return Aliases{}, fmt.Errorf("%s: alias %q points to %q, which is not name@sha256:digest", name, alias, v.Model)
		}
	}
	return a, nil
}

// writeAliases creates the file of the generation of a and forgets very old
// ones. It returns errExists when another writer was first.
func writeAliases(ctx context.Context, s store, a Aliases, have []object) error {
	data, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	if err := s.create(ctx, aliasFile(a.Generation), append(data, '\n')); err != nil {
		return err
	}
	for _, o := range have {
		if g := generationOf(o.name); g > 0 && g <= a.Generation-keepAliases {
			_ = s.remove(ctx, o.name) // tried again at the next change
		}
	}
	return nil
}

// clone returns a copy that can be changed.
func (a Aliases) clone() Aliases {
	out := Aliases{Generation: a.Generation, Aliases: map[string]Alias{}}
	for name, v := range a.Aliases {
		v.History = slices.Clone(v.History)
		out.Aliases[name] = v
	}
	return out
}

// names returns the aliases that point to the model, in order.
func (a Aliases) names(model string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(a.Aliases)) {
		if a.Aliases[name].Model == model {
			out = append(out, name)
		}
	}
	return out
}

// point makes alias point to model and remembers where it pointed before.
func (a Aliases) point(alias, model string, now time.Time, by, note string) {
	v := a.Aliases[alias]
	history := v.History
	if v.Model != "" {
		history = append([]string{v.Model}, history...)
	}
	if len(history) > maxHistory {
		history = history[:maxHistory]
	}
	a.Aliases[alias] = Alias{Model: model, Since: now.UTC(), By: by, Note: note, History: history}
}
