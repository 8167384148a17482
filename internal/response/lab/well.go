package lab

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"breakwater/internal/outbreak"
)

// Layout is how many wells a plate has.
type Layout int

// Layouts are the plates instruments take: 8 rows of 12 and 16 rows of 24.
var Layouts = []Layout{96, 384}

func (l Layout) columns() int {
	if l == 384 {
		return 24
	}
	return 12
}

// At reads the name of a well, "A1" or "a01", as its place on the plate, row by row from 0.
func (l Layout) At(name string) (int, error) {
	name = strings.ToUpper(strings.TrimSpace(name))
	wrong := outbreak.Refuse(outbreak.Invalid, "lab.well_wrong", "well", cut(name), "wells", int(l))
	if len(name) < 2 || len(name) > 3 || name[0] < 'A' || name[0] > 'Z' {
		return 0, wrong
	}
	col, err := strconv.Atoi(name[1:])
	at := int(name[0]-'A')*l.columns() + col - 1
	if err != nil || name[1] == '+' || col < 1 || col > l.columns() || at >= int(l) {
		return 0, wrong
	}
	return at, nil
}

// Name gives the name of the well at a place: "A1".
func (l Layout) Name(at int) string {
	return fmt.Sprintf("%c%d", 'A'+at/l.columns(), at%l.columns()+1)
}

// Beside tells whether two different wells touch, at a side or a corner.
func (l Layout) Beside(a, b int) bool {
	down, right := a/l.columns()-b/l.columns(), a%l.columns()-b%l.columns()
	return a != b && down >= -1 && down <= 1 && right >= -1 && right <= 1
}

// cut keeps what somebody typed short enough to be shown back.
func cut(text string) string {
	if r := []rune(text); len(r) > 12 {
		return string(r[:12])
	}
	return text
}

// WellKind says what is in a well.
type WellKind string

// What can be in a well.
const (
	Sample          WellKind = "sample"
	PositiveControl WellKind = "positive_control"
	NegativeControl WellKind = "negative_control" // through extraction like a sample
	NoTemplate      WellKind = "no_template"      // water instead of a sample
)

var controlKinds = []WellKind{PositiveControl, NegativeControl, NoTemplate}

// WellKinds lists them in the order of a form.
var WellKinds = append([]WellKind{Sample}, controlKinds...)

// Well is one well of a run as it was read.
type Well struct {
	At   int               `json:"-"`
	Well string            `json:"well"`
	Kind WellKind          `json:"kind"`
	Area outbreak.AreaID   `json:"-"`
	Tube outbreak.TubeCode `json:"tube,omitempty"`
	Cts  map[string]Ct     `json:"cts"`
	Call outbreak.Result   `json:"call,omitempty"`
	Step Step              `json:"step,omitempty"`
}

func (w Well) text() string {
	text, err := json.Marshal(w.Cts)
	if err != nil {
		return "{}" // numbers by name: it never happens
	}
	return string(text)
}

// Suspect is a well beside a positive one: what spilled over from there would look like this.
type Suspect struct {
	Well   string            `json:"well"`
	Tube   outbreak.TubeCode `json:"tube"`
	Call   outbreak.Result   `json:"call"`
	Beside string            `json:"beside"` // the positive well, the strongest of them
	Ct     Ct                `json:"ct"`     // of that well: the lower, the more of it there was to spill
}

// suspects lists the samples beside positives, in the order of the plate. Nobody is accused by it: it is the list to look at
// when a run is doubted, and of tubes to test again when it was voided.
func suspects(layout Layout, wells []Well, r Rules) []Suspect {
	var list []Suspect
	for _, w := range wells {
		if w.Kind != Sample {
			continue
		}
		s := Suspect{Well: w.Well, Tube: w.Tube, Call: w.Call}
		for _, p := range wells {
			strong := p.Kind == PositiveControl || p.Kind == Sample && p.Call == outbreak.Positive && p.Tube != w.Tube
			if !strong || !layout.Beside(w.At, p.At) {
				continue
			}
			if c := r.strongest(p.Cts); c > 0 && (s.Ct == 0 || c < s.Ct) {
				s.Beside, s.Ct = p.Well, c
			}
		}
		if s.Beside != "" {
			list = append(list, s)
		}
	}
	return list
}

// strongest gives the lowest cycles of what is looked for; 0 for none.
func (r Rules) strongest(cts map[string]Ct) (low Ct) {
	for _, t := range r.Targets {
		if c := cts[t.Name]; !t.Human && c > 0 && (low == 0 || c < low) {
			low = c
		}
	}
	return low
}
