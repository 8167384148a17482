package scenarios

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/tools/txtar"
)

// step is one line of a story with the indented lines that belong to it.
type step struct {
	at      string // "pool-to-bed.txtar:12"
	line    string
	clauses []clause
}

// clause is one thing that must hold after a step.
type clause struct {
	at   string
	text string
}

// story is a file of steps and the bodies they refer to.
type story struct {
	steps []step
	files map[string][]byte
}

// read reads a story from its file.
func read(file string) (story, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return story{}, fmt.Errorf("reading a story: %w", err)
	}
	return parse(filepath.Base(file), text)
}

// parse reads a story. A line that begins at the margin is a step, an indented one belongs to the step above it; empty
// lines and lines with # are for the reader.
func parse(name string, text []byte) (story, error) {
	archive := txtar.Parse(text)
	s := story{files: map[string][]byte{}}
	for _, f := range archive.Files {
		s.files[f.Name] = f.Data
	}
	for i, line := range strings.Split(string(archive.Comment), "\n") {
		at, bare := fmt.Sprintf("%s:%d", name, i+1), strings.TrimSpace(line)
		switch {
		case bare == "" || bare[0] == '#':
		case line[0] != ' ' && line[0] != '\t':
			head, claim, asked := cutLast(bare, " -> ")
			st := step{at: at, line: head}
			if asked {
				st.clauses = append(st.clauses, split(at, "-> "+claim)...)
			}
			s.steps = append(s.steps, st)
		case len(s.steps) == 0:
			return s, fmt.Errorf("%s: an indented line without a step above it", at)
		default:
			st := &s.steps[len(s.steps)-1]
			st.clauses = append(st.clauses, split(at, bare)...)
		}
	}
	return s, nil
}

// split parts "-> 200 has x = 1" into its status and what follows it.
func split(at, text string) []clause {
	rest, status := strings.CutPrefix(text, "-> ")
	if !status {
		return []clause{{at, text}}
	}
	code, more, _ := strings.Cut(rest, " ")
	list := []clause{{at, "-> " + code}}
	if more = strings.TrimSpace(more); more != "" {
		list = append(list, clause{at, more})
	}
	return list
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
