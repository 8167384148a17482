package exchange

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

// Options say how a file is to be read. The zero Options are good.
type Options struct {
	Lang     words.Lang       // of the reasons; empty: the catalogue's first
	Map      io.Reader        // lines field=column that go before our own reading of the header
	Rejected io.Writer        // where rejected rows go
	Now      outbreak.Instant // after which nothing can have happened; 0: not checked
	Zone     *time.Location   // of times that name no offset; nil: the area's where it is known, else UTC
	Lab      string           // the laboratory of a results file that has no such column: name or id
	Round    string           // the round of a tubes file that has no such column: name or id
	Booth    string           // the sampling point of a tubes file that has no such column: name or id
	Outbreak string           // the outbreak of a visits file that has no such column: name or id

	// What is known already. Import asks the database; nil: not checked.
	KnownArea  func(code string) bool
	KnownLab   func(lab string) bool
	KnownRound func(round string) bool
	KnownBooth func(booth string) bool

	KnownStore    func(kind, name string) bool
	KnownItem     func(name string) string // its code; empty: nobody knows it
	KnownOutbreak func(name string) bool
	PlaceCalled   func(name string) *outbreak.Error // what is wrong with a place named by code or name; nil: it is known

	MostProblems int // listed in the report; 0: 1,000
	Remember     int // rows remembered to find repetitions in the file; 0: 8 million, about 200 MB
}

// Check reads a file and says what would become of it, without a database. What makes the file as a whole unreadable is the
// error; everything about single rows is in the report.
func Check(kind Kind, r io.Reader, o Options) (Report, error) {
	r, end, err := asText(r)
	if err != nil {
		return Report{}, err
	}
	defer end()
	if kind == Results {
		var are bool
		if are, r = isHL7(r); are {
			return takeHL7(r, o, nil)
		}
	}
	s, err := begin(kind, r, o)
	if err != nil {
		return Report{}, err
	}
	return s.run()
}

// scan is one file on its way through.
type scan struct {
	kind      Kind
	shape     shape
	o         Options
	rows      *records
	mapping   *mapping
	checks    []check
	seen      *fingerprints
	report    *Report
	rejected  *rejectedFile
	zoneOf    func(*row) *time.Location // of the area a row belongs to
	zoneKnown string                    // the time zone found right last
	batch     []*row
	apply     func([]*row) (tally, error) // nil: nothing is written
	most      int                         // rows of a batch
	headers   int                         // rows that were the header once more
	waits     []*writing                  // batches on their way

	// ahead is apply where batches are written while the next are read; it may get one ready before its turn, for which it waits.
	ahead    func(batch []*row, turn func() error) (tally, error)
	sort     func([]*row) []*row  // all rows have to be there before the first is written
	together func(a, b *row) bool // neighbours that must not be parted by the end of a batch
	trouble  error                // the database could not be asked: nothing may be concluded from its silence
}

// mostPerBatch is how many rows go into one transaction.
const mostPerBatch = 1000

func begin(kind Kind, r io.Reader, o Options) (*scan, error) {
	if o.Lang == "" {
		o.Lang = words.Langs[0]
	}
	if o.MostProblems == 0 {
		o.MostProblems = 1000
	}
	if o.Remember == 0 {
		o.Remember = 8_000_000
	}
	shape, err := shapeOf(kind)
	if err != nil {
		return nil, err
	}
	asked, err := readMap(shape, o.Map)
	if err != nil {
		return nil, err
	}
	sniffed, err := Sniff(r)
	if err != nil {
		return nil, err
	}
	s := &scan{kind: kind, shape: shape, o: o, most: mostPerBatch, rows: newRecords(sniffed), checks: checksOf(kind), seen: newFingerprints(o.Remember)}
	if s.mapping, err = findHeader(shape, s.rows, asked); err != nil {
		return nil, err
	}
	s.report = newReport(kind, sniffed, s.mapping)
	s.rejected, err = newRejectedFile(o.Rejected, s.mapping)
	return s, err
}

// zone is where a row's times without an offset belong.
func (s *scan) zone(r *row) *time.Location {
	if s.o.Zone != nil {
		return s.o.Zone
	}
	if s.zoneOf != nil {
		return s.zoneOf(r)
	}
	return time.UTC
}

func (s *scan) run() (Report, error) {
	r := &row{scan: s}
	for {
		rec, err := s.rows.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			if failed := s.finish(); failed != nil { // what stands before the fault is good
				err = failed
			}
			return s.stopped(err)
		}
		if blank(rec.cells) {
			continue
		}
		if slices.Equal(rec.cells, s.mapping.header) { // lists pasted together
			s.headers++
			continue
		}
		s.report.Received++
		if err := s.take(r, rec); err != nil {
			return s.stopped(err)
		}
	}
	if err := s.finish(); err != nil {
		return s.stopped(err)
	}
	s.warn()
	s.report.Encoding = s.rows.s.Encoding
	if err := s.rejected.flush(); err != nil {
		return *s.report, fmt.Errorf("writing the file of rejected rows: %w", err)
	}
	return *s.report, s.report.balanced()
}

