package contacts

import (
	"strings"
	"unicode/utf8"

	"breakwater/internal/outbreak"
)

// Link says who exposed whom.
type Link struct {
	ID          outbreak.LinkID     `json:"id"`
	Outbreak    outbreak.OutbreakID `json:"outbreak"`
	Area        outbreak.Path       `json:"area"` // of the person who was exposed
	From        outbreak.PersonID   `json:"from"`
	To          outbreak.PersonID   `json:"to"`
	Exposure    string              `json:"exposure"` // kind of it, in the words of who recorded it
	Setting     string              `json:"setting"`
	Relation    string              `json:"relation"`
	FirstAt     outbreak.Instant    `json:"first_at"` // day of the first exposure; 0: not known
	LastAt      outbreak.Instant    `json:"last_at"`
	Party       string              `json:"party"` // whose list says so
	Version     int64               `json:"version"`
	WithdrawnAt outbreak.Instant    `json:"withdrawn_at"` // 0: it stands
	Reason      string              `json:"reason"`       // why it was withdrawn
	RecordedAt  outbreak.Instant    `json:"recorded_at"`
	Extra       []Extra             `json:"extra"` // of what was declared open

	mark  string
	batch outbreak.BatchID
}

// Extra is what a list says beyond our fields.
type Extra struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Open  bool   `json:"open,omitempty"` // declared to tell nothing about who it is
}

// Scope is where the link belongs.
func (l Link) Scope() outbreak.Scope { return outbreak.Scope{Area: l.Area, Outbreak: l.Outbreak} }

const mostText = 500 // letters of a text

// check refuses what can be no link.
func (l Link) check(now outbreak.Instant) error {
	switch {
	case l.From == l.To:
		return outbreak.Refuse(outbreak.Invalid, "contacts.same_person")
	case l.FirstAt != 0 && l.LastAt != 0 && l.LastAt < l.FirstAt:
		return outbreak.Refuse(outbreak.Invalid, "contacts.last_before_first")
	case l.FirstAt > now.Add(outbreak.Drift) || l.LastAt > now.Add(outbreak.Drift):
		return outbreak.Refuse(outbreak.Invalid, "contacts.in_future")
	}
	for _, text := range []string{l.Exposure, l.Setting, l.Relation} {
		if utf8.RuneCountInString(text) > mostText {
			return outbreak.Refuse(outbreak.Invalid, "contacts.text_long", "most", mostText)
		}
	}
	return nil
}

// says is what a link says that a later list may say otherwise.
type says struct {
	From     outbreak.PersonID `json:"from"`
	To       outbreak.PersonID `json:"to"`
	Exposure string            `json:"exposure"`
	Setting  string            `json:"setting"`
	Relation string            `json:"relation"`
	FirstAt  outbreak.Instant  `json:"first_at"`
	LastAt   outbreak.Instant  `json:"last_at"`
}

func (l Link) says() says {
	return says{l.From, l.To, l.Exposure, l.Setting, l.Relation, l.FirstAt, l.LastAt}
}

// withdraw takes back that it was so.
func (l Link) withdraw(reason string, now outbreak.Instant) (Link, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case l.WithdrawnAt != 0:
		return l, outbreak.Refuse(outbreak.Conflict, "contacts.withdrawn")
	case reason == "":
		return l, outbreak.Refuse(outbreak.Invalid, "contacts.reason_missing")
	}
	l.WithdrawnAt, l.Reason, l.Version = now, reason, l.Version+1
	return l, nil
}
