package door

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

// call is what the chain knows of a request.
type call struct {
	reference string
	lang      words.Lang
	actor     outbreak.Actor
	log       *slog.Logger
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{lang: words.Langs[0], log: slog.New(slog.DiscardHandler)}
}

// ActorOf gives who acts in a request; nobody before he was asked for.
func ActorOf(ctx context.Context) outbreak.Actor { return callOf(ctx).actor }

// LangOf gives the language in which the request is answered.
func LangOf(ctx context.Context) words.Lang { return callOf(ctx).lang }

// LogOf gives the log of the house a request came to.
func LogOf(ctx context.Context) *slog.Logger { return callOf(ctx).log }

// ReferenceOf names the request in the log.
func ReferenceOf(ctx context.Context) string { return callOf(ctx).reference }

// Reference names the request in the log.
func (h House) Reference(r *http.Request) string { return ReferenceOf(r.Context()) }

// WithActor is the context of a request with the one who acts in it.
func WithActor(ctx context.Context, by outbreak.Actor) context.Context {
	c := *callOf(ctx)
	c.actor = by
	return context.WithValue(ctx, callKey{}, &c)
}

// WithLang is the context of a request with the language of its answer.
func WithLang(ctx context.Context, lang words.Lang) context.Context {
	c := *callOf(ctx)
	c.lang = lang
	return context.WithValue(ctx, callKey{}, &c)
}

// PurposeHeader is where a program says why it opens records of people.
const PurposeHeader = "Breakwater-Purpose"

// Bearer finds who acts by the token of a program, and puts him and his purpose into the request's context. Cookies are not
// looked at.
func (h House) Bearer(r *http.Request) (context.Context, error) {
	kind, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "bearer") || secret == "" {
		return r.Context(), outbreak.Refuse(outbreak.Expired, "door.token_missing")
	}
	by, token, err := h.Access.ActorOfToken(r.Context(), strings.TrimSpace(secret))
	if err != nil {
		return r.Context(), err
	}
	ctx := r.Context()
	if r.Header.Get("Accept-Language") == "" && r.URL.Query().Get("lang") == "" {
		ctx = WithLang(ctx, token.Lang)
	}
	by.Purpose = outbreak.Purpose(r.Header.Get(PurposeHeader))
	if by.Purpose != outbreak.PurposeNone && !slices.Contains(outbreak.Purposes, by.Purpose) {
		return ctx, outbreak.Refuse(outbreak.Invalid, "door.purpose_unknown")
	}
	return WithActor(ctx, by), nil
}

var (
	offered = []words.Lang{words.Chinese, words.English}
	matcher = language.NewMatcher([]language.Tag{language.SimplifiedChinese, language.English})
)

// languageOf gives what the address asks for, else what the sender prefers, else the default.
func languageOf(r *http.Request) words.Lang {
	if l := words.Lang(r.URL.Query().Get("lang")); slices.Contains(words.Langs, l) {
		return l
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(tags) == 0 {
		return words.Langs[0]
	}
	_, at, sure := matcher.Match(tags...)
	if sure == language.No {
		return words.English // who reads neither is likelier to read English
	}
	return offered[at]
}

// referenceForm is what a reference of a proxy may look like: nothing that could break a line of the log or a header.
var referenceForm = regexp.MustCompile(`^[0-9A-Za-z._-]{8,64}$`)

// referenceOf gives the name a trusted proxy gave the request, so that one name is in both logs; else a new one.
func (h House) referenceOf(r *http.Request) string {
	if named := r.Header.Get("X-Request-Id"); h.trusts(peerOf(r)) && referenceForm.MatchString(named) {
		return named
	}
	return newReference()
}

// newReference makes a name for a request, short enough to be read out on the telephone.
func newReference() string { return rand.Text()[:10] }
