package exchange

import (
	"math"
	"strconv"
	"strings"

	"breakwater/internal/ledger/registry"
)

// placeShape is a list of places, those around and those within in any order. What lies around a place is named by its code or by
// its name.
var placeShape = shape{
	headers: map[Field][]string{
		fieldName:        {"name", "placename", "名称", "场所名称", "场所", "地点名称"},
		fieldKind:        {"kind", "placekind", "type", "类型", "场所类型", "类别"},
		fieldParent:      {"parent", "within", "around", "上级", "上级场所", "所属场所", "上级场所编号"},
		fieldArea:        {"area", "areacode", "community", "communitycode", "社区", "社区代码", "区划代码", "行政区划代码", "地区代码"},
		fieldAddress:     {"address", "地址", "详细地址", "场所地址"},
		fieldAliases:     {"aliases", "alias", "othernames", "别名", "其他名称", "曾用名"},
		fieldLat:         {"lat", "latitude", "纬度"},
		fieldLon:         {"lon", "lng", "longitude", "经度"},
		fieldCoordinates: {"coordinates", "coordinatesystem", "crs", "坐标系", "坐标系统"},
	},
	needs: [][]Field{{fieldName}, {fieldKind}, {fieldArea, fieldParent}},
	key: func(r *row) []string {
		return []string{r.cells[fieldName], r.cells[fieldKind], r.cells[fieldParent], r.cells[fieldArea]}
	},
}

// place gives the row as the registry takes it.
func (r *row) place() registry.LoadedPlace {
	n := registry.LoadedPlace{Around: r.cells[fieldParent], AddPlace: registry.AddPlace{Kind: r.cells[fieldKind], Area: r.cells[fieldArea], Name: r.cells[fieldName],
		Address: r.cells[fieldAddress], Lat: micro(r.cells[fieldLat]), Lon: micro(r.cells[fieldLon]), Coordinates: r.cells[fieldCoordinates]}}
	for _, alias := range strings.FieldsFunc(r.cells[fieldAliases], func(c rune) bool { return strings.ContainsRune(";；|、\n", c) }) {
		if alias = strings.TrimSpace(alias); alias != "" {
			n.Aliases = append(n.Aliases, registry.PlaceName{Name: alias})
		}
	}
	return n
}

// micro gives millionths of a degree; the text was checked, an empty one is 0.
func micro(text string) int64 {
	n, _ := strconv.ParseFloat(text, 64)
	return int64(math.Round(n * 1e6))
}

// places puts what lies around before what lies in it: the whole file is sorted before the first row is stored.
func (l *loading) places() error {
	l.scan.sort = func(rows []*row) []*row { return outerFirst(rows, fieldName) }
	l.scan.o.KnownArea = l.knownArea()
	l.scan.apply = func(rows []*row) (tally, error) {
		list := make([]registry.LoadedPlace, len(rows))
		for i, r := range rows {
			list[i] = r.place()
		}
		got, err := l.rooms.Registry.LoadPlaces(l.ctx, l.by, registry.LoadPlaces{Places: list})
		return tallyOf(got), err
	}
	return nil
}
