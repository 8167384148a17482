package exchange

import (
	"strconv"

	"breakwater/internal/ledger/registry"
)

// areaShape is a list of areas, parents and children in any order.
var areaShape = shape{
	headers: map[Field][]string{
		fieldCode:       {"code", "areacode", "admcode", "代码", "编码", "区划代码", "行政区划代码", "地区代码", "pcode"},
		fieldParent:     {"parent", "parentcode", "countycode", "provincecode", "prefecturecode", "citycode", "streetcode", "towncode", "上级", "上级代码", "上级编码", "上级区划代码", "所属区县代码", "父级代码"},
		fieldName:       {"name", "namezh", "areaname", "名称", "地区名称", "区划名称", "地区"},
		fieldNameEn:     {"nameen", "englishname", "英文名", "英文名称"},
		fieldLevel:      {"level", "adminlevel", "级别", "层级", "行政级别"},
		fieldCodeKind:   {"codekind", "代码类型", "编码标准"},
		fieldTimeZone:   {"timezone", "tz", "zone", "时区"},
		fieldPopulation: {"population", "population2020census", "pop", "人口", "人口数", "常住人口"},
	},
	needs: [][]Field{{fieldCode}, {fieldName, fieldNameEn}},
	key:   func(r *row) []string { return []string{r.cells[fieldCode]} },
}

// levelBelow gives the level of an area whose file names its parent by level instead of naming its own.
var levelBelow = map[string]string{"provincecode": "prefecture", "prefecturecode": "county", "citycode": "county", "countycode": "township",
	"streetcode": "community", "towncode": "community"}

// area gives the row as the registry takes it.
func (r *row) area() registry.NewArea {
	n := registry.NewArea{Code: r.cells[fieldCode], Parent: r.cells[fieldParent], Level: r.cells[fieldLevel], CodeKind: r.cells[fieldCodeKind],
		Name: r.cells[fieldName], NameEn: r.cells[fieldNameEn], TimeZone: r.cells[fieldTimeZone]}
	n.Population, _ = strconv.Atoi(r.cells[fieldPopulation]) // checked; empty is 0
	if n.Name == "" {
		n.Name = n.NameEn
	}
	if n.Level == "" {
		n.Level = r.scan.mapping.levelBelow
	}
	if zone := r.scan.o.Zone; zone != nil && n.TimeZone == "" && n.Parent == "" {
		n.TimeZone = zone.String() // the root's; everything below takes it from there
	}
	return n
}
