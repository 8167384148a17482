package exchange

import (
	"cmp"
	"errors"
	"strconv"
	"time"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// visitShape is who was where: one row for each visit.
var visitShape = shape{
	headers: map[Field][]string{
		fieldPerson:        {"person", "personid", "personcode", "人员编号", "人员代码", "个人编号"},
		fieldRollNo:        {"rollno", "no", "rollnumber", "number", "名册号", "名册编号", "花名册编号"},
		fieldDocumentKind:  {"documentkind", "documenttype", "idkind", "idtype", "证件类型", "证件种类"},
		fieldDocument:      {"document", "documentnumber", "idnumber", "idno", "证件号", "证件号码", "身份证", "身份证号", "身份证号码", "公民身份号码"},
		fieldPlace:         {"place", "placecode", "placename", "location", "场所", "场所名称", "场所编号", "地点"},
		fieldFrom:          {"from", "start", "arrived", "entered", "开始", "开始时间", "到达时间", "进入时间"},
		fieldFromPrecision: {"fromprecision", "开始精度", "开始时间精度"},
		fieldTo:            {"to", "end", "left", "结束", "结束时间", "离开时间"},
		fieldToPrecision:   {"toprecision", "结束精度", "结束时间精度"},
		fieldSource:        {"source", "来源", "信息来源", "数据来源"},
		fieldPurpose:       {"purpose", "collectedfor", "目的", "采集目的"},
		fieldUntil:         {"until", "keptuntil", "保存至", "保存期限"},
		fieldOutbreak:      {"outbreak", "outbreakid", "疫情", "疫情编号"},
	},
	needs: [][]Field{{fieldPerson, fieldRollNo, fieldDocument}, {fieldPlace}, {fieldFrom, fieldTo}},
	key:   func(*row) []string { return nil }, // somebody may be at a place twice
}

// visits hands visits to the registry. A person or a place nobody knows is a row that comes back: a visit of nobody is none.
func (l *loading) visits() error {
	list, err := l.rooms.Registry.ListOutbreaks(l.ctx, l.by)
	if err != nil {
		return err
	}
	outbreaks := map[string]outbreak.OutbreakID{}
	for _, o := range list {
		outbreaks[o.Name], outbreaks[o.ID.String()] = o.ID, o.ID
	}
	places := map[string]registry.Place{}
	l.scan.o.KnownOutbreak = func(name string) bool { return outbreaks[name] != 0 }
	l.scan.o.PlaceCalled = func(name string) *outbreak.Error {
		if places[name].ID != 0 {
			return nil
		}
		p, err := l.rooms.Registry.FindPlaceCalled(l.ctx, l.by, name)
		if told, is := errors.AsType[*outbreak.Error](err); is && (told.Kind == outbreak.NotFound || told.Kind == outbreak.Invalid) {
			return told
		}
		if err != nil {
			l.scan.trouble = err
			return nil
		}
		places[name] = p
		return nil
	}
	l.scan.zoneOf = func(r *row) *time.Location { return l.zone(places[r.cells[fieldPlace]].Area) }
	l.scan.apply = func(rows []*row) (tally, error) { return l.record(rows, outbreaks, places) }
	return nil
}

// record hands over the rows whose person is known, and rejects the others.
func (l *loading) record(rows []*row, outbreaks map[string]outbreak.OutbreakID, places map[string]registry.Place) (tally, error) {
	rejected := map[int]*outbreak.Error{}
	var said []registry.RecordVisit
	var of []int
	for i, r := range rows {
		who, err := l.visitor(r)
		if told, is := errors.AsType[*outbreak.Error](err); is && told.Kind != outbreak.Internal {
			rejected[i] = told
			continue
		}
		if err != nil {
			return tally{rejected: rejected}, err
		}
		of = append(of, i)
		said = append(said, registry.RecordVisit{Outbreak: outbreaks[r.cells[fieldOutbreak]], Person: who, Place: places[r.cells[fieldPlace]].ID, When: r.stay,
			Source: r.cells[fieldSource], Purpose: r.cells[fieldPurpose], Until: r.until})
	}
	got, err := l.rooms.Registry.LoadVisits(l.ctx, l.by, registry.LoadVisits{Visits: said})
	t := tallyOf(got)
	for at, e := range t.rejected {
		rejected[of[at]] = e
	}
	t.rejected = rejected
	return t, err
}

// visitor finds who a row means: by code, by number on the roll, or by document, which leaves its entry in the journal.
func (l *loading) visitor(r *row) (outbreak.PersonID, error) {
	if r.cells[fieldPerson] == "" && r.cells[fieldRollNo] == "" {
		p, err := l.rooms.Registry.FindPerson(l.ctx, l.by, r.cells[fieldDocumentKind], r.cells[fieldDocument])
		return p.ID, err
	}
	id, err := outbreak.ParseID[outbreak.PersonID](r.cells[fieldPerson])
	if err != nil {
		return 0, err
	}
	no, err := strconv.ParseInt(cmp.Or(r.cells[fieldRollNo], "0"), 10, 64)
	if err != nil {
		return 0, err
	}
	p, err := l.rooms.Registry.FindPersonCoded(l.ctx, l.by, id, no)
	return p.ID, err
}
