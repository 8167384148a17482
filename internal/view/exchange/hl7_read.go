package exchange

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"breakwater/internal/engine/hl7"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
)

// statement is what one order of a message says, ready for the laboratory's room or with what is wrong with it.
type statement struct {
	message int // in the file, from 1
	order   int // in the message, from 1
	report  lab.Report
	unread  string // a value nobody here knows
	pending bool
	field   string // to blame
	fault   *outbreak.Error
}

// unreadable are the sentences for messages of which nothing can be taken in.
var unreadable = map[error]string{
	hl7.ErrEmpty: "exchange.hl7_empty", hl7.ErrNoHeader: "exchange.hl7_no_header", hl7.ErrDelimiters: "exchange.hl7_delimiters", hl7.ErrTooLong: "exchange.hl7_too_long",
	hl7.ErrCharset: "exchange.hl7_charset", hl7.ErrNoLetters: "exchange.hl7_letters", hl7.ErrKind: "exchange.hl7_kind", hl7.ErrVersion: "exchange.hl7_version",
	hl7.ErrProcessing: "exchange.hl7_processing", hl7.ErrNoID: "exchange.hl7_no_id", hl7.ErrNoResults: "exchange.hl7_no_results",
}

// unreadableAs gives the refusal of a message that could not be read.
func unreadableAs(err error) *outbreak.Error {
	return &outbreak.Error{Kind: outbreak.Invalid, Msg: unreadable[err]}
}

// readHL7 reads one message as statements; times without a zone are of the one given.
func readHL7(raw []byte, nth int, zone func(facility string) *time.Location) (hl7.Message, []statement, error) {
	m, err := hl7.Parse(raw)
	if err != nil {
		return m, nil, err
	}
	findings, err := m.Findings()
	if err != nil {
		return m, nil, err
	}
	h := m.Head()
	list := make([]statement, len(findings))
	for i, f := range findings {
		s := statement{message: nth, order: f.Order, pending: f.Pending, unread: f.Unread}
		s.report = lab.Report{Tube: outbreak.TubeCode(f.Specimen), Result: outbreak.Result(f.Result), Message: messageID(h, f.Order)}
		at := f.At
		if at == "" {
			at = h.Time
		}
		ran, ok := hl7.Moment(at, zone(h.Facility))
		s.report.RanAt = outbreak.At(ran)
		switch {
		case s.report.Tube.Canonical() == "":
			s.field, s.fault = "SPM-2", invalid("exchange.hl7_specimen")
		case f.Pending:
		case f.Unread != "":
			s.field, s.fault = "OBX-5", invalid("exchange.hl7_value")
		case f.Result == "":
			s.field, s.fault = "OBX-5", invalid("exchange.hl7_no_result")
		case !ok:
			s.field, s.fault = "OBX-14", invalid("exchange.hl7_time")
		}
		list[i] = s
	}
	return m, list, nil
}

// messageID names a statement for ever: the sender's facility and the number of its message, so that the same message over the
// network and in a file is one result.
func messageID(h hl7.Head, order int) string {
	sum := sha256.Sum256([]byte(h.Facility + "\x00" + h.ID))
	return "hl7-" + hex.EncodeToString(sum[:10]) + "-" + strconv.Itoa(order)
}
