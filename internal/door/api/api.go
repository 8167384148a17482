package api

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"breakwater/internal/door"
	"breakwater/internal/outbreak"
)

// patience is how long a request may take: longer than the slowest batch on a busy machine.
const patience = 30 * time.Second

// rooms add the routes of one room each.
var rooms = []func(*plan){accessRoutes, factorRoutes, registryRoutes, taskRoutes, labRoutes, floorRoutes, screeningRoutes, caseRoutes, caseListRoutes, lineListRoutes, placementRoutes, transferRoutes, boardRoutes, journalRoutes, supplyRoutes,
	parkedRoutes, protocolRoutes, importRoutes, exportRoutes, residentRoutes, listRoutes, partyRoutes, statutoryRoutes, worklistRoutes}

// New makes the door for programs. It serves everything under /api/.
func New(h door.House) http.Handler {
	p := build(h)
	p.mux.HandleFunc("/", p.nowhere)
	return h.Wrap(door.Chain{Door: "api", Patience: patience, Body: max(p.body, door.Body+1), Refuse: refuse(h)}, p.mux)
}

// Routes lists all routes with what each needs.
func Routes() []Route { return build(door.House{}).routes }

func build(h door.House) *plan {
	p := &plan{mux: http.NewServeMux(), house: h, gate: h.NewGate()}
	config := huma.DefaultConfig("Breakwater", "1")
	config.OpenAPIPath = "" // served below, without the other forms of it
	config.DocsPath = ""    // its page loads a script from elsewhere
	config.SchemasPath = ""
	config.CreateHooks = nil // no links to schemas in answers
	config.RejectUnknownQueryParameters = true
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	config.Info.Description = "Every time is RFC 3339 in UTC; an empty text is none. Identifiers are fourteen characters, the last a check. " +
		"A refusal is application/problem+json: act on its key, show its detail. Send Accept-Language: zh or en."
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", Description: "A token made on the user page, by the command line or by POST " + prefix + "/tokens."}}
	p.huma = humago.New(p.mux, config)
	for _, add := range rooms {
		add(p)
	}
	p.mux.HandleFunc("GET "+prefix+"/openapi.json", p.describe)
	return p
}

// describe gives the description of the interface. It is as public as the program itself.
func (p *plan) describe(w http.ResponseWriter, r *http.Request) {
	body, err := p.huma.OpenAPI().MarshalJSON()
	if err != nil {
		refuse(p.house)(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/openapi+json")
	_, _ = w.Write(body)
}

var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// nowhere answers what no route takes.
func (p *plan) nowhere(w http.ResponseWriter, r *http.Request) {
	allowed := slices.DeleteFunc(slices.Clone(methods), func(m string) bool {
		other := r.Clone(r.Context())
		other.Method = m
		_, pattern := p.mux.Handler(other)
		return pattern == "/"
	})
	if len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		refuse(p.house)(w, r, outbreak.Refuse(outbreak.Invalid, "door.wrong_method"))
		return
	}
	refuse(p.house)(w, r, outbreak.Refuse(outbreak.NotFound, "door.no_route"))
}
