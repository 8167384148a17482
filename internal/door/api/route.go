package api

import (
	"context"
	"encoding"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

// prefix of every route.
const prefix = "/api/v1"

// Route is one row of the list of all routes.
type Route struct {
	Method     string
	Path       string // as the mux reads it, with the prefix
	Permission access.Permission
}

// door under construction: the library's description, the mux and what was added so far.
type plan struct {
	huma   huma.API
	mux    *http.ServeMux
	house  door.House
	gate   *door.Gate
	routes []Route
	body   int64 // the most any route takes
}

// route adds a route. There is no other way to add one, and so none without a permission. The actor who holds it, in some
// scope, is in the handler's context (door.ActorOf); the service asks again with the scope of the thing itself.
func route[In, Out any](p *plan, may access.Permission, op huma.Operation, do func(context.Context, *In) (*Out, error)) {
	if may == "" {
		panic(fmt.Sprintf("the route %s %s has no permission", op.Method, op.Path))
	}
	for _, name := range pathNames(op.Path) {
		if !reads(reflect.TypeFor[In](), name) {
			panic(fmt.Sprintf("the route %s %s does not read {%s}", op.Method, op.Path, name))
		}
	}
	op.Path = prefix + op.Path
	if op.OperationID == "" {
		op.OperationID = strings.ToLower(strings.NewReplacer(prefix+"/", "", "/", "-", "{", "", "}", "").Replace(op.Method + "-" + op.Path[len(prefix)+1:]))
	}
	if op.Extensions == nil {
		op.Extensions = map[string]any{}
	}
	op.Extensions["x-permission"] = string(may)
	op.Security = []map[string][]string{{"token": {}}}
	p.admit(may, &op)
	p.note(op, may)
	huma.Register(p.huma, op, func(ctx context.Context, in *In) (*Out, error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, problemOf(p.house.Refuse(ctx, err))
		}
		return out, nil
	})
}

// pathNames lists the parameters of a path.
func pathNames(path string) (names []string) {
	for _, part := range strings.Split(path, "/") {
		if name, is := strings.CutPrefix(part, "{"); is {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}

// reads tells whether an input takes a parameter of its path. The library passes over what is embedded and not exported, and leaves
// the parameter at nothing.
func reads(in reflect.Type, name string) bool {
	if in.Kind() != reflect.Struct {
		return false
	}
	for f := range in.Fields() {
		if f.IsExported() && (f.Tag.Get("path") == name || f.Anonymous && reads(f.Type, name)) {
			return true
		}
	}
	return false
}

// plainRoute adds a route whose body is no JSON document: a file that is read as it comes in.
func plainRoute(p *plan, may access.Permission, op huma.Operation, do func(http.ResponseWriter, *http.Request) error) {
	op.Path = prefix + op.Path
	p.note(op, may)
	op.Extensions = map[string]any{"x-permission": string(may)}
	op.Security = []map[string][]string{{"token": {}}}
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{"200": {Description: http.StatusText(http.StatusOK)}}
	}
	p.huma.OpenAPI().AddOperation(&op)
	p.mux.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, r *http.Request) {
		ctx, err := p.enter(r, may)
		if err == nil {
			err = do(w, r.WithContext(ctx))
		}
		if err != nil {
			refuse(p.house)(w, r.WithContext(ctx), err)
		}
	})
}

func (p *plan) note(op huma.Operation, may access.Permission) {
	p.routes = append(p.routes, Route{Method: op.Method, Path: op.Path, Permission: may})
	p.body = max(p.body, op.MaxBodyBytes+1)
}

// admit asks who acts and whether he may before anything of the request is read.
func (p *plan) admit(may access.Permission, op *huma.Operation) {
	op.Middlewares = append(op.Middlewares, func(c huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(c)
		ctx, err := p.enter(r, may)
		if err != nil {
			refuse(p.house)(w, r.WithContext(ctx), err)
			return
		}
		withoutLang(r.URL)
		next(huma.WithContext(c, ctx))
	})
}

// withoutLang takes the language off an address: every route takes it, and it has been read.
func withoutLang(u *url.URL) {
	if q := u.Query(); q.Has("lang") {
		q.Del("lang")
		u.RawQuery = q.Encode()
	}
}

func (p *plan) enter(r *http.Request, may access.Permission) (context.Context, error) {
	ctx := r.Context()
	by, err := p.gate.Admit(r, func() (by outbreak.Actor, err error) {
		ctx, err = p.house.Bearer(r)
		return door.ActorOf(ctx), err
	})
	if err != nil {
		return ctx, err
	}
	return ctx, access.RequireAnywhere(by, may)
}

// Keyed is embedded in the input of a command: the same key with the same request has no second effect.
type Keyed struct {
	Key string `header:"Idempotency-Key" maxLength:"100" doc:"Chosen by the sender, new for each command. A repeat with the same key gets the first answer and has no second effect."`
}

// Ref is an identifier in a path or query.
type Ref[I any] struct{ ID I }

// UnmarshalText reads the text form of the identifier.
func (r *Ref[I]) UnmarshalText(text []byte) error {
	id, ok := any(&r.ID).(encoding.TextUnmarshaler)
	if !ok {
		return fmt.Errorf("%T is no identifier", r.ID)
	}
	return id.UnmarshalText(text)
}

// Schema describes it.
func (Ref[I]) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, MinLength: new(1), MaxLength: new(40)}
}

// Done is the answer of a command that has nothing to tell.
type Done struct{}
