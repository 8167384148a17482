package protocols

// Key is one entry a rule book may hold.
type Key struct {
	Name  string
	Type  string   // "number", "duration", "days" (whole numbers), "list" (words), "text"
	Units []string // the units the value may have; none: the entry has no unit
	Words []string // the words a list may hold; none: any
	Need  Need

	Empty     bool // the list may be empty, and says something then
	Followed  bool // clocks of the key that run can be made to end sooner by a new edition
	Restricts bool // the value is how long somebody is restricted: a shorter one applies to those who are restricted already
}

// Need says what a rule book owes a key.
type Need int

const (
	Optional Need = iota // the rule may not exist for this disease
	Named                // the entry must be there, if only to say that no value is known (not_verified)
	Valued               // the work cannot run without a value
)

var (
	clock    = []string{"min", "h", "days"} // time that runs: a deadline
	calendar = []string{"days"}             // calendar days: a 14-day rule ends at midnight, not at the hour it began
	swabs    = []string{"swabs per tube"}
	beds     = []string{"single_room", "makeshift_bed", "ward_bed", "isolation_ward_bed", "icu_bed"}
	results  = []string{"positive", "indeterminate", "invalid"}
	points   = []string{"fever_clinic", "contacts", "isolation_site"} // kinds of sampling points
	retests  = []string{"repeat_run", "repeat_extract"}
)

