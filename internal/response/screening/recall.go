package screening

import "breakwater/internal/outbreak"

// MemberState is where a held member of a pool stands.
type MemberState string

const (
	Held      MemberState = "held"      // asked to stay apart, to be swabbed alone
	Resampled MemberState = "resampled" // own tube taken, result owed
	Freed     MemberState = "negative"  // own valid negative
	Infected  MemberState = "positive"  // own positive: the case's measures take over
	Unheld    MemberState = "revised"   // the laboratory took the pool's result back
)

// Held member of a recall.
type RecallMember struct {
	AreaID      outbreak.AreaID     `json:"-"`
	Tube        outbreak.TubeCode   `json:"tube"`
	Person      outbreak.PersonID   `json:"person"`
	No          int64               `json:"no"`
	Outbreak    outbreak.OutbreakID `json:"outbreak"`
	Area        outbreak.Path       `json:"area"`
	State       MemberState         `json:"state"`
	HeldAt      outbreak.Instant    `json:"held_at"`
	HeldUntil   outbreak.Instant    `json:"held_until"` // the hold ends by itself; 0: the protocol names no limit
	HeldTo      outbreak.Instant    `json:"held_to"`    // when it ended
	ResampleDue outbreak.Instant    `json:"resample_due"`
	Single      outbreak.TubeCode   `json:"single"`
	SingleAt    outbreak.Instant    `json:"single_at"`
	ResultDue   outbreak.Instant    `json:"result_due"`
	EndedAt     outbreak.Instant    `json:"ended_at"`
	Said        outbreak.Outcome    `json:"said,omitempty"` // in a list: why no swab was taken since, if somebody said so: away, unreachable, refused or excused
}

// Scope is where the member belongs.
func (m RecallMember) Scope() outbreak.Scope {
	return outbreak.Scope{Area: m.Area, Outbreak: m.Outbreak}
}

// hold starts a hold at the time the laboratory reported the pool.
func hold(t Tube, m Member, person outbreak.PersonID, area outbreak.Path, at outbreak.Instant, p outbreak.Protocol) RecallMember {
	return RecallMember{AreaID: t.AreaID, Tube: t.Code, Person: person, No: m.No, Outbreak: t.Outbreak, Area: area, State: Held, HeldAt: at,
		HeldUntil: p.Deadline("pool.hold_max", at).Due, ResampleDue: p.Deadline("clock.resample", at).Due}
}

// resample notes the own tube. A tube taken before the hold says nothing about it.
func (m RecallMember) resample(single Tube, p outbreak.Protocol) (RecallMember, bool) {
	if m.State != Held || single.Taken < m.HeldAt || single.Code == m.Tube {
		return m, false
	}
	m.State, m.Single, m.SingleAt = Resampled, single.Code, single.Taken
	m.ResultDue = p.Deadline("clock.resample_result", single.Taken).Due
	return m, true
}

// resolve takes the result of the own tube at an instant; a later one of the same tube counts. An invalid or indeterminate
// one sends the member back to be sampled again: the hold goes on, or runs again when a result that ended it was taken back.
func (m RecallMember) resolve(r outbreak.Result, at outbreak.Instant) (next RecallMember, released bool) {
	switch r {
	case outbreak.Negative:
		m.State = Freed
	case outbreak.Positive:
		m.State = Infected
	default:
		if m.EndedAt != 0 && (m.HeldUntil == 0 || at < m.HeldUntil) {
			m.HeldTo = 0
		}
		m.State, m.Single, m.SingleAt, m.ResultDue, m.EndedAt = Held, "", 0, 0, 0
		return m, false
	}
	m.EndedAt = at
	released = m.HeldTo == 0
	if released {
		m.HeldTo = at
	}
	return m, released
}

// expire ends the hold at the protocol's limit; the swab or result is still owed.
func (m RecallMember) expire() RecallMember {
	m.HeldTo = m.HeldUntil
	return m
}

// verdict tells how a recall ends once each member has an own result: empty while somebody is still owed one.
func verdict(members []RecallMember) string {
	how := "none_positive"
	for _, m := range members {
		switch m.State {
		case Held, Resampled:
			return ""
		case Infected:
			how = "positive_found"
		}
	}
	return how
}
