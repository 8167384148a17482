package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// answer is what came back for a request.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// String shows the answer in a failure, cut where it gets long.
func (a answer) String() string {
	text := strings.TrimSpace(string(a.body))
	if len(text) > 900 {
		text = text[:900] + "…"
	}
	return fmt.Sprintf("%d %s", a.status, text)
}

// check tells whether a clause holds; what it keeps goes into vars.
func (a answer) check(text string, vars map[string]string) error {
	word, rest, _ := strings.Cut(text, " ")
	left, right, equals := strings.Cut(rest, " = ")
	switch {
	case word == "->":
		if want, err := strconv.Atoi(rest); err != nil || want != a.status {
			return fmt.Errorf("wanted status %s, got %s", rest, a)
		}
		return nil
	case word == "has":
		return a.has(left, right, equals)
	case word == "count" && equals:
		return a.count(left, right)
	case word == "keep" && equals:
		v, err := a.find(right)
		if err != nil {
			return err
		}
		vars[left] = plain(v)
		return nil
	case word == "shows":
		if !strings.Contains(string(a.body), rest) {
			return fmt.Errorf("wanted %q to be shown, got %s", rest, a)
		}
		return nil
	case word == "hides":
		if strings.Contains(string(a.body), rest) {
			return fmt.Errorf("wanted %q to stay hidden, got %s", rest, a)
		}
		return nil
	case word == "header" && equals:
		if got := a.header.Get(left); got != right {
			return fmt.Errorf("wanted the header %s to be %q, got %q", left, right, got)
		}
		return nil
	}
	return fmt.Errorf("no such clause: %s", text)
}

func (a answer) has(place, want string, equals bool) error {
	got, err := a.find(place)
	if err != nil {
		return err
	}
	if !equals {
		if s := plain(got); s == "" || s == "0" || s == "null" || s == "[]" || s == "{}" || s == "false" {
			return fmt.Errorf("wanted %s to hold something, got %s in %s", place, shown(got), a)
		}
		return nil
	}
	w, err := decode([]byte(want))
	if err != nil {
		w = want // a bare word
	}
	if shown(got) != shown(w) {
		return fmt.Errorf("wanted %s to be %s, got %s in %s", place, shown(w), shown(got), a)
	}
	return nil
}

func (a answer) count(place, want string) error {
	got, err := a.find(place)
	if err != nil {
		return err
	}
	list, ok := got.([]any)
	if !ok || strconv.Itoa(len(list)) != want {
		return fmt.Errorf("wanted %s of %s, got %d: %s", want, place, len(list), shown(got))
	}
	return nil
}

// find follows a path into the answer: lines[step=bed].waiting, items[0].id.
func (a answer) find(place string) (any, error) {
	v, err := decode(a.body)
	if err != nil {
		return nil, fmt.Errorf("wanted %s, got no JSON: %s", place, a)
	}
	for _, part := range strings.FieldsFunc(place, func(r rune) bool { return r == '.' || r == '[' }) {
		v, err = down(v, strings.TrimSuffix(part, "]"))
		if err != nil {
			return nil, fmt.Errorf("wanted %s, but there is %w: %s", place, err, a)
		}
	}
	return v, nil
}

// down goes one part of a path into a value: a field, a place in a list, or the first of a list with a field of a value.
func down(v any, part string) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		if in, ok := v[part]; ok {
			return in, nil
		}
		return nil, fmt.Errorf("no field %s", part)
	case []any:
		if i, err := strconv.Atoi(part); err == nil {
			if i < len(v) {
				return v[i], nil
			}
			return nil, fmt.Errorf("no item %d among %d", i, len(v))
		}
		field, want, _ := strings.Cut(part, "=")
		for _, item := range v {
			if in, err := down(item, field); err == nil && plain(in) == want {
				return item, nil
			}
		}
		return nil, fmt.Errorf("no item with %s", part)
	}
	return nil, fmt.Errorf("nothing below %s", part)
}

func decode(text []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("more than one value")
	}
	return v, nil
}

// shown is a value as JSON, with its fields in one order.
func shown(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(b.String())
}

// plain is a text without its quotation marks, anything else as JSON.
func plain(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return shown(v)
}
