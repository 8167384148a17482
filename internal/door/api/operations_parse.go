package api

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// codeReader reads personal codes: the registry.
type codeReader interface {
	ReadCode(text []byte) (no int64, proven bool)
}

// incomingOps is an upload.
type incomingOps struct {
	codes  codeReader
	booth  outbreak.BoothID
	sent   outbreak.Instant
	device int64 // that made the operations: the upper bits of their ids
	ops    []*screening.Operation
}

// parse reads a document or lines. One operation that cannot be read refuses the upload: nothing of it is stored, and the device
// keeps everything.
func (in *incomingOps) parse(body []byte, lines bool) error {
	if lines {
		return in.parseLines(body)
	}
	p := parser{b: body}
	if err := p.object(func(key []byte) error { return in.field(&p, key, true) }); err != nil {
		return p.refuse(err)
	}
	if p.space(); p.i != len(p.b) {
		return p.refuse(errSyntax)
	}
	return in.whole()
}

func (in *incomingOps) parseLines(body []byte) error {
	for n := 0; len(body) > 0; n++ {
		line, rest, _ := bytes.Cut(body, []byte{'\n'})
		body = rest
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		p := parser{b: line, line: n + 1}
		var err error
		if in.booth == 0 {
			err = p.object(func(key []byte) error { return in.field(&p, key, false) })
		} else {
			err = in.operation(&p)
		}
		if err == nil && p.i != len(p.b) {
			err = errSyntax
		}
		if err != nil {
			return p.refuse(err)
		}
	}
	return in.whole()
}

// whole checks an upload that was read.
func (in *incomingOps) whole() error {
	if in.booth == 0 {
		return outbreak.Refuse(outbreak.Invalid, "api.upload_booth")
	}
	for i, o := range in.ops {
		if device := o.Op >> screening.CounterBits; i == 0 {
			in.device = device
		} else if device != in.device {
			return outbreak.Refuse(outbreak.Invalid, "api.upload_devices")
		}
	}
	return nil
}

// field reads one field of the head.
func (in *incomingOps) field(p *parser, key []byte, ops bool) (err error) {
	switch string(key) {
	case "booth":
		var text []byte
		if text, err = p.text(); err == nil {
			err = in.booth.UnmarshalText(text)
		}
	case "sent":
		var n int64
		n, err = p.number()
		in.sent = outbreak.Instant(n)
	case "ops":
		if !ops {
			return errSyntax
		}
		err = p.array(func() error { return in.operation(p) })
	default:
		err = p.skip()
	}
	return err
}