// Keys lists every key any part of the house asks for. Durations are clocks that run by the hour; a number in days counts
// calendar days.
var Keys = catalogue(
	// What starts with a laboratory's positive, and how long each step may take.
	followed(keys(Named, "duration", clock, "clock.report_positive", "clock.core_info", "clock.full_report", "clock.retest", "clock.question")),
	keys(Named, "duration", clock, "clock.positive_transfer", "clock.bed", "clock.sample_to_lab", "clock.lab_to_report", "clock.resample",
		"clock.resample_result", "clock.sample_again", "site.silent_after"),
	followed(restricting(keys(Named, "duration", clock, "pool.hold_max"))),
	keys(Optional, "duration", clock, "clock.tell_positive", "clock.pool_search", "clock.self_test_swab", "clock.close_contact_transfer", "clock.secondary_contact_transfer", "tracing.task_list",
		"tracing.assign", "tracing.radius", "tracing.trajectory", "case.discharge.apart", "contact.companion.apart",
		"zone.low.exit_test", "care.emergency", "site.open", "ihr.notify", "ihr.assess", "end.negatives_apart"),

	// Testing rounds and pools.
	keys(Valued, "number", swabs, "pool.size"),
	vocabulary(Valued, results, "pool.recall_on"),
	keys(Optional, "days", swabs, "pool.validated", "pool.other"),
	keys(Optional, "number", swabs, "pool.isolation", "pool.control"),
	keys(Optional, "text", nil, "pool.locked_home", "pool.never", "pool.label"),
	orNone(vocabulary(Optional, points, "pool.never_at")),
	keys(Optional, "number", []string{"%"}, "pool.lab_dilution.max_prevalence"),
	keys(Optional, "duration", clock, "round.max_hours"),
	keys(Optional, "number", calendar, "round.max_days.le5M", "round.max_days.gt5M", "frequency.hot", "frequency.warm", "frequency.cold"),
	keys(Optional, "number", []string{"rounds"}, "rounds.min"),
	keys(Optional, "number", []string{"labs"}, "reserve_labs.le5M", "reserve_labs.gt5M"),
	keys(Optional, "number", []string{"people/hour"}, "sampler.rate"),

	// From how many people on a round wants a passed rehearsal; and how many excusals of one author, in what time or with one
	// reason, have how many of the people called back.
	keys(Optional, "number", []string{"people"}, "round.rehearsed_from", "excusal.many", "excusal.same_reason", "excusal.call_backs"),
	keys(Optional, "duration", clock, "excusal.within", "clock.call_back"),
	keys(Optional, "number", []string{"people/day"}, "sampler.per_day"),

	// Laboratories: what is done with a tube that is neither positive nor negative before its result is reported, the first time,
	// the second time and so on; an empty list reports it at once. The least time from receipt to a result is for results that
	// name no kit.
	orNone(vocabulary(Optional, retests, "lab.retest")),
	keys(Optional, "number", []string{"%"}, "swab.invalid_max"),
	keys(Optional, "number", []string{"cycles"}, "swab.human_ct_max"),
	keys(Optional, "duration", clock, "lab.shortest_assay"),

	// Supplies: over how many days use is averaged, below how many days of cover somebody has to order and up to how many the order
	// fills; by how much a count may differ from the book; and how many swabs a person takes.
	keys(Optional, "number", calendar, "supply.use_days", "supply.alarm", "supply.target"),
	keys(Optional, "number", []string{"%"}, "supply.count_differs"),
	keys(Optional, "number", []string{"swabs/person"}, "supply.swabs"),

	// Beds: the kinds that suit a severity, the most wanted first. An empty list says that no bed is looked for.
	orNone(vocabulary(Valued, beds, "placement.screen_positive", "placement.asymptomatic", "placement.mild", "placement.moderate",
		"placement.severe", "placement.critical")),
	keys(Optional, "text", nil, "placement.note"),
	keys(Optional, "number", []string{"person/room"}, "isolation.room"),
	keys(Optional, "text", nil, "isolation_site.positive_found", "triage.mild"),
	keys(Optional, "number", []string{"beds"}, "fangcang.unit"),
	keys(Optional, "number", []string{"m2/bed"}, "fangcang.space"),
	keys(Optional, "number", []string{"m"}, "fangcang.partition", "contact.distance"),
	keys(Optional, "number", []string{"staff/bed"}, "fangcang.staff_ratio"),

	// Cases and contacts. case.definition.* say in words whom the classification of a case means.
	keys(Optional, "text", nil, "case.definition.suspected", "case.definition.probable", "case.definition.confirmed",
		"case.definition.discarded", "case.isolation.end", "contact.definition"),
	keys(Optional, "text", nil, "core_info.fields", "contact.secondary.definition", "transfer.shared_vehicle_positive"),
	keys(Optional, "number", []string{"samples"}, "case.discharge.negatives", "contact.companion.tests", "end.negatives"),
	keys(Optional, "number", calendar, "contact.lookback", "case.infectious.after"),
	restricting(keys(Optional, "number", calendar, "case.isolation", "case.isolation.asymptomatic", "case.discharge.further",
		"contact.close.central", "contact.close.home", "contact.secondary.central", "contact.secondary.home", "contact.companion",
		"contact.follow_up", "contact.quarantine", "traveller.high_risk_area")),
	keys(Optional, "duration", clock, "incubation.min", "incubation.max", "contact.exposure"),
	keys(Optional, "days", []string{"day"}, "contact.close.tests", "contact.close.home_tests", "contact.secondary.tests"),

	// Zones.
	keys(Optional, "text", nil, "zone.lockdown.set", "zone.control.set", "zone.precaution.set", "zone.lockdown.rule",
		"zone.control.rule", "zone.precaution.rule", "zone.precaution.lift"),
	keys(Optional, "days", []string{"day"}, "zone.lockdown.tests", "zone.control.tests"),
	restricting(keys(Optional, "number", calendar, "zone.lockdown.days", "zone.lift.no_new", "zone.lift.last_contact", "zone.lift.final_round",
		"zone.high.lift", "zone.high.then_medium", "zone.medium.lift")),

	// The end of it.
	keys(Optional, "number", calendar, "zero.community", "end", "end.surveillance", "717.detect", "717.notify", "717.respond"),
	keys(Optional, "text", nil, "end.sensitivity", "end.endemic"),

	// Rights.
	keys(Optional, "text", nil, "care.jilin", "health_code.purpose"),
)

func keys(need Need, kind string, units []string, names ...string) []Key {
	list := make([]Key, len(names))
	for i, name := range names {
		list[i] = Key{Name: name, Type: kind, Units: units, Need: need}
	}
	return list
}

func vocabulary(need Need, words []string, names ...string) []Key {
	list := keys(need, "list", nil, names...)
	for i := range list {
		list[i].Words = words
	}
	return list
}

// orNone lets the lists be empty.
func orNone(list []Key) []Key {
	for i := range list {
		list[i].Empty = true
	}
	return list
}

// restricting marks the keys that say how long somebody is restricted.
func restricting(list []Key) []Key {
	for i := range list {
		list[i].Restricts = true
	}
	return list
}

// followed marks the keys whose running clocks follow a new edition.
func followed(list []Key) []Key {
	for i := range list {
		list[i].Followed = true
	}
	return list
}

func catalogue(groups ...[]Key) map[string]Key {
	all := map[string]Key{}
	for _, group := range groups {
		for _, k := range group {
			if _, twice := all[k.Name]; twice {
				panic("protocols: the key " + k.Name + " is listed twice")
			}
			all[k.Name] = k
		}
	}
	return all
}
