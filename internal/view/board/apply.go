package board

import (
	"slices"
	"strconv"

	"breakwater/internal/outbreak"
)

// shelf is where the rows stand: the tables of a running board, or memory while one is rebuilt.
type shelf interface {
	put(Row) error                              // over an older one of the same key
	take(s Step, key string) (Row, bool, error) // and out
	count(what string, sc outbreak.Scope, at outbreak.Instant, n int) error
	counts([]Count) error // many at once, no two of the same slot
	paths([]outbreak.AreaID) (map[outbreak.AreaID]outbreak.Path, error)
}

// Kinds are the entries the board is made of.
var Kinds = []string{
	"TubesHandedIn", "TubesClosed", "TubesNegative", "TubeResulted", "SampleAgainAsked", "SampleAgainMet",
	"MemberHeld", "MemberResampled", "MemberReleased", "RecallOpened", "PersonPositive", "AnomalyRaised", "AnomalySettled",
	"CaseOpened", "CaseStepDone", "CaseInQuestion", "CaseUpheld", "CaseDiscarded", "CaseClocksMoved",
	"BedNeeded", "BedNeedEnded", "BedReserved", "PersonArrived", "BedGiven", "PersonDischarged",
	"TripRequested", "VehicleAssigned", "PickedUp", "TripEnded", "EventParked", "EventUnparked",
	"PoolSearchOpened", "PoolSearchEnded", "PositiveTold", "TellingOpened", "TellingDropped", "RunEntered", "RunReleased", "RunVoided", "LabAlarmRaised", "LabAlarmSettled",
	"StockLow", "StockEnough", "StockCounted", "StockExplained", "PartySilent", "ListLoaded", "PartyKept",
}

// apply moves the rows of one entry.
func apply(sh shelf, e outbreak.Entry) error {
	switch {
	case slices.Contains(labKinds, e.Kind):
		return applyLab(sh, e)
	case slices.Contains(searchKinds, e.Kind):
		return applySearch(sh, e)
	case slices.Contains(stockKinds, e.Kind):
		return applyStock(sh, e)
	case slices.Contains(partyKinds, e.Kind):
		return applyParty(sh, e)
	}
	switch e.Kind {
	case "TubesHandedIn", "TubesClosed", "TubesNegative", "TubeResulted":
		return applyTubes(sh, e)
	case "SampleAgainAsked", "SampleAgainMet", "MemberHeld", "MemberResampled", "MemberReleased", "RecallOpened", "PersonPositive", "AnomalyRaised", "AnomalySettled":
		return applyScreening(sh, e)
	case "CaseOpened", "CaseStepDone", "CaseInQuestion", "CaseUpheld", "CaseDiscarded", "CaseClocksMoved":
		return applyCases(sh, e)
	case "BedNeeded", "BedNeedEnded", "BedReserved", "PersonArrived", "BedGiven", "PersonDischarged":
		return applyPlacement(sh, e)
	case "TripRequested", "VehicleAssigned", "PickedUp", "TripEnded":
		return applyTransfer(sh, e)
	}
	return applyParked(sh, e)
}

// applyTubes counts tubes. Those that wait are no rows here: a province has hundreds of thousands of them under way, and
// screening has them in memory (see Tubes).
func applyTubes(sh shelf, e outbreak.Entry) error {
	switch e.Kind {
	case "TubesHandedIn":
		return outbreak.On(e, func(h outbreak.TubesHandedIn) error { return handedIn(sh, h) })
	case "TubesClosed":
		return outbreak.On(e, func(c outbreak.TubesClosed) error { return closed(sh, c) })
	case "TubesNegative":
		return outbreak.On(e, func(n outbreak.TubesNegative) error { return sh.count("resulted", n.Scope, n.At, len(n.Tubes)) })
	}
	return outbreak.On(e, func(r outbreak.TubeResulted) error {
		if r.Revision > 1 {
			return nil
		}
		return sh.count("resulted", r.Scope, r.At, 1)
	})
}

func handedIn(sh shelf, h outbreak.TubesHandedIn) error {
	ids := make([]outbreak.AreaID, 0, len(h.Counts))
	for _, c := range h.Counts {
		ids = append(ids, outbreak.AreaID(c[0]))
	}
	paths, err := sh.paths(ids)
	if err != nil {
		return err
	}
	counts := make([]Count, 0, 2*len(h.Counts))
	for _, c := range h.Counts {
		at := Count{Outbreak: h.Outbreak, Area: paths[outbreak.AreaID(c[0])], Hour: outbreak.Instant(c[1]) * 3_600_000}
		at.What, at.N = "tubes", int(c[2])
		counts = append(counts, at)
		at.What, at.N = "sampled", int(c[3])
		counts = append(counts, at)
	}
	return sh.counts(counts)
}

