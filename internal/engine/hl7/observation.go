package hl7

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Faults of what a message says, each told to its sender.
var (
	ErrKind       = errors.New("the message is no ORU^R01")
	ErrVersion    = errors.New("the message is of a version that is not read here")
	ErrProcessing = errors.New("MSH-11 is not P: a message for training or tests counts for nothing")
	ErrNoID       = errors.New("MSH-10 is empty")
	ErrNoResults  = errors.New("the message holds no observation")
)

// Head is what the header of a message says.
type Head struct {
	Application, Facility string // of the sender
	Receiver, Receiving   string
	Time                  string // as it stands
	Security              string // MSH-8
	Type                  string // ORU^R01
	ID                    string // MSH-10
	Processing            string
	Version               string
}

// Head reads the header.
func (m Message) Head() Head {
	h := m.Header()
	return Head{Application: h.Text(3, 1), Facility: h.Text(4, 1), Receiver: h.Text(5, 1), Receiving: h.Text(6, 1), Time: h.Text(7, 1), Security: h.Text(8, 1),
		Type: h.Text(9, 1) + "^" + h.Text(9, 2), ID: h.Text(10, 1), Processing: h.Text(11, 1), Version: h.Text(12, 1)}
}

// Meaning is what a coded value says of a specimen.
type Meaning string

// The meanings; they are the words of the response.
const (
	Positive      Meaning = "positive"
	Negative      Meaning = "negative"
	Indeterminate Meaning = "indeterminate"
	Invalid       Meaning = "invalid"
)

// Finding is what one order says of its specimen.
type Finding struct {
	Order     int // from 1, as they stand in the message
	Specimen  string
	Result    Meaning            // empty: nothing that counts, see Pending and Unread
	At        string             // when it was found, as it stands
	Corrected bool               // one of its observations is a correction or takes a result back
	Pending   bool               // no observation is final
	Unread    string             // a value nobody here knows
	Cts       map[string]float64 // cycles by observation, where numbers were sent
}

// observation is one OBX that counts, by code and sub-id: a later one of the same replaces it.
type observation struct {
	key    string
	means  Meaning
	number bool
	value  float64
	unread string
	at     string
}

// Findings reads the orders of an ORU^R01.
func (m Message) Findings() ([]Finding, error) {
	h := m.Head()
	switch {
	case h.ID == "":
		return nil, ErrNoID
	case h.Type != "ORU^R01":
		return nil, ErrKind
	case !strings.HasPrefix(h.Version, "2."):
		return nil, ErrVersion
	case h.Processing != "" && h.Processing != "P":
		return nil, ErrProcessing
	}
	var list []Finding
	var group []Segment
	flush := func() {
		if len(group) > 0 {
			list = append(list, finding(len(list)+1, group))
		}
		group = nil
	}
	for _, s := range m.segments {
		switch s.Name {
		case "OBR":
			flush()
			group = append(group, s)
		case "OBX", "SPM":
			if len(group) > 0 {
				group = append(group, s)
			}
		case "PID":
			flush()
		}
	}
	flush()
	if len(list) == 0 {
		return nil, ErrNoResults
	}
	return list, nil
}

// finding reads one order: the specimen, and what its observations say together.
func finding(order int, group []Segment) Finding {
	f := Finding{Order: order, Cts: map[string]float64{}}
	obr := group[0]
	f.At = obr.Text(22, 1)
	var seen []observation
	finals := 0
	for _, s := range group[1:] {
		if s.Name == "SPM" {
			if f.Specimen == "" { // who took it names it first, then who tests it
				f.Specimen = first(s.Text(2, 1), s.second(2))
			}
			continue
		}
		o, counts, corrected := observationOf(s)
		f.Corrected = f.Corrected || corrected
		if !counts {
			continue
		}
		finals++
		if i := slices.IndexFunc(seen, func(x observation) bool { return x.key == o.key }); i >= 0 {
			seen = slices.Delete(seen, i, i+1)
		}
		seen = append(seen, o)
	}
	f.Specimen = first(f.Specimen, obr.Text(3, 1), obr.Text(2, 1))
	f.Pending = finals == 0
	var means []Meaning
	for _, o := range seen {
		f.At = first(o.at, f.At)
		switch {
		case o.number:
			f.Cts[o.key] = o.value
		case o.unread != "":
			f.Unread = o.unread
		default:
			means = append(means, o.means)
		}
	}
	f.Result = together(means)
	return f
}

