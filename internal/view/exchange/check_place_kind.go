package exchange

import (
	"slices"
	"strings"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// placeKinds are the words for a kind of place beside our own, folded like headers.
var placeKinds = map[string]string{"园区": "campus", "校园": "campus", "楼栋": "building", "楼": "building", "楼宇": "building", "楼层": "floor", "房间": "room", "室": "room",
	"市场": "market", "摊位": "stall", "线路": "line", "车辆": "vehicle", "班次": "trip", "店铺": "shop", "商店": "shop", "机构": "site", "单位": "site", "其他": "other", "其它": "other",
	"store": "shop", "restaurant": "shop", "餐厅": "shop", "饭店": "shop"}

// placeKindCheck reads the words for a kind of place.
var placeKindCheck = check{
	name:      "place_kind",
	kinds:     []Kind{Places},
	sentences: []string{"registry.place_kind"},
	find: func(r *row) (Field, *outbreak.Error) {
		word := foldHeader(r.cells[fieldKind])
		if ours, known := placeKinds[word]; known {
			word = ours
		}
		if word != "" && !slices.Contains(registry.PlaceKinds, word) {
			return fieldKind, invalid("registry.place_kind", "kinds", strings.Join(registry.PlaceKinds, ", "))
		}
		r.cells[fieldKind] = word
		return fieldNone, nil
	},
}
