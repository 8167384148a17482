package app_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strings"
	"testing"

	"breakwater/internal/door/api"
	"breakwater/internal/door/web"
	"breakwater/internal/ledger/access"
)

// guarded are the rooms whose services ask for a permission before they do anything for an actor.
var guarded = []string{"internal/ledger/*", "internal/response/*", "internal/view/*"}

// guards are the calls that ask: refuse outright, or cut the rows to what the actor reaches.
var guards = []string{"Require", "RequireAnywhere", "RequireThroughout", "mayGrant", "mayManage"}

// unguarded are methods that take an actor and ask for nothing themselves, each with the reason.
var unguarded = map[string]string{
	"access.AddUser":     "asks in add, which the first administrator's sign-up shares",
	"access.EndSession":  "ends sessions of the actor himself alone",
	"access.SetLanguage": "changes the language of the actor himself alone",
	"exchange.Import":    "hands every row to the service of its room, which asks",
}

// open are the routes that need no permission: being signed in is enough, or even that is not asked.
var open = map[string]string{
	"GET /login":                                "one cannot be signed in yet",
	"POST /login":                               "one cannot be signed in yet",
	"GET /offline":                              "a browser keeps it for when the house cannot be reached; it holds nothing of anybody",
	"GET /booth":                                "a device keeps it for when there is no network; it holds nothing of anybody",
	"POST /booth/enrol":                         "takes a one-time code that somebody who manages rounds made; wrong ones are counted against the address",
	"GET /login/factor":                         "one is half signed in: the password was right",
	"POST /login/factor":                        "one is half signed in: the password was right",
	"POST /login/factor/challenge":              "one is half signed in: gives what a passkey has to sign",
	"GET /login/directory":                      "one cannot be signed in yet",
	"GET /login/directory/done":                 "one cannot be signed in yet; the directory's answer is checked",
	"GET /account/factor":                       "shows the actor's own second factor, which some have to set up before anything else",
	"POST /account/factor":                      "needs a code of the new telephone",
	"GET /account/factor/picture":               "shows a secret that is being set up, to its owner",
	"POST /account/factor/begin":                "needs a code when there is a second factor",
	"POST /account/factor/codes":                "needs a code",
	"POST /account/factor/remove":               "needs a code or a passkey; the last one of somebody who has to have one stays",
	"POST /account/factor/challenge":            "gives what the actor's own passkey has to sign",
	"POST /account/factor/passkeys/begin":       "needs a code or a passkey when there is a second factor",
	"POST /account/factor/passkeys":             "needs the browser's answer to what was asked of this session",
	"POST /account/factor/passkeys/{id}/remove": "needs a code or a passkey; the last one of somebody who has to have one stays",
	"POST /logout":                              "ends the actor's own session",
	"GET /setup":                                "works only while there are no users",
	"POST /setup":                               "works only while there are no users",
	"GET /account":                              "shows the actor himself",
	"POST /account/password":                    "needs the old password; one-time passwords are changed here before anything else is allowed",
	"POST /account/language":                    "changes the actor's own language",
	"GET /about":                                "tells the version and the source",
}

// unasked lists the exported service methods that take an actor and a context and ask for no permission.
func unasked(files []source) (found []string) {
	for _, f := range files {
		room := path.Dir(f.path)
		if strings.HasSuffix(f.path, "_test.go") || !among(room, guarded) {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), f.path, f.text, parser.SkipObjectResolution)
		if err != nil {
			found = append(found, err.Error())
			continue
		}
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if ok && actsFor(fn) && !asks(fn.Body) {
				found = append(found, path.Base(room)+"."+fn.Name.Name)
			}
		}
	}
	slices.Sort(found)
	return found
}

// actsFor tells whether a function is an exported method of a Service with a context and an actor among its parameters.
func actsFor(fn *ast.FuncDecl) bool {
	if fn.Recv == nil || !fn.Name.IsExported() || fn.Body == nil || written(fn.Recv.List[0].Type) != "*Service" {
		return false
	}
	var context, actor bool
	for _, p := range fn.Type.Params.List {
		switch written(p.Type) {
		case "context.Context":
			context = true
		case "outbreak.Actor":
			actor = true
		}
	}
	return context && actor
}

func written(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return "*" + written(t.X)
	case *ast.SelectorExpr:
		return written(t.X) + "." + t.Sel.Name
	case *ast.Ident:
		return t.Name
	}
	return fmt.Sprintf("%T", t)
}

// asks tells whether a body calls one of the guards.
func asks(body *ast.BlockStmt) (does bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		name := written(call.Fun)
		does = does || slices.Contains(guards, strings.TrimPrefix(name, "access."))
		return true
	})
	return does
}

func TestEveryServiceAsksForAPermission(t *testing.T) {
	files := tree(t)
	found := unasked(files)
	for _, m := range found {
		if unguarded[m] == "" {
			t.Errorf("%s acts for somebody without asking for a permission", m)
		}
	}
	for m := range unguarded {
		if !slices.Contains(found, m) {
			t.Errorf("%s is listed as asking for nothing, but it does or is gone", m)
		}
	}
}

func TestAMethodThatForgetsToAskIsFound(t *testing.T) {
	const body = `package lab
func (s *Service) ReportResult(ctx context.Context, by outbreak.Actor, c ReportResult) (Taken, error) {
	if err := access.RequireAnywhere(by, access.LabReport); err != nil {
		return Taken{}, err
	}
	return s.keep(ctx, by, c)
}`
	at := func(text string) []string {
		return unasked([]source{{"internal/response/lab/service.go", []byte(text)}})
	}
	if found := at(body); len(found) != 0 {
		t.Errorf("asking is not seen: %q", found)
	}
	forgot := strings.Replace(body, "access.RequireAnywhere(by, access.LabReport)", "error(nil)", 1)
	if found := at(forgot); !slices.Equal(found, []string{"lab.ReportResult"}) {
		t.Errorf("a removed question is not seen: %q", found)
	}
}

func TestEveryRouteNamesAPermission(t *testing.T) {
	known := map[access.Permission]bool{}
	for _, list := range access.Table {
		for _, p := range list {
			known[p] = true
		}
	}
	seen := map[string]bool{}
	check := func(route string, may access.Permission) {
		seen[route] = true
		switch {
		case may == "" && open[route] == "":
			t.Errorf("%s names no permission", route)
		case may != "" && open[route] != "":
			t.Errorf("%s is listed as open, but needs %s", route, may)
		case may != "" && !known[may]:
			t.Errorf("%s needs %s, which no role holds", route, may)
		}
	}
	for _, r := range api.Routes() {
		check(r.Method+" "+r.Path, r.Permission)
	}
	for _, r := range web.Routes {
		check(r.Method+" "+r.Path, r.May)
	}
	if len(seen) < 40 {
		t.Errorf("only %d routes were found", len(seen))
	}
	for route := range open {
		if !seen[route] {
			t.Errorf("%s is listed as open, but is gone", route)
		}
	}
}