// second gives the second component, the number the laboratory gave.
func (s Segment) second(field int) string { return s.Text(field, 2) }

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// together gives what several qualitative observations of one specimen say: the same, or that it cannot be told. A positive
// beside a failed control of the swab is not invalid; but who sends both has not decided, and neither do we.
func together(means []Meaning) Meaning {
	if len(means) == 0 {
		return ""
	}
	for _, m := range means {
		if m != means[0] {
			return Indeterminate
		}
	}
	return means[0]
}

// observationOf reads one OBX. Final and corrected ones count; a result that is taken back, wrong or cannot be had says that the
// specimen gave none; all others are not final.
func observationOf(s Segment) (o observation, counts, corrected bool) {
	o = observation{key: s.Text(3, 1) + "/" + s.Text(4, 1), at: first(s.Text(19, 1), s.Text(14, 1))}
	switch status := strings.ToUpper(s.Text(11, 1)); status {
	case "F", "U", "":
	case "C":
		corrected = true
	case "W", "D":
		o.means = Invalid
		return o, true, true
	case "X":
		o.means = Invalid
		return o, true, false
	default: // I, P, R, S, O, N, B, V: pending, preliminary, not verified, ...
		return o, false, false
	}
	switch s.Text(2, 1) {
	case "NM", "SN":
		text := s.Text(5, 1)
		if s.Text(2, 1) == "SN" {
			text = s.Text(5, 2)
		}
		n, err := strconv.ParseFloat(text, 64)
		o.key, o.number, o.value = s.Text(3, 1), true, n
		return o, err == nil && n > 0 && n <= 60, corrected // what is no number of cycles is another measurement
	}
	for _, v := range []string{s.Text(5, 1), s.Text(5, 2), s.Text(5, 4), s.Text(5, 5)} {
		if m, known := means(v); known {
			o.means = m
			return o, true, corrected
		}
	}
	o.unread = first(s.Text(5, 1), s.Text(5, 2), "-")
	return o, true, corrected
}

// values are what laboratories send, folded: SNOMED CT, HL7's table 0078, LOINC answers, and words of both languages.
var values = map[string]Meaning{
	"10828004": Positive, "260373001": Positive, "POS": Positive, "POSITIVE": Positive, "DETECTED": Positive, "LA6576-8": Positive, "LA11882-0": Positive, "+": Positive,
	"阳性": Positive, "检出": Positive, "阳性(+)": Positive,
	"260385009": Negative, "260415000": Negative, "NEG": Negative, "NEGATIVE": Negative, "NOT DETECTED": Negative, "ND": Negative, "LA6577-6": Negative, "LA11883-8": Negative, "-": Negative,
	"阴性": Negative, "未检出": Negative, "阴性(-)": Negative,
	"82334004": Indeterminate, "419984006": Indeterminate, "IND": Indeterminate, "INDETERMINATE": Indeterminate, "INCONCLUSIVE": Indeterminate, "EQUIVOCAL": Indeterminate, "LA11884-6": Indeterminate,
	"可疑": Indeterminate, "灰区": Indeterminate, "不确定": Indeterminate,
	"455371000124106": Invalid, "125154007": Invalid, "INVALID": Invalid, "UNSATISFACTORY": Invalid, "无效": Invalid, "不合格": Invalid,
}

func means(text string) (Meaning, bool) {
	text = strings.NewReplacer("（", "(", "）", ")", "＋", "+", "－", "-", "−", "-").Replace(strings.ToUpper(strings.Join(strings.Fields(text), " ")))
	m, known := values[text]
	return m, known
}

// Moment reads a time stamp, YYYYMMDD[HH[MM[SS[.S]]]][+ZZZZ], in the zone given when it names none. The empty one is the zero
// time; false for anything else.
func Moment(text string, zone *time.Location) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	digits := text
	if i := strings.IndexAny(text, "+-"); i >= 0 {
		digits = text[:i]
		offset, err := time.Parse("-0700", text[i:])
		if err != nil {
			return time.Time{}, false
		}
		zone = offset.Location()
	}
	digits, _, _ = strings.Cut(digits, ".")
	forms := map[int]string{8: "20060102", 10: "2006010215", 12: "200601021504", 14: "20060102150405"}
	t, err := time.ParseInLocation(forms[len(digits)], digits, zone)
	return t, err == nil && forms[len(digits)] != ""
}
