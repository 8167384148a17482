package outbreak

import (
	"errors"
	"fmt"
	"time"
)

// Kind sorts errors by what the person who gets them can do.
type Kind int

const (
	Internal  Kind = iota // ours; the chain is logged, the user gets a reference
	Invalid               // the input is wrong; the message says where and what to do
	NotFound              // no such thing, or not for this person
	Conflict              // it was changed or decided otherwise meanwhile
	Forbidden             // this person may not
	Expired               // session, token or link is over
	Busy                  // come back after RetryAfter
)

// Error is an answer to a person: a key into the word catalogue with its slots, and the kind.
type Error struct {
	Kind       Kind
	Msg        string         // catalogue key: the sentence says what to do
	Slots      map[string]any // values for the sentence; never a name or an identity number
	RetryAfter time.Duration
	Err        error // the cause, for the log alone
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s %v: %v", e.Msg, e.Slots, e.Err)
	}
	return fmt.Sprintf("%s %v", e.Msg, e.Slots)
}

func (e *Error) Unwrap() error { return e.Err }

// Refuse makes an error for a person; slots come as name, value, name, value.
func Refuse(kind Kind, msg string, slots ...any) *Error {
	e := &Error{Kind: kind, Msg: msg}
	for i := 0; i+1 < len(slots); i += 2 {
		if e.Slots == nil {
			e.Slots = map[string]any{}
		}
		e.Slots[fmt.Sprint(slots[i])] = slots[i+1]
	}
	return e
}

// Because adds the cause that is logged and never shown.
func (e *Error) Because(err error) *Error {
	e.Err = err
	return e
}

// KindOf gives the kind of any error; Internal when it is not one of ours.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}
