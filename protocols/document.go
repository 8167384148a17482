package protocols

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"breakwater/internal/outbreak"
)

// document is a file as it was written: tables of fields, each with its place. It knows TOML and no rule of ours.
type document struct {
	file   string
	head   table
	tables []table
	faults Problems
}

// place is where something stands; both count from 1.
type place struct{ line, column int }

type table struct {
	name   string
	at     place
	fields map[string]field
}

type field struct {
	at   place
	kind unstable.Kind
	text string  // of a string or a date
	num  float64 // of a number
	list []field // of an array
}

// readDocument reads one file. After a fault of the grammar nothing further is known of the file: it is then the only one.
func readDocument(file string, data []byte) *document {
	d := &document{file: file, head: table{at: place{1, 1}, fields: map[string]field{}}}
	if at, detail, bad := grammar(data); bad {
		d.fault(at, "protocols.syntax", "detail", detail)
		return d
	}
	var p unstable.Parser
	p.Reset(data)
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table, unstable.ArrayTable:
			name, at := keyOf(&p, e)
			d.tables = append(d.tables, table{name: name, at: at, fields: map[string]field{}})
		case unstable.KeyValue:
			into := &d.head
			if n := len(d.tables); n > 0 {
				into = &d.tables[n-1]
			}
			name, at := keyOf(&p, e)
			if first, twice := into.fields[name]; twice {
				d.fault(at, "protocols.field_twice", "field", name, "line", first.at.line)
				continue
			}
			into.fields[name] = fieldOf(&p, e.Value(), at)
		}
	}
	return d
}

func (d *document) fault(at place, msg string, slots ...any) {
	d.faults = append(d.faults, Problem{File: d.file, Line: at.line, Column: at.column, Fault: outbreak.Refuse(outbreak.Invalid, msg, slots...)})
}

// grammar says where the file stops being TOML. Tables and fields that stand twice are left to us: we name both lines.
func grammar(data []byte) (place, string, bool) {
	var p unstable.Parser
	p.Reset(data)
	for p.NextExpression() {
	}
	bad, is := errors.AsType[*unstable.ParserError](p.Error())
	if !is {
		return place{}, "", false
	}
	at := place{1, 1}
	if len(bad.Highlight) > 0 {
		at = placeOf(&p, p.Range(bad.Highlight))
	}
	return at, bad.Message, true
}

func placeOf(p *unstable.Parser, r unstable.Range) place {
	before := p.Data()[:r.Offset]
	return place{line: bytes.Count(before, []byte("\n")) + 1, column: int(r.Offset) - bytes.LastIndexByte(before, '\n')}
}

func keyOf(p *unstable.Parser, e *unstable.Node) (string, place) {
	var parts []string
	at := place{1, 1}
	for it := e.Key(); it.Next(); {
		if parts == nil {
			at = placeOf(p, it.Node().Raw)
		}
		parts = append(parts, string(it.Node().Data))
	}
	return strings.Join(parts, "."), at
}

// fieldOf reads a value. What no entry can hold (tables, truth values, infinities) keeps its kind and nothing else.
func fieldOf(p *unstable.Parser, n *unstable.Node, at place) field {
	if n.Raw.Length > 0 {
		at = placeOf(p, n.Raw)
	}
	f := field{at: at, kind: n.Kind}
	switch n.Kind {
	case unstable.String, unstable.LocalDate:
		f.text = string(n.Data)
	case unstable.Integer:
		i, err := strconv.ParseInt(string(n.Data), 0, 64)
		if f.num = float64(i); err != nil {
			f.kind = unstable.Invalid
		}
	case unstable.Float:
		x, err := strconv.ParseFloat(strings.ReplaceAll(string(n.Data), "_", ""), 64)
		if f.num = x; err != nil || math.IsInf(x, 0) || math.IsNaN(x) {
			f.kind = unstable.Invalid
		}
	case unstable.Array:
		for it := n.Children(); it.Next(); {
			if it.Node().Kind == unstable.Array || it.Node().Kind == unstable.InlineTable {
				f.kind = unstable.Invalid // no entry holds lists of lists, and a deep one must not be walked
				return f
			}
			f.list = append(f.list, fieldOf(p, it.Node(), at))
		}
	}
	return f
}

// wellFormed is the last word of the ordinary decoder on a file in which we found no fault.
func wellFormed(data []byte) (place, string, bool) {
	var any map[string]any
	err := toml.Unmarshal(data, &any)
	if err == nil {
		return place{}, "", false
	}
	if bad, is := errors.AsType[*toml.DecodeError](err); is {
		line, column := bad.Position()
		return place{line, column}, strings.TrimPrefix(bad.Error(), "toml: "), true
	}
	return place{1, 1}, err.Error(), true
}
