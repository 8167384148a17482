package screening

import (
	"slices"

	"breakwater/internal/outbreak"
)

// Kinds of sampling points, by whom they are for. The rule book says at which of them no pool is ever taken.
const (
	Community     = "community"
	FeverClinic   = "fever_clinic"
	ContactsPoint = "contacts"
	IsolationSite = "isolation_site"
)

// BoothKinds lists them.
var BoothKinds = []string{Community, FeverClinic, ContactsPoint, IsolationSite}

// neverPooled is the key under which a rule book lists the kinds of sampling points without pools.
const neverPooled = "pool.never_at"

// checkPools checks how many swabs the tubes of a round and of its parts take.
func (r Round) checkPools(p outbreak.Protocol) error {
	allowed := p.Counts("pool.validated")
	valid := func(n int) error {
		if n < 1 || n > 1 && !slices.Contains(allowed, n) {
			return outbreak.Refuse(outbreak.Invalid, "screening.pool_not_validated", "pool", n)
		}
		return nil
	}
	if err := valid(r.Pool); err != nil {
		return err
	}
	for i, x := range r.Pools {
		if err := valid(x.Pool); err != nil {
			return err
		}
		if !slices.ContainsFunc(r.Areas, func(a outbreak.Path) bool { return a.Contains(x.Area) }) {
			return outbreak.Refuse(outbreak.Invalid, "screening.pool_outside", "code", x.Area.Code())
		}
		if slices.ContainsFunc(r.Pools[:i], func(y outbreak.AreaPool) bool { return y.Area == x.Area }) {
			return outbreak.Refuse(outbreak.Invalid, "screening.pool_twice", "code", x.Area.Code())
		}
	}
	return nil
}

// poolAt gives the tubes of a place: those of the smallest part it lies in, else those of the round.
func (r Round) poolAt(area outbreak.Path) outbreak.AreaPool {
	at := outbreak.AreaPool{Area: r.Area, Pool: r.Pool}
	deepest := -1
	for _, x := range r.Pools {
		if len(x.Area) > deepest && x.Area.Contains(area) {
			at, deepest = x, len(x.Area)
		}
	}
	return at
}

// poolOf gives the tubes that a sampling point takes in a round: where nobody may be pooled, one swab each.
func (r Round) poolOf(b Booth, p outbreak.Protocol) outbreak.AreaPool {
	if p.Has(neverPooled, b.Kind) {
		return outbreak.AreaPool{Area: b.Area, Pool: 1}
	}
	return r.poolAt(b.Area)
}

// roundBooth is a sampling point in a round.
type roundBooth struct {
	round outbreak.RoundID
	booth outbreak.BoothID
}

// limit gives how many swabs a tube of a sampling point takes. Rounds whose tubes are all alike, at points where people may be
// pooled, are nearly all: they look nothing up.
func (w *handing) limit(r Round, b Booth) int {
	if len(r.Pools) == 0 && b.Kind == Community {
		return r.Pool
	}
	at := roundBooth{r.ID, b.ID}
	n, known := w.limits[at]
	if !known {
		if w.limits == nil {
			w.limits = map[roundBooth]int{}
		}
		p, _ := w.s.registry.Protocol(r.Edition) // a rule book that is gone forbids no pool
		n = r.poolOf(b, p).Pool
		w.limits[at] = n
	}
	return n
}
