package placement

import (
	"slices"
	"strings"

	"breakwater/internal/outbreak"
)

// Kinds of sites (glossary: 定点医院, 方舱医院, 集中隔离点, 缓冲病房).
var SiteKinds = []string{"hospital_designated", "hospital_makeshift", "isolation_site", "buffer_ward"}

// Kinds of beds; the protocol names which a severity wants.
var BedKinds = []string{"single_room", "makeshift_bed", "ward_bed", "isolation_ward_bed", "icu_bed"}

// Site is a place with beds or rooms.
type Site struct {
	ID       outbreak.SiteID     `json:"id"`
	Outbreak outbreak.OutbreakID `json:"outbreak"` // 0: serves every outbreak
	Area     outbreak.Path       `json:"area"`
	AreaID   outbreak.AreaID     `json:"area_id"`
	Kind     string              `json:"kind"`
	Name     string              `json:"name"`
}

// Scope is where the site belongs.
func (s Site) Scope() outbreak.Scope { return outbreak.Scope{Area: s.Area, Outbreak: s.Outbreak} }

// Need is somebody's need of a bed.
type Need struct {
	ID       outbreak.NeedID     `json:"id"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Edition  string              `json:"edition"`
	Person   outbreak.PersonID   `json:"person"`
	Case     outbreak.CaseID     `json:"case"`
	Area     outbreak.Path       `json:"area"`
	Severity outbreak.Severity   `json:"severity"`
	Kinds    []string            `json:"kinds"` // of beds, the most wanted first
	State    string              `json:"state"` // waiting, reserved, met, ended
	Since    outbreak.Instant    `json:"since"`
	Due      outbreak.Instant    `json:"due"`
}

// Scope is where the need belongs.
func (n Need) Scope() outbreak.Scope { return outbreak.Scope{Area: n.Area, Outbreak: n.Outbreak} }

func (n Need) ref() outbreak.Ref { return outbreak.Ref{Kind: "person", ID: n.Person.String()} }

// Stay is a bed reserved, occupied or left.
type Stay struct {
	ID         outbreak.StayID     `json:"id"`
	Outbreak   outbreak.OutbreakID `json:"outbreak"`
	Edition    string              `json:"edition"`
	Person     outbreak.PersonID   `json:"person"`
	Need       outbreak.NeedID     `json:"need"`
	Case       outbreak.CaseID     `json:"case"`
	Area       outbreak.Path       `json:"area"` // of the site
	Site       outbreak.SiteID     `json:"site"`
	Bed        outbreak.BedID      `json:"bed"` // 0: over the site's beds
	State      string              `json:"state"`
	ReservedAt outbreak.Instant    `json:"reserved_at"`
	ArrivedAt  outbreak.Instant    `json:"arrived_at"`
	EndedAt    outbreak.Instant    `json:"ended_at"`
	Reason     string              `json:"reason,omitempty"`
}

// Scope is where the stay belongs.
func (s Stay) Scope() outbreak.Scope { return outbreak.Scope{Area: s.Area, Outbreak: s.Outbreak} }

// needOf makes the need of a case under a protocol; false when the protocol names no bed for the severity.
func needOf(p outbreak.Protocol, sev outbreak.Severity, at outbreak.Instant) (Need, bool) {
	kinds := p.List("placement." + string(sev))
	return Need{Severity: sev, Kinds: kinds, State: "waiting", Since: at, Due: p.Deadline("clock.bed", at).Due, Edition: p.ID}, len(kinds) > 0
}

// free is how many beds of a kind a site has free.
type free struct {
	site Site
	beds int
}

// choose picks the site for somebody of an area: the nearest in the area tree, and among those the one with most room. It is
// a first rule that keeps people near home; the planner replaces it.
func choose(area outbreak.Path, sites []free) (Site, bool) {
	if len(sites) == 0 {
		return Site{}, false
	}
	best := slices.MaxFunc(sites, func(a, b free) int {
		if d := shared(area, a.site.Area) - shared(area, b.site.Area); d != 0 {
			return d
		}
		if d := a.beds - b.beds; d != 0 {
			return d
		}
		return int(b.site.ID - a.site.ID)
	})
	return best.site, true
}

// shared counts the levels of the area tree two paths have in common.
func shared(a, b outbreak.Path) int {
	x, y := strings.Split(string(a), "/"), strings.Split(string(b), "/")
	n := 0
	for n < min(len(x), len(y)) && x[n] == y[n] {
		n++
	}
	return n
}
