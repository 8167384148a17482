package exchange

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"breakwater/internal/engine/hl7"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/store"
	"breakwater/internal/words"
)

// isHL7 tells whether a file begins like messages, and gives a reader that begins there again.
func isHL7(r io.Reader) (bool, io.Reader) {
	b := bufio.NewReader(r)
	head, _ := b.Peek(8)
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), "\x0b\r\n ")
	for _, name := range []string{"MSH", "FHS", "BHS"} {
		if len(head) > 3 && bytes.HasPrefix(head, []byte(name)) && !letter(head[3]) {
			return true, b
		}
	}
	return false, b
}

func letter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }

// mostHL7 is the largest file of messages that is read: about a hundred thousand results.
const mostHL7 = 128 << 20

// messages is a file of messages on its way into the laboratory's room, or being checked.
type messages struct {
	o        Options
	report   *Report
	rejected *csv.Writer
	loading  *loading           // nil: nothing is written
	labs     map[string]lab.Lab // by name and id
}

// takeHL7 reads a file of messages. The rejected statements come back as a file of results, which can be corrected and sent.
func takeHL7(r io.Reader, o Options, l *loading) (Report, error) {
	if o.Lang == "" {
		o.Lang = words.Langs[0]
	}
	if o.MostProblems == 0 {
		o.MostProblems = 1000
	}
	file, err := io.ReadAll(io.LimitReader(r, mostHL7+1))
	if err != nil {
		return Report{}, outbreak.Refuse(outbreak.Invalid, "exchange.unreadable").Because(err)
	}
	if len(file) > mostHL7 {
		return Report{}, outbreak.Refuse(outbreak.Invalid, "exchange.hl7_file_large", "most", mostHL7>>20)
	}
	m := &messages{o: o, loading: l, report: &Report{Kind: Results, Mapping: map[string]string{"SPM-2": fieldTube.String(), "OBX-5": fieldResult.String(), "OBX-14": fieldRanAt.String(),
		"MSH-4": fieldLab.String(), "MSH-10": fieldMessage.String()}, Problems: []Problem{}, Ignored: []string{}, Warnings: []string{}, Encoding: UTF8, Separator: "|"}}
	if o.Rejected != nil {
		if _, err := io.WriteString(o.Rejected, "\ufeff"); err != nil {
			return Report{}, fmt.Errorf("writing the file of rejected rows: %w", err)
		}
		m.rejected = csv.NewWriter(o.Rejected)
		if err := m.rejected.Write(append([]string{"tube", "lab", "result", "ran_at", "message"}, added...)); err != nil {
			return Report{}, fmt.Errorf("writing the file of rejected rows: %w", err)
		}
	}
	if l != nil {
		if m.labs, err = l.rooms.labs(l.ctx, l.by); err != nil {
			return Report{}, err
		}
	}
	return m.all(hl7.Split(file))
}

// labs finds laboratories by name and by number.
func (r Rooms) labs(ctx context.Context, by outbreak.Actor) (map[string]lab.Lab, error) {
	list, err := r.Lab.ListLabs(ctx, by)
	named := map[string]lab.Lab{}
	for _, x := range list {
		named[x.Name], named[x.ID.String()] = x, x
	}
	return named, err
}

func (m *messages) all(b hl7.Batch) (Report, error) {
	if len(b.Messages) == 0 {
		return Report{}, outbreak.Refuse(outbreak.Invalid, "exchange.hl7_no_header")
	}
	for _, field := range b.Wrong {
		m.report.Warnings = append(m.report.Warnings, words.Text(m.o.Lang, "exchange.hl7_envelope", map[string]any{"field": field}))
	}
	pending := 0
	for i, raw := range b.Messages {
		n, err := m.one(i+1, raw)
		if err != nil {
			return *m.report, err
		}
		pending += n
	}
	if pending > 0 {
		m.report.Warnings = append(m.report.Warnings, words.Text(m.o.Lang, "exchange.hl7_pending", map[string]any{"n": pending}))
	}
	if m.rejected != nil {
		if m.rejected.Flush(); m.rejected.Error() != nil {
			return *m.report, fmt.Errorf("writing the file of rejected rows: %w", m.rejected.Error())
		}
	}
	return *m.report, m.report.balanced()
}