// stopped gives what was done until a fault that ends the file; the batches before it stand, the rows that still waited count
// as not received.
func (s *scan) stopped(err error) (Report, error) {
	if failed := s.settleAll(); failed != nil && !errors.Is(failed, errBefore) {
		err = failed // the earlier one
	}
	s.report.Received = s.report.Accepted + s.report.Repeated + s.report.Rejected
	_ = s.rejected.flush()
	return *s.report, err
}

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// take judges one row and puts it where it belongs.
func (s *scan) take(r *row, rec record) error {
	r.fill(rec, s.mapping)
	if misfit := s.misfit(rec); misfit != nil {
		r.told = append(r.told, fault{check: "row", err: misfit})
	} else {
		r.look(s.checks)
	}
	if s.trouble != nil {
		return s.trouble
	}
	if len(r.told) > 0 {
		return s.reject(r)
	}
	switch s.seen.see(r) {
	case again:
		s.report.Repeated++
		return nil
	case differs:
		r.told = append(r.told, fault{check: "repeat", field: s.keyField(), err: invalid("exchange.repeated_differs")})
		return s.reject(r)
	}
	if s.apply == nil && s.ahead == nil {
		s.report.Accepted++
		return nil
	}
	if s.full(r) {
		if err := s.send(); err != nil {
			return err
		}
	}
	s.batch = append(s.batch, r.keep())
	return nil
}

// full tells whether the batch has to go before the next row joins it.
func (s *scan) full(next *row) bool {
	n := len(s.batch)
	if n < s.most || s.sort != nil {
		return false
	}
	return s.together == nil || n >= 2*mostPerBatch || !s.together(s.batch[n-1], next)
}

// misfit finds rows that are no rows of this table. Empty cells behind the last column are no fault.
func (s *scan) misfit(rec record) *outbreak.Error {
	have, want := len(rec.cells), len(s.mapping.header)
	for have > want && strings.TrimSpace(rec.cells[have-1]) == "" {
		have--
	}
	switch {
	case !rec.legible:
		return invalid("exchange.row_encoding")
	case have > want || have < s.mapping.own:
		return invalid("exchange.row_fields", "have", have, "want", want)
	}
	return nil
}

// keyField is the column to show for a row whose key stood before.
func (s *scan) keyField() Field {
	switch s.kind {
	case Areas:
		return fieldCode
	case Roster:
		return fieldDocument
	case Places:
		return fieldName
	case Visits:
		return fieldPlace
	case Stock:
		return fieldStore
	}
	return fieldTube
}

func (s *scan) reject(r *row) error {
	s.report.Rejected++
	problems := make([]Problem, len(r.told))
	for i, t := range r.told {
		p := Problem{Row: r.line, Check: t.check, Reason: sentence(s.o.Lang, t.err)}
		if t.field != fieldNone {
			p.Column = s.mapping.name(t.field)
			if c := s.mapping.column[t.field]; c >= 0 && c < len(r.raw) {
				p.Value = mask(s.kind, t.field, strings.TrimSpace(r.raw[c]))
			}
		}
		problems[i] = p
		s.report.tell(p, s.o.MostProblems)
	}
	return s.rejected.add(r, problems)
}

// tally is what a room made of a batch: rows by their index in it.
type tally struct {
	accepted int
	changed  int
	repeated int
	rejected map[int]*outbreak.Error
	links    linked           // of a line list
	edit     outbreak.BatchID // of a list of our own that came back
}

// send hands the rows that wait to the room that owns them.
func (s *scan) send() error {
	if s.sort != nil {
		s.batch = s.sort(s.batch)
	}
	waiting := s.batch
	s.batch = s.batch[:0]
	if s.ahead != nil {
		s.batch = nil
		return s.start(waiting)
	}
	for len(waiting) > 0 {
		n := len(waiting)
		if s.sort != nil {
			n = min(n, mostPerBatch)
		}
		if err := s.write(waiting[:n]); err != nil {
			return err
		}
		waiting = waiting[n:]
	}
	return nil
}

// write stores one batch and takes its totals over.
func (s *scan) write(batch []*row) error {
	t, err := s.apply(batch)
	return s.count(batch, t, err)
}

func (s *scan) count(batch []*row, t tally, err error) error {
	if err != nil {
		return err
	}
	if t.accepted+t.repeated+len(t.rejected) != len(batch) {
		return fmt.Errorf("of a batch of %d rows %d were accepted, %d repeated and %d rejected", len(batch), t.accepted, t.repeated, len(t.rejected))
	}
	s.report.Accepted += t.accepted
	s.report.Changed += t.changed
	s.report.Repeated += t.repeated
	for i, r := range batch {
		if err := t.rejected[i]; err != nil {
			r.told = []fault{{check: "room", err: err}}
			if err := s.reject(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// warn tells of what may be wrong with the file as a whole.
func (s *scan) warn() {
	if n := s.rows.line; n == 65_536 || n == 1_048_576 {
		s.report.Warnings = append(s.report.Warnings, sentence(s.o.Lang, invalid("exchange.cut_at_limit", "lines", n)))
	}
	if s.headers > 0 {
		s.report.Warnings = append(s.report.Warnings, sentence(s.o.Lang, invalid("lists.header_again", "rows", s.headers)))
	}
	if n := s.seen.beyond; n > 0 {
		s.report.Warnings = append(s.report.Warnings, sentence(s.o.Lang, invalid("exchange.not_compared", "rows", n)))
	}
}
