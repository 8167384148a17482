package lab

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Ct is the cycle at which a target crossed the threshold; 0 says that it never did. Tables keep hundredths.
type Ct float64

// mostCycles is more than any instrument runs.
const mostCycles = 60

func (c Ct) hundredths() int64 { return int64(math.Round(float64(c) * 100)) }

func ctOf(hundredths int64) Ct { return Ct(float64(hundredths) / 100) }

// Target is one thing a kit looks for. Up to Positive cycles it is there, up to Grey (not below Positive) it may be; a control
// of the swab (a human gene) has to be there up to Positive cycles or the swab is empty.
type Target struct {
	Name     string `json:"name"`
	Positive Ct     `json:"positive"`
	Grey     Ct     `json:"grey,omitempty"`
	Human    bool   `json:"human,omitempty"`
}

// Rules are how a kit calls a result: the data of its instructions, never code.
type Rules struct {
	Targets  []Target   `json:"targets"`
	Needs    int        `json:"needs"`    // targets that have to be there for a positive
	Controls []WellKind `json:"controls"` // kinds of controls every run has to carry
}

// Kit is one test kit.
type Kit struct {
	ID      outbreak.KitID `json:"id"`
	Name    string         `json:"name"`
	Maker   string         `json:"maker"`
	Source  string         `json:"source"`  // where the thresholds are written: instructions and their edition
	Minutes int            `json:"minutes"` // the least time from receipt to a reading
	Rules
}

// Shortest is the least time from receipt to a reading.
func (k Kit) Shortest() time.Duration { return time.Duration(k.Minutes) * time.Minute }

func (r Rules) digest() string {
	text, err := json.Marshal(r)
	if err != nil {
		return "" // plain fields: it never happens
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// check refuses a kit by which nothing can be called.
func (k Kit) check() error {
	if strings.TrimSpace(k.Name) == "" {
		return outbreak.Refuse(outbreak.Invalid, "lab.kit_name")
	}
	if strings.TrimSpace(k.Source) == "" {
		return outbreak.Refuse(outbreak.Invalid, "lab.kit_source")
	}
	if k.Minutes < 1 || k.Minutes > 24*60 {
		return outbreak.Refuse(outbreak.Invalid, "lab.kit_minutes")
	}
	sought, names := 0, map[string]bool{}
	for _, t := range k.Targets {
		if t.Name == "" || names[t.Name] || t.Positive <= 0 || t.Positive > mostCycles || t.Grey > mostCycles || t.Grey != 0 && t.Grey < t.Positive {
			return outbreak.Refuse(outbreak.Invalid, "lab.kit_target", "target", t.Name)
		}
		names[t.Name] = true
		if !t.Human {
			sought++
		}
	}
	if sought == 0 || k.Needs < 1 || k.Needs > sought {
		return outbreak.Refuse(outbreak.Invalid, "lab.kit_needs", "targets", sought)
	}
	for _, c := range k.Controls {
		if !slices.Contains(controlKinds, c) {
			return outbreak.Refuse(outbreak.Invalid, "lab.kit_control")
		}
	}
	if len(k.Controls) == 0 {
		return outbreak.Refuse(outbreak.Invalid, "lab.kit_control")
	}
	return nil
}

// Call is what the kit makes of the cycles of one sample. Enough targets make it positive whatever the swab's own control
// says, because a strong target can outrun it; anything seen but not enough is indeterminate; nothing seen is negative only
// when the control shows that there was a swab at all.
func (r Rules) Call(cts map[string]Ct) outbreak.Result {
	there, maybe, swab := 0, 0, true
	for _, t := range r.Targets {
		c := cts[t.Name]
		switch {
		case t.Human:
			swab = swab && c > 0 && c <= t.Positive
		case c > 0 && c <= t.Positive:
			there++
		case c > 0 && c <= t.Grey:
			maybe++
		}
	}
	switch {
	case there >= r.Needs:
		return outbreak.Positive
	case there+maybe > 0:
		return outbreak.Indeterminate
	case swab:
		return outbreak.Negative
	}
	return outbreak.InvalidResult
}

// holds tells whether a control shows what it has to show: the positive one every target, the others none.
func (r Rules) holds(kind WellKind, cts map[string]Ct) bool {
	for _, t := range r.Targets {
		c := cts[t.Name]
		switch {
		case kind == PositiveControl && !t.Human && (c <= 0 || c > t.Positive):
			return false
		case kind == NegativeControl && !t.Human && c > 0 && c <= max(t.Positive, t.Grey):
			return false
		case kind == NoTemplate && c > 0 && c <= max(t.Positive, t.Grey): // not even a human gene
			return false
		}
	}
	return true
}

// human gives the cycles of the swab's own control; 0 for none.
func (r Rules) human(cts map[string]Ct) Ct {
	for _, t := range r.Targets {
		if t.Human {
			return cts[t.Name]
		}
	}
	return 0
}

// knows tells whether the kit looks for a target of that name.
func (r Rules) knows(name string) bool {
	return slices.ContainsFunc(r.Targets, func(t Target) bool { return t.Name == name })
}

const kitColumns = "id, name, maker, source, minutes, rules"

func scanKit(r store.Row) (k Kit, err error) {
	var rules string
	if err = r.Scan(&k.ID, &k.Name, &k.Maker, &k.Source, &k.Minutes, &rules); err != nil {
		return k, err
	}
	if err := json.Unmarshal([]byte(rules), &k.Rules); err != nil {
		return k, fmt.Errorf("reading the rules of kit %s: %w", k.ID, err)
	}
	return k, nil
}

func kitByID(tx *store.Tx, id outbreak.KitID) (Kit, error) {
	k, ok, err := store.One(tx, scanKit, "select "+kitColumns+" from lab_kit where id = $1", id)
	if err == nil && !ok {
		err = outbreak.Refuse(outbreak.NotFound, "lab.no_kit")
	}
	return k, err
}
