package door

import (
	"context"
	"errors"
	"maps"
	"math"
	"net/http"
	"strconv"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

// statuses is the one table that turns kinds of errors into HTTP.
var statuses = map[outbreak.Kind]int{
	outbreak.Internal:  http.StatusInternalServerError,
	outbreak.Invalid:   http.StatusUnprocessableEntity,
	outbreak.NotFound:  http.StatusNotFound,
	outbreak.Conflict:  http.StatusConflict,
	outbreak.Forbidden: http.StatusForbidden,
	outbreak.Expired:   http.StatusUnauthorized,
	outbreak.Busy:      http.StatusServiceUnavailable,
}

// exact are the refusals for which HTTP has a word of its own.
var exact = map[string]int{
	"access.locked":     http.StatusTooManyRequests,
	"door.too_many":     http.StatusTooManyRequests,
	"door.too_large":    http.StatusRequestEntityTooLarge,
	"door.wrong_method": http.StatusMethodNotAllowed,
}

// Refusal is an error as a person or a program gets it.
type Refusal struct {
	Status    int
	Key       string
	Slots     map[string]any
	Sentence  string // in the reader's language; says what to do
	Reference string // names the request in the log
	Header    http.Header
}

// Status gives the status code of an error.
func (h House) Status(err error) int { return plain(err).status() }

// Sentence is what a person reads of an error. Of a fault of ours he learns that it was one; Reference names it.
func (h House) Sentence(lang words.Lang, err error) string {
	e := plain(err)
	return words.Text(lang, e.Msg, e.Slots)
}

type refused struct{ *outbreak.Error }

// plain gives the error for the outside: ours as it is, any other as a fault without a word of its inside.
func plain(err error) refused {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return refused{outbreak.Refuse(outbreak.Invalid, "door.too_large")}
	}
	if e, ok := errors.AsType[*outbreak.Error](err); ok && e.Kind != outbreak.Internal {
		return refused{e}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		slow := outbreak.Refuse(outbreak.Busy, "door.too_slow")
		slow.RetryAfter = 5 * time.Second
		return refused{slow}
	}
	return refused{outbreak.Refuse(outbreak.Internal, "door.fault")}
}

func (e refused) status() int {
	if code, ok := exact[e.Msg]; ok {
		return code
	}
	return statuses[e.Kind]
}

// Refuse makes the refusal of an error for the request of a context. A fault of ours is logged here, once, with its chain
// under the request's reference.
func (h House) Refuse(ctx context.Context, err error) Refusal {
	call := callOf(ctx)
	e := plain(err)
	if e.Kind == outbreak.Internal && ctx.Err() != nil { // whatever the database made of it
		e = plain(ctx.Err())
	}
	r := Refusal{Status: e.status(), Key: e.Msg, Slots: maps.Clone(e.Slots), Sentence: words.Text(call.lang, e.Msg, e.Slots), Reference: call.reference, Header: http.Header{}}
	switch {
	case e.Kind == outbreak.Internal && ctx.Err() == nil:
		h.Log.ErrorContext(ctx, "a request failed", "reference", call.reference, "error", err)
	case e.Kind == outbreak.Expired:
		r.Header.Set("WWW-Authenticate", `Bearer realm="breakwater"`)
	case e.RetryAfter > 0:
		r.Header.Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	return r
}

// RefuseText writes a refusal as one sentence of plain text: where there is neither a page nor an interface.
func (h House) RefuseText(w http.ResponseWriter, r *http.Request, err error) {
	no := h.Refuse(r.Context(), err)
	maps.Copy(w.Header(), no.Header)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(no.Status)
	_, _ = w.Write([]byte(no.Sentence + "\n")) // who left needs no answer
}