// closed counts what journals until November 2026 tell tube by tube.
func closed(sh shelf, c outbreak.TubesClosed) error {
	for _, t := range c.Tubes {
		if err := sh.count("tubes", c.Scope, t.At, 1); err != nil {
			return err
		}
		if err := sh.count("sampled", c.Scope, t.At, t.Members); err != nil {
			return err
		}
	}
	return nil
}

func applyScreening(sh shelf, e outbreak.Entry) error {
	switch e.Kind {
	case "SampleAgainAsked":
		return outbreak.On(e, func(a outbreak.SampleAgainAsked) error {
			return sh.put(ofPerson(Again, pair(a.Tube, a.Person), a.Scope, a.Person, a.At, a.Due))
		})
	case "SampleAgainMet":
		return outbreak.On(e, func(a outbreak.SampleAgainMet) error { return out(sh, pair(a.Was, a.Person), Again) })
	case "MemberHeld":
		return outbreak.On(e, func(m outbreak.MemberHeld) error {
			if err := out(sh, pair(m.Tube, m.Person), OwnResult); err != nil {
				return err
			}
			return sh.put(ofPerson(Resample, pair(m.Tube, m.Person), m.Scope, m.Person, m.At, m.ResampleDue))
		})
	case "MemberResampled":
		return outbreak.On(e, func(m outbreak.MemberResampled) error {
			if err := out(sh, pair(m.Tube, m.Person), Resample); err != nil {
				return err
			}
			return sh.put(ofPerson(OwnResult, pair(m.Tube, m.Person), m.Scope, m.Person, m.At, m.ResultDue))
		})
	case "MemberReleased":
		return outbreak.On(e, func(m outbreak.MemberReleased) error {
			if !m.Done {
				return nil // the hold ran out, the swab is still owed
			}
			return out(sh, pair(m.Tube, m.Person), Resample, OwnResult)
		})
	case "RecallOpened":
		return outbreak.On(e, func(r outbreak.RecallOpened) error { return sh.count("positive_pools", r.Scope, r.At, 1) })
	case "PersonPositive":
		return outbreak.On(e, func(p outbreak.PersonPositive) error { return sh.count("positive_people", p.Scope, p.At, 1) })
	case "AnomalyRaised":
		return outbreak.On(e, func(a outbreak.AnomalyRaised) error {
			return sh.put(Row{Step: Odd, Key: a.Anomaly.String(), Outbreak: a.Outbreak, Area: a.Area, Subject: outbreak.Ref{Kind: "anomaly", ID: a.Anomaly.String()}, Person: a.Person, Since: a.At})
		})
	}
	return outbreak.On(e, func(a outbreak.AnomalySettled) error { return out(sh, a.Anomaly.String(), Odd) })
}

func applyCases(sh shelf, e outbreak.Entry) error {
	steps := []Step{Report, Retest, CoreInfo, FullReport, Question}
	switch e.Kind {
	case "CaseOpened":
		return outbreak.On(e, func(c outbreak.CaseOpened) error {
			for _, k := range c.Steps {
				if err := sh.put(ofCase(Step("case_"+k.Step), c.Scope, c.Case, c.Person, c.At, k.Due)); err != nil {
					return err
				}
			}
			return sh.count("cases", c.Scope, c.At, 1)
		})
	case "CaseStepDone":
		return outbreak.On(e, func(c outbreak.CaseStepDone) error { return out(sh, c.Case.String(), Step("case_"+c.Step)) })
	case "CaseInQuestion":
		return outbreak.On(e, func(c outbreak.CaseInQuestion) error {
			return sh.put(ofCase(Question, c.Scope, c.Case, c.Person, c.At, c.Due))
		})
	case "CaseUpheld":
		return outbreak.On(e, func(c outbreak.CaseUpheld) error { return out(sh, c.Case.String(), Question) })
	case "CaseClocksMoved":
		return outbreak.On(e, func(c outbreak.CaseClocksMoved) error { return moved(sh, c) })
	}
	return outbreak.On(e, func(c outbreak.CaseDiscarded) error { return out(sh, c.Case.String(), steps...) })
}

// moved gives steps of a case that still wait another end.
func moved(sh shelf, c outbreak.CaseClocksMoved) error {
	for _, k := range c.Steps {
		r, waits, err := sh.take(Step("case_"+k.Step), c.Case.String())
		if err != nil {
			return err
		}
		if !waits {
			continue
		}
		r.Due = k.Due
		if err := sh.put(r); err != nil {
			return err
		}
	}
	return nil
}