// one takes one message of the file in, and gives how many of its orders say nothing final.
func (m *messages) one(nth int, raw []byte) (pending int, err error) {
	msg, list, err := readHL7(raw, nth, m.zone)
	if err != nil {
		m.report.Received++
		return 0, m.reject(statement{message: nth, field: "MSH", fault: unreadableAs(err)}, "")
	}
	if msg.Charset == hl7.GB18030 {
		m.report.Encoding = GB18030
	}
	facility := msg.Head().Facility
	if m.o.Lab != "" {
		facility = m.o.Lab
	}
	var good []statement
	for _, s := range list {
		if s.pending && s.fault == nil {
			pending++
			continue
		}
		m.report.Received++
		if s.fault == nil && m.loading != nil && m.labs[facility].ID == 0 {
			s.field, s.fault = "MSH-4", invalid("exchange.hl7_lab")
		}
		if s.fault != nil {
			if err := m.reject(s, facility); err != nil {
				return pending, err
			}
			continue
		}
		good = append(good, s)
	}
	if m.loading == nil {
		m.report.Accepted += len(good)
		return pending, nil
	}
	for len(good) > 0 {
		n := min(len(good), mostPerBatch)
		if err := m.hand(good[:n], facility); err != nil {
			return pending, err
		}
		good = good[n:]
	}
	return pending, nil
}

// hand gives statements of one message to the laboratory's room.
func (m *messages) hand(list []statement, facility string) error {
	reports := make([]lab.Report, len(list))
	for i, s := range list {
		reports[i] = s.report
	}
	t, err := m.loading.rooms.Lab.ReportResults(m.loading.ctx, m.loading.by, lab.ReportResults{Lab: m.labs[facility].ID, Results: reports})
	if err != nil {
		return err
	}
	m.report.Accepted, m.report.Changed, m.report.Repeated = m.report.Accepted+t.Accepted, m.report.Changed+t.Revised, m.report.Repeated+t.Repeated
	for _, x := range t.Rejected {
		s := list[x.Row]
		s.field, s.fault = "OBR", &outbreak.Error{Kind: outbreak.Invalid, Msg: x.Reason, Slots: x.Slots}
		if err := m.reject(s, facility); err != nil {
			return err
		}
	}
	return nil
}

func (m *messages) reject(s statement, facility string) error {
	m.report.Rejected++
	p := Problem{Row: s.message, Column: s.field, Value: shortened(string(s.report.Tube)), Reason: sentence(m.o.Lang, s.fault), Check: "hl7"}
	if s.unread != "" {
		p.Value = shortened(s.unread)
	}
	m.report.tell(p, m.o.MostProblems)
	if m.rejected == nil {
		return nil
	}
	return m.rejected.Write([]string{safe(string(s.report.Tube)), safe(facility), safe(string(s.report.Result)), s.report.RanAt.String(), s.report.Message, strconv.Itoa(s.message), s.field, p.Reason})
}

// shortened keeps enough of a value to find it again.
func shortened(text string) string {
	if r := []rune(text); len(r) > 32 {
		return string(r[:32])
	}
	return text
}

func (m *messages) zone(facility string) *time.Location {
	if m.o.Zone != nil {
		return m.o.Zone
	}
	if m.loading == nil {
		return time.UTC
	}
	if m.o.Lab != "" {
		facility = m.o.Lab
	}
	return m.loading.rooms.zoneOfLab(m.loading.ctx, m.labs[facility])
}

// zoneOfLab is the time zone of a laboratory's area; UTC for one that is not known, whose results are refused anyway.
func (r Rooms) zoneOfLab(ctx context.Context, l lab.Lab) *time.Location {
	zone := time.UTC
	if l.ID == 0 {
		return zone
	}
	_ = r.DB.Read(ctx, func(tx *store.Tx) error {
		z, err := registry.LocationOf(tx, l.Area)
		if err == nil {
			zone = z
		}
		return err
	})
	return zone
}
