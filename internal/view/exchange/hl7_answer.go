package exchange

import (
	"context"
	"errors"
	"time"

	"breakwater/internal/engine/hl7"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/words"
)

// Acknowledged is what became of a message over the network.
type Acknowledged struct {
	Answer   []byte // to be sent back
	Code     hl7.Answer
	Accepted int
	Repeated int
	Rejected int
	Busy     bool // nothing was looked at: the sender comes again
}

// TakeMessage takes in one message of a laboratory's own system and gives the acknowledgement. AA: everything stands, now or
// since before; AE: something is wrong with it, which is named, and the rest stands; AR: nothing was looked at, for a reason
// that lies with the kind of message or with us. The same message again gets the same answer.
func (s *Service) TakeMessage(ctx context.Context, by outbreak.Actor, raw []byte, ack hl7.Ack, lang words.Lang) Acknowledged {
	a := Acknowledged{Code: hl7.Accept}
	say := func(err *outbreak.Error) string { return sentence(lang, err) }
	fail := func(m hl7.Message, code hl7.Answer, table string, segment string, err error) Acknowledged {
		told, ours := errors.AsType[*outbreak.Error](err)
		if !ours || told.Kind == outbreak.Internal {
			told = outbreak.Refuse(outbreak.Busy, "exchange.hl7_again")
		}
		if told.Kind == outbreak.Busy {
			code, table, a.Busy = hl7.Reject, "207", true
		}
		ack.Code, ack.Text = code, say(told)
		ack.Faults = append(ack.Faults, hl7.Fault{Segment: segment, Nth: 1, Code: table, Text: ack.Text})
		a.Code, a.Answer = code, ack.Write(m)
		return a
	}
	if err := access.RequireAnywhere(by, access.LabReport); err != nil {
		m, _ := hl7.Parse(raw)
		return fail(m, hl7.Reject, "207", "MSH", err)
	}
	labs, err := s.rooms.labs(ctx, by)
	if err != nil {
		m, _ := hl7.Parse(raw)
		return fail(m, hl7.Reject, "207", "MSH", err)
	}
	m, list, err := readHL7(raw, 1, func(facility string) *time.Location { return s.rooms.zoneOfLab(ctx, labs[facility]) })
	switch {
	case errors.Is(err, hl7.ErrKind):
		return fail(m, hl7.Reject, "200", "MSH", unreadableAs(err))
	case errors.Is(err, hl7.ErrVersion):
		return fail(m, hl7.Reject, "203", "MSH", unreadableAs(err))
	case errors.Is(err, hl7.ErrProcessing):
		return fail(m, hl7.Reject, "202", "MSH", unreadableAs(err))
	case err != nil:
		return fail(m, hl7.Error, "100", "MSH", unreadableAs(err))
	}
	h := m.Head()
	at := labs[h.Facility]
	if at.ID == 0 {
		return fail(m, hl7.Error, "204", "MSH", invalid("exchange.hl7_lab"))
	}
	wrong := func(x statement, table string) {
		a.Rejected++
		ack.Faults = append(ack.Faults, hl7.Fault{Segment: "OBR", Nth: x.order, Code: table, Text: say(x.fault)})
	}
	var good []statement
	for _, x := range list {
		switch {
		case x.fault != nil:
			wrong(x, "103")
		case !x.pending:
			good = append(good, x)
		}
	}
	for part := 0; len(good) > 0; part++ {
		n := min(len(good), mostPerBatch)
		reports := make([]lab.Report, n)
		for i, x := range good[:n] {
			reports[i] = x.report
		}
		t, err := s.rooms.Lab.ReportResults(ctx, by, lab.ReportResults{Key: messageID(h, -part), Lab: at.ID, Results: reports})
		if err != nil {
			table := "207"
			if outbreak.KindOf(err) == outbreak.Conflict { // the same number, another content
				table = "205"
			}
			return fail(m, hl7.Error, table, "MSH", err)
		}
		a.Accepted, a.Repeated = a.Accepted+t.Accepted, a.Repeated+t.Repeated
		for _, r := range t.Rejected {
			x := good[r.Row]
			x.fault = &outbreak.Error{Kind: outbreak.Invalid, Msg: r.Reason, Slots: r.Slots}
			wrong(x, "207")
		}
		good = good[n:]
	}
	if a.Rejected > 0 {
		a.Code = hl7.Error
		ack.Text = ack.Faults[0].Text
	}
	ack.Code = a.Code
	a.Answer = ack.Write(m)
	return a
}

// Refused is the acknowledgement of a message that nobody may send: AR with the reason.
func Refused(raw []byte, ack hl7.Ack, lang words.Lang, err *outbreak.Error) []byte {
	m, _ := hl7.Parse(raw)
	ack.Code, ack.Text = hl7.Reject, sentence(lang, err)
	ack.Faults = []hl7.Fault{{Segment: "MSH", Nth: 1, Field: 8, Code: "207", Text: ack.Text}}
	return ack.Write(m)
}