func applyPlacement(sh shelf, e outbreak.Entry) error {
	switch e.Kind {
	case "BedNeeded":
		return outbreak.On(e, func(n outbreak.BedNeeded) error {
			return sh.put(ofPerson(Bed, n.Need.String(), n.Scope, n.Person, n.At, n.Due))
		})
	case "BedNeedEnded":
		return outbreak.On(e, func(n outbreak.BedNeedEnded) error { return out(sh, n.Need.String(), Bed) })
	case "BedReserved":
		return outbreak.On(e, func(b outbreak.BedReserved) error { return out(sh, b.Need.String(), Bed) })
	case "PersonArrived":
		return outbreak.On(e, func(a outbreak.PersonArrived) error {
			if a.Over {
				if err := sh.put(ofPerson(Over, a.Stay.String(), a.Scope, a.Person, a.At, a.At)); err != nil {
					return err
				}
			}
			return sh.count("arrived", a.Scope, a.At, 1)
		})
	}
	if e.Kind == "BedGiven" {
		return outbreak.On(e, func(b outbreak.BedGiven) error { return out(sh, b.Stay.String(), Over) })
	}
	return outbreak.On(e, func(d outbreak.PersonDischarged) error {
		if err := out(sh, d.Stay.String(), Over); err != nil {
			return err
		}
		return sh.count("discharged", d.Scope, d.At, 1)
	})
}

func applyTransfer(sh shelf, e outbreak.Entry) error {
	move := func(from, to Step, trip outbreak.TripID, sc outbreak.Scope, p outbreak.PersonID, at, due outbreak.Instant) error {
		if err := out(sh, trip.String(), from); err != nil {
			return err
		}
		r := ofPerson(to, trip.String(), sc, p, at, due)
		r.Subject = outbreak.Ref{Kind: "trip", ID: trip.String()}
		return sh.put(r)
	}
	switch e.Kind {
	case "TripRequested":
		return outbreak.On(e, func(t outbreak.TripRequested) error {
			return move(Vehicle, Vehicle, t.Trip, t.Scope, t.Person, t.At, t.Due)
		})
	case "VehicleAssigned":
		return outbreak.On(e, func(t outbreak.VehicleAssigned) error {
			return move(Vehicle, PickUp, t.Trip, t.Scope, t.Person, t.At, t.Due)
		})
	case "PickedUp":
		return outbreak.On(e, func(t outbreak.PickedUp) error {
			return move(PickUp, HandOver, t.Trip, t.Scope, t.Person, t.At, t.Due)
		})
	}
	return outbreak.On(e, func(t outbreak.TripEnded) error { return out(sh, t.Trip.String(), Vehicle, PickUp, HandOver) })
}

func applyParked(sh shelf, e outbreak.Entry) error {
	if e.Kind == "EventParked" {
		return outbreak.On(e, func(p outbreak.EventParked) error {
			key := p.Consumer + " " + strconv.FormatInt(p.Seq, 10)
			return sh.put(Row{Step: Parked, Key: key, Outbreak: p.Outbreak, Area: p.Area, Subject: outbreak.Ref{Kind: "parked", ID: key}, Since: e.At, Due: e.At})
		})
	}
	return outbreak.On(e, func(p outbreak.EventUnparked) error {
		return out(sh, p.Consumer+" "+strconv.FormatInt(p.Seq, 10), Parked)
	})
}

func out(sh shelf, key string, steps ...Step) error {
	for _, s := range steps {
		if _, _, err := sh.take(s, key); err != nil {
			return err
		}
	}
	return nil
}

func ofPerson(s Step, key string, sc outbreak.Scope, p outbreak.PersonID, since, due outbreak.Instant) Row {
	return Row{Step: s, Key: key, Outbreak: sc.Outbreak, Area: sc.Area, Subject: outbreak.Ref{Kind: "person", ID: p.String()}, Person: p, Since: since, Due: due}
}

func ofCase(s Step, sc outbreak.Scope, c outbreak.CaseID, p outbreak.PersonID, since, due outbreak.Instant) Row {
	return Row{Step: s, Key: c.String(), Outbreak: sc.Outbreak, Area: sc.Area, Subject: outbreak.Ref{Kind: "case", ID: c.String()}, Person: p, Since: since, Due: due}
}

func pair(t outbreak.TubeCode, p outbreak.PersonID) string { return string(t) + " " + p.String() }
