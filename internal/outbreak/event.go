package outbreak

import (
	"encoding/json"
	"fmt"
)

// Event is a fact that happened. Its struct is plain, is written once into the journal and is read by whoever follows.
// Fields are only ever added.
type Event interface {
	Kind() string
	Where() Scope
}

// Where lets an event embed its Scope.
func (s Scope) Where() Scope { return s }

// Ref names a thing an event is about, so that its time line can be read.
type Ref struct {
	Kind string `json:"kind"` // "person", "case", "tube", "round", "site", "task", "user"
	ID   string `json:"id"`
}

// About is implemented by events that belong on the time line of something.
type About interface{ About() []Ref }

// Entry is an event as the journal keeps it.
type Entry struct {
	Seq   int64   // position; also the order of commits
	At    Instant // when it was recorded
	Kind  string
	Scope Scope
	Actor string
	Cause int64 // the entry a consumer answered with this one; 0 for a person's act
	Body  []byte
}

// As reads the entry's event; false when it is of another kind.
func As[T Event](e Entry) (T, bool, error) {
	var t T
	if e.Kind != t.Kind() {
		return t, false, nil
	}
	if err := json.Unmarshal(e.Body, &t); err != nil {
		return t, false, fmt.Errorf("reading entry %d as %s: %w", e.Seq, e.Kind, err)
	}
	return t, true, nil
}

// On calls do when the entry is of the event's kind; a follower is a list of such lines.
func On[T Event](e Entry, do func(T) error) error {
	t, is, err := As[T](e)
	if err != nil || !is {
		return err
	}
	return do(t)
}

func person(id PersonID) Ref { return Ref{"person", id.String()} }
func tube(c TubeCode) Ref    { return Ref{"tube", string(c)} }
func caseRef(id CaseID) Ref  { return Ref{"case", id.String()} }