// operation reads one operation.
func (in *incomingOps) operation(p *parser) error {
	if len(in.ops) >= mostOperation {
		return outbreak.Refuse(outbreak.Invalid, "api.upload_operations", "most", mostOperation)
	}
	o := &screening.Operation{}
	var tube, kind string
	paper := false
	err := p.object(func(key []byte) (err error) {
		var n int64
		switch string(key) {
		case "op":
			o.Op, err = p.number()
		case "tube":
			tube, err = p.string()
		case "taken":
			n, err = p.number()
			o.Taken = outbreak.Instant(n)
		case "counted":
			n, err = p.number()
			o.Counted = int(n)
		case "members":
			o.Members = make([]screening.Member, 0, 10)
			err = p.array(func() error {
				m, err := in.member(p)
				o.Members = append(o.Members, m)
				return err
			})
		case "kind":
			kind, err = p.string()
		case "amends":
			o.Amends, err = p.number()
		case "reason":
			o.Reason, err = p.string()
		case "by":
			o.By, err = p.string()
		case "paper":
			paper, err = p.bool()
		default:
			err = p.skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := o.Tidy(tube, kind, paper); err != nil {
		return err
	}
	in.ops = append(in.ops, o)
	return nil
}

// member reads a code, a number, or either with the seconds and flags.
func (in *incomingOps) member(p *parser) (m screening.Member, err error) {
	if p.peek() != '[' {
		return m, in.who(p, &m)
	}
	at := 0
	err = p.array(func() (err error) {
		var n int64
		switch at++; at {
		case 1:
			err = in.who(p, &m)
		case 2:
			n, err = p.number()
			m.After = int(min(max(n, 0), math.MaxUint16))
		case 3:
			n, err = p.number()
			m.Flags |= uint16(n) & (screening.Child | screening.Partial)
		default:
			err = errSyntax
		}
		return err
	})
	return m, err
}

func (in *incomingOps) who(p *parser, m *screening.Member) error {
	if p.peek() != '"' {
		no, err := p.number()
		m.No, m.Flags = no, m.Flags|screening.Typed
		return err
	}
	text, err := p.text()
	if err != nil {
		return err
	}
	no, proven := in.codes.ReadCode(text)
	if m.No = no; !proven {
		m.Flags |= screening.Unproven
	}
	return nil
}

// parser reads JSON where it stands, without making copies: what devices send is plain, and there is much of it. It reads what
// encoding/json reads, and no more.
type parser struct {
	b    []byte
	i    int
	line int
}

type syntaxError struct{}

func (syntaxError) Error() string { return "no JSON as it is agreed" }

var errSyntax = syntaxError{}

// refuse says where reading stopped.
func (p *parser) refuse(err error) error {
	if outbreak.KindOf(err) == outbreak.Invalid {
		return err
	}
	if p.line > 0 {
		return outbreak.Refuse(outbreak.Invalid, "api.upload_line", "line", p.line)
	}
	return outbreak.Refuse(outbreak.Invalid, "api.upload_place", "place", p.i)
}

func (p *parser) space() {
	for p.i < len(p.b) && (p.b[p.i] == ' ' || p.b[p.i] == '\n' || p.b[p.i] == '\t' || p.b[p.i] == '\r') {
		p.i++
	}
}

func (p *parser) peek() byte {
	if p.space(); p.i < len(p.b) {
		return p.b[p.i]
	}
	return 0
}

func (p *parser) take(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.i++
	return true
}

func (p *parser) object(field func(key []byte) error) error {
	return p.list('{', '}', func() error {
		key, err := p.text()
		if err != nil {
			return err
		}
		if !p.take(':') {
			return errSyntax
		}
		return field(key)
	})
}

func (p *parser) array(value func() error) error { return p.list('[', ']', value) }

func (p *parser) list(open, end byte, value func() error) error {
	if !p.take(open) {
		return errSyntax
	}
	if p.take(end) {
		return nil
	}
	for {
		if err := value(); err != nil {
			return err
		}
		if p.take(end) {
			return nil
		}
		if !p.take(',') {
			return errSyntax
		}
	}
}

// text reads a string as it stands; one with escapes goes through the library.
func (p *parser) text() ([]byte, error) {
	if !p.take('"') {
		return nil, errSyntax
	}
	for j := p.i; j < len(p.b); j++ {
		switch c := p.b[j]; {
		case c == '"':
			text := p.b[p.i:j]
			p.i = j + 1
			return text, nil
		case c == '\\':
			return p.escaped()
		case c < ' ' || c > '~':
			return p.escaped() // outside ASCII: the library judges it
		}
	}
	return nil, errSyntax
}

func (p *parser) escaped() ([]byte, error) {
	start := p.i - 1
	for j := p.i; j < len(p.b); j++ {
		if p.b[j] == '\\' {
			j++
			continue
		}
		if p.b[j] == '"' {
			var text string
			if err := json.Unmarshal(p.b[start:j+1], &text); err != nil {
				return nil, errSyntax
			}
			p.i = j + 1
			return []byte(text), nil
		}
	}
	return nil, errSyntax
}

func (p *parser) string() (string, error) {
	text, err := p.text()
	return string(text), err
}

// number reads a whole number.
func (p *parser) number() (int64, error) {
	p.space()
	j := p.i
	if j < len(p.b) && p.b[j] == '-' {
		j++
	}
	digits := j
	for j < len(p.b) && p.b[j] >= '0' && p.b[j] <= '9' {
		j++
	}
	if j == digits || p.b[digits] == '0' && j > digits+1 || j < len(p.b) && (p.b[j] == '.' || p.b[j] == 'e' || p.b[j] == 'E') {
		return 0, errSyntax
	}
	n, err := strconv.ParseInt(string(p.b[p.i:j]), 10, 64)
	if err != nil {
		return 0, errSyntax
	}
	p.i = j
	return n, nil
}

func (p *parser) bool() (bool, error) {
	p.space()
	for word, value := range map[string]bool{"true": true, "false": false} {
		if bytes.HasPrefix(p.b[p.i:], []byte(word)) {
			p.i += len(word)
			return value, nil
		}
	}
	return false, errSyntax
}

// skip passes over a value of a field nobody here knows.
func (p *parser) skip() error {
	p.space()
	d := json.NewDecoder(bytes.NewReader(p.b[p.i:]))
	var any json.RawMessage
	if err := d.Decode(&any); err != nil {
		return errSyntax
	}
	p.i += int(d.InputOffset())
	return nil
}
