package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

// Problem is a refusal as a program gets it.
type Problem struct {
	Title     string         `json:"title" doc:"The status in words"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail" doc:"What to do, in the reader's language"`
	Key       string         `json:"key" doc:"Which refusal this is; stable"`
	Slots     map[string]any `json:"slots,omitempty" doc:"The values in the sentence"`
	Reference string         `json:"reference" doc:"Names the request in the server's log"`
	Faults    []Fault        `json:"faults,omitempty" doc:"What does not fit, one by one"`

	header http.Header
}

// Fault is one place of a request that does not fit.
type Fault struct {
	Where  string         `json:"where" doc:"The place, as body.field, path.name, query.name or header.name"`
	Key    string         `json:"key"`
	Slots  map[string]any `json:"slots,omitempty"`
	Detail string         `json:"detail"`
}

func (p *Problem) Error() string           { return p.Key }
func (p *Problem) GetStatus() int          { return p.Status }
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType is RFC 9457's.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func problemOf(no door.Refusal) *Problem {
	return &Problem{Title: http.StatusText(no.Status), Status: no.Status, Detail: no.Sentence, Key: no.Key, Slots: no.Slots, Reference: no.Reference, header: no.Header}
}

// refuse writes a refusal outside the description's own handlers.
func refuse(h door.House) func(http.ResponseWriter, *http.Request, error) {
	return func(w http.ResponseWriter, r *http.Request, err error) {
		p := problemOf(h.Refuse(r.Context(), err))
		for k, v := range p.header {
			w.Header()[k] = v
		}
		w.Header().Set("Content-Type", p.ContentType(""))
		body, err := json.Marshal(p)
		if err != nil { // a slot no JSON can hold
			h.Log.ErrorContext(r.Context(), "a refusal could not be written", "key", p.Key, "error", err)
		}
		w.WriteHeader(p.Status)
		_, _ = w.Write(body) // who left needs no answer
	}
}

// init makes the library's own errors ours: its texts are English, name Go types and repeat what was sent, up to the whole
// body. It keeps them in variables of its package, so there is one place and time to do this.
func init() {
	huma.NewError = func(status int, _ string, _ ...error) huma.StatusError {
		return problemOf(door.Refusal{Status: status, Key: keyOf(status, false)})
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		lang := door.LangOf(ctx.Context())
		p := &Problem{Status: status, Reference: door.ReferenceOf(ctx.Context())}
		if status == http.StatusBadRequest || status == http.StatusUnprocessableEntity {
			p.Faults = faultsOf(lang, errs)
		}
		if len(p.Faults) > 0 && p.Faults[0].Key == "api.body_type" {
			p.Status = http.StatusUnsupportedMediaType
		}
		p.Key = keyOf(p.Status, msg == "request body is required")
		if len(p.Faults) == 1 && (p.Faults[0].Key == "api.body_broken" || p.Faults[0].Key == "api.body_type" || p.Faults[0].Where == "body" && strings.HasPrefix(p.Faults[0].Key, "kernel.")) { // it says all there is to say
			p.Key, p.Faults = p.Faults[0].Key, nil
		}
		p.Title, p.Detail = http.StatusText(p.Status), words.Text(lang, p.Key, nil)
		if p.Status >= 500 {
			door.LogOf(ctx.Context()).ErrorContext(ctx.Context(), "a request failed", "reference", p.Reference, "error", errors.Join(append(errs, errors.New(msg))...))
		}
		return p
	}
	huma.DefaultArrayNullable = false
}

// keyOf is the refusal behind a status of the library.
func keyOf(status int, missing bool) string {
	switch {
	case missing:
		return "api.body_missing"
	case status == http.StatusRequestEntityTooLarge:
		return "door.too_large"
	case status == http.StatusUnsupportedMediaType:
		return "api.body_type"
	case status == http.StatusNotAcceptable:
		return "api.no_format"
	case status == http.StatusRequestTimeout:
		return "api.too_slow"
	case status >= 500:
		return "door.fault"
	}
	return "api.invalid"
}

func faultsOf(lang words.Lang, errs []error) []Fault {
	var list []Fault
	for _, err := range errs {
		f := Fault{Key: "api.value_wrong"}
		if d, ok := errors.AsType[*huma.ErrorDetail](err); ok {
			f.Where = d.Location
			f.Key, f.Slots = faultOf(d.Message)
			switch f.Key { // the last part of the place is a text of the sender
			case "api.field_unknown":
				f.Where = without(f.Where, d.Value)
			case "api.parameter_unknown":
				f.Where, _, _ = strings.Cut(f.Where, ".")
			}
			if d.Location == "body" && f.Key == "api.value_wrong" {
				f.Key = "api.body_broken"
				if key, _, _ := strings.Cut(d.Message, " "); words.Has(lang, key) { // a refusal of an identifier or a time
					f.Key = key
				}
			}
		}
		if e, ok := errors.AsType[*outbreak.Error](err); ok {
			f.Key, f.Slots = e.Msg, e.Slots
		}
		f.Detail = words.Text(lang, f.Key, f.Slots)
		list = append(list, f)
	}
	return list
}

// without takes the name of a field the sender made up off the end of a place; object is what holds it.
func without(where string, object any) string {
	held, _ := object.(map[string]any)
	longest := ""
	for name := range held {
		if strings.HasSuffix(where, "."+name) && len(name) >= len(longest) {
			longest = name
		}
	}
	return strings.TrimSuffix(where, "."+longest)
}

// patterns are the library's findings that say more than "wrong"; what stands in their slots comes from our description,
// never from the sender.
var patterns = []struct{ text, key, slot string }{
	{"unexpected property", "api.field_unknown", ""},
	{"unknown query parameter", "api.parameter_unknown", ""},
	{"expected required property %s to be present", "api.field_missing", "field"},
	{"expected length >= %s", "api.too_short", "least"},
	{"expected array length >= %s", "api.too_short", "least"},
	{"expected length <= %s", "api.too_long", "most"},
	{"expected array length <= %s", "api.too_long", "most"},
	{"expected number >= %s", "api.too_small", "least"},
	{"expected number <= %s", "api.too_big", "most"},
	{`expected value to be one of "%s"`, "api.not_listed", "list"},
	{"expected boolean", "api.wrong_type", "type"},
	{"expected number", "api.wrong_type", "type"},
	{"expected integer", "api.wrong_type", "type"},
	{"expected string", "api.wrong_type", "type"},
	{"expected array", "api.wrong_type", "type"},
	{"expected object", "api.wrong_type", "type"},
	{"invalid integer", "api.wrong_type", "type"},
	{"invalid boolean", "api.wrong_type", "type"},
	{"unknown content type: %s", "api.body_type", ""},
}

func faultOf(message string) (string, map[string]any) {
	for _, p := range patterns {
		before, after, slotted := strings.Cut(p.text, "%s")
		if !slotted {
			if message != p.text {
				continue
			}
			if p.slot == "type" {
				return p.key, map[string]any{"type": p.text[strings.IndexByte(p.text, ' ')+1:]}
			}
			return p.key, nil
		}
		if !strings.HasPrefix(message, before) || !strings.HasSuffix(message, after) || len(message) < len(before)+len(after) {
			continue
		}
		if p.slot == "" {
			return p.key, nil
		}
		return p.key, map[string]any{p.slot: message[len(before) : len(message)-len(after)]}
	}
	if strings.HasPrefix(message, "required ") && strings.HasSuffix(message, " parameter is missing") {
		return "api.parameter_missing", nil
	}
	return "api.value_wrong", nil
}
