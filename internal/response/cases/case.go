package cases

import (
	"cmp"
	"slices"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
)

// State of a case.
type State string

const (
	Open       State = "open"
	InQuestion State = "in_question" // the laboratory took back the result it stands on
	Discarded  State = "discarded"
)

// Case is somebody infected, or held to be until a person decides otherwise.
type Case struct {
	ID             outbreak.CaseID         `json:"id"`
	Outbreak       outbreak.OutbreakID     `json:"outbreak"`
	Edition        string                  `json:"edition"` // the protocol it was opened under
	Person         outbreak.PersonID       `json:"person"`
	Area           outbreak.Path           `json:"area"`
	Severity       outbreak.Severity       `json:"severity"`
	Classification outbreak.Classification `json:"classification"`
	Via            outbreak.FoundVia       `json:"via"`
	State          State                   `json:"state"`
	Tube           outbreak.TubeCode       `json:"tube,omitempty"`
	PositiveAt     outbreak.Instant        `json:"positive_at"` // the instrument's first positive, or when it was opened by hand
	OnsetAt        outbreak.Instant        `json:"onset_at"`
	RecordedAt     outbreak.Instant        `json:"recorded_at"`
	Listed
}

// Listed is what a line list says of a case beside. Days are the instant they begin at in the area's time zone, 0: not known.
type Listed struct {
	Sex            string           `json:"sex"`
	AgeMonths      int              `json:"age_months"` // at onset; -1: not known
	Occupation     string           `json:"occupation,omitempty"`
	Hospital       string           `json:"hospital,omitempty"`
	Origin         string           `json:"origin"`            // local, imported, unknown
	Cluster        string           `json:"cluster,omitempty"` // what people call the group it belongs to
	SampledAt      outbreak.Instant `json:"sampled_at,omitzero"`
	ReportedAt     outbreak.Instant `json:"reported_at,omitzero"`
	DiagnosedAt    outbreak.Instant `json:"diagnosed_at,omitzero"`
	HospitalisedAt outbreak.Instant `json:"hospitalised_at,omitzero"`
	IsolatedAt     outbreak.Instant `json:"isolated_at,omitzero"`
	Outcome        string           `json:"outcome"` // alive, recovered, died, unknown
	OutcomeAt      outbreak.Instant `json:"outcome_at,omitzero"`
	Followed       bool             `json:"followed"` // false: taken from a list for the record, nothing is owed for it here
	Version        int64            `json:"version"`  // counts the changes
	Batch          outbreak.BatchID `json:"-"`        // the batch that changed it last; 0: none
}

// unlisted is what is known of a case before anybody said more than that there is one.
func unlisted() Listed {
	return Listed{Sex: "unknown", AgeMonths: -1, Origin: "unknown", Outcome: "unknown", Followed: true, Version: 1}
}

// listedOf is what the registry knows of somebody who became a case at a time: the age by years alone.
func listedOf(p registry.Person, at outbreak.Instant) Listed {
	l := unlisted()
	l.Sex = cmp.Or(p.Sex, l.Sex)
	if age := at.Time().Year() - p.BirthYear; p.BirthYear != 0 && age >= 0 && age <= oldest {
		l.AgeMonths = 12 * age
	}
	return l
}

// Scope is where the case belongs.
func (c Case) Scope() outbreak.Scope { return outbreak.Scope{Area: c.Area, Outbreak: c.Outbreak} }

func (c Case) ref() outbreak.Ref { return outbreak.Ref{Kind: "case", ID: c.ID.String()} }

// Step is one thing owed for a case.
type Step struct {
	Step    string           `json:"step"`
	Started outbreak.Instant `json:"started"`
	Due     outbreak.Instant `json:"due"` // 0: the protocol names no limit
	DoneAt  outbreak.Instant `json:"done_at"`
}

// steps are what every case owes, with the protocol's clock of each and the work it is.
var steps = []struct {
	step, clock string
	work        task.What
}{
	{"report", "clock.report_positive", task.ReportCase},
	{"retest", "clock.retest", task.Retest},
	{"core_info", "clock.core_info", task.CoreInfo},
	{"full_report", "clock.full_report", task.FullReport},
}

// Steps lists the words of the steps in the order of their clocks.
func Steps() []string {
	var words []string
	for _, s := range steps {
		words = append(words, s.step)
	}
	return words
}

func workOf(step string) (task.What, bool) {
	for _, s := range steps {
		if s.step == step {
			return s.work, true
		}
	}
	return "", false
}

// owed starts the clocks of a case at the event it began with. Somebody found by a clinician needs no confirmatory retest
// of a screening tube.
func (c Case) owed(p outbreak.Protocol) []Step {
	var all []Step
	for _, s := range steps {
		if s.step == "retest" && c.Severity != outbreak.ScreenPositive {
			continue
		}
		all = append(all, Step{Step: s.step, Started: c.PositiveAt, Due: p.Deadline(s.clock, c.PositiveAt).Due})
	}
	return all
}

// classify decides a new classification and severity. Empty keeps what is.
func (c Case) classify(cl outbreak.Classification, sev outbreak.Severity) (Case, error) {
	if c.State == Discarded {
		return c, outbreak.Refuse(outbreak.Conflict, "cases.discarded")
	}
	if cl == "" {
		cl = c.Classification
	}
	if sev == "" {
		sev = c.Severity
	}
	if cl == outbreak.NotACase {
		return c, outbreak.Refuse(outbreak.Invalid, "cases.discard_instead")
	}
	if !slices.Contains(outbreak.Classifications, cl) || !slices.Contains(outbreak.Severities, sev) && (sev != "" || c.Followed) {
		return c, outbreak.Refuse(outbreak.Invalid, "cases.class_word")
	}
	if cl == outbreak.Confirmed && sev == outbreak.ScreenPositive {
		return c, outbreak.Refuse(outbreak.Invalid, "cases.severity_missing")
	}
	c.Classification, c.Severity = cl, sev
	return c, nil
}

// question puts a case whose result was taken back before a person.
func (c Case) question(tube outbreak.TubeCode) (Case, bool) {
	if c.State != Open || c.Tube != tube {
		return c, false
	}
	c.State = InQuestion
	return c, true
}

// decide is a person's answer: the case stands, or it never was one.
func (c Case) decide(uphold bool, reason string) (Case, error) {
	if c.State == Discarded {
		return c, outbreak.Refuse(outbreak.Conflict, "cases.discarded")
	}
	if reason == "" {
		return c, outbreak.Refuse(outbreak.Invalid, "cases.reason_missing")
	}
	if uphold {
		if c.State != InQuestion {
			return c, outbreak.Refuse(outbreak.Conflict, "cases.not_in_question")
		}
		c.State = Open
		return c, nil
	}
	c.State, c.Classification = Discarded, outbreak.NotACase
	return c, nil
}

// done notes that a step was done at a time.
func (s Step) done(at, now outbreak.Instant, c Case) (Step, error) {
	if s.DoneAt != 0 {
		return s, outbreak.Refuse(outbreak.Conflict, "cases.step_done")
	}
	if at == 0 {
		at = now
	}
	if at > now.Add(outbreak.Drift) {
		return s, outbreak.Refuse(outbreak.Invalid, "cases.at_in_future")
	}
	if at < c.PositiveAt {
		return s, outbreak.Refuse(outbreak.Invalid, "cases.before_positive")
	}
	s.DoneAt = at
	return s, nil
}
