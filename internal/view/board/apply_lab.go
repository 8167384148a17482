package board

import "breakwater/internal/outbreak"

// labKinds are the entries of laboratories beside those about tubes.
var labKinds = []string{"RunEntered", "RunReleased", "RunVoided", "LabAlarmRaised", "LabAlarmSettled"}

// applyLab moves runs that wait for a second person, and alarms nobody has settled. A laboratory works for every outbreak: its rows
// name none.
func applyLab(sh shelf, e outbreak.Entry) error {
	row := func(s Step, kind, id string, sc outbreak.Scope, at outbreak.Instant) error {
		return sh.put(Row{Step: s, Key: id, Outbreak: sc.Outbreak, Area: sc.Area, Subject: outbreak.Ref{Kind: kind, ID: id}, Since: at})
	}
	switch e.Kind {
	case "RunEntered":
		return outbreak.On(e, func(r outbreak.RunEntered) error {
			if r.Failed != "" {
				return nil // it gives no results: there is nothing to release
			}
			return row(Release, "run", r.Run.String(), r.Scope, r.At)
		})
	case "RunReleased":
		return outbreak.On(e, func(r outbreak.RunReleased) error { return out(sh, r.Run.String(), Release) })
	case "RunVoided":
		return outbreak.On(e, func(r outbreak.RunVoided) error { return out(sh, r.Run.String(), Release) })
	case "LabAlarmRaised":
		return outbreak.On(e, func(a outbreak.LabAlarmRaised) error {
			return row(LabAlarm, "lab_alarm", a.Alarm.String(), a.Scope, a.At)
		})
	}
	return outbreak.On(e, func(a outbreak.LabAlarmSettled) error { return out(sh, a.Alarm.String(), LabAlarm) })
}

// searchKinds are the entries of searches and of people to be told of their own positive.
var searchKinds = []string{"PoolSearchOpened", "PoolSearchEnded", "PositiveTold", "TellingOpened", "TellingDropped"}

func applySearch(sh shelf, e outbreak.Entry) error {
	switch e.Kind {
	case "PoolSearchOpened":
		return outbreak.On(e, func(s outbreak.PoolSearchOpened) error {
			return sh.put(Row{Step: Search, Key: s.Search.String(), Outbreak: s.Outbreak, Area: s.Area, Subject: outbreak.Ref{Kind: "pool_search", ID: s.Search.String()}, Since: s.At, Due: s.Due})
		})
	case "PoolSearchEnded":
		return outbreak.On(e, func(s outbreak.PoolSearchEnded) error { return out(sh, s.Search.String(), Search) })
	case "TellingOpened":
		return outbreak.On(e, func(p outbreak.TellingOpened) error {
			return sh.put(ofPerson(Tell, pair(p.Tube, p.Person), p.Scope, p.Person, p.At, p.Due))
		})
	case "PositiveTold":
		return outbreak.On(e, func(p outbreak.PositiveTold) error { return out(sh, pair(p.Tube, p.Person), Tell) })
	}
	return outbreak.On(e, func(p outbreak.TellingDropped) error { return out(sh, pair(p.Tube, p.Person), Tell) })
}
