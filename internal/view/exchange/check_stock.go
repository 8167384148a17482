package exchange

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/supplies"
)

// stockCheck reads a movement or count of supplies: where, what, how, how many, when and until when it keeps. A day alone is its
// beginning; without a time it is now. What nobody knows without a database is not asked.
var stockCheck = check{
	name:  "stock",
	kinds: []Kind{Stock},
	sentences: []string{"exchange.stock_store", "exchange.stock_kind", "exchange.stock_item", "exchange.stock_how", "exchange.number_wrong",
		"exchange.date_wrong", "exchange.date_order", "exchange.date_serial", "exchange.in_future", "exchange.too_old"},
	find: func(r *row) (Field, *outbreak.Error) {
		for _, look := range []func(*row) (Field, *outbreak.Error){stockWhere, stockWhat, stockQuantity, stockExpires, stockWhen} {
			if f, err := look(r); err != nil {
				return f, err
			}
		}
		return fieldNone, nil
	},
}

// storeKinds are the words for kinds of stores beside our own.
var storeKinds = map[string]string{"采样点": supplies.AtBooth, "检测机构": supplies.AtLab, "实验室": supplies.AtLab, "仓库": supplies.Depot, "区域仓库": supplies.Depot}

func stockWhere(r *row) (Field, *outbreak.Error) {
	kind := foldHeader(r.cells[fieldKind])
	if ours, is := storeKinds[kind]; is {
		kind = ours
	}
	if kind != "" && !slices.Contains(supplies.Kinds, kind) {
		return fieldKind, invalid("exchange.stock_kind", "kinds", strings.Join(supplies.Kinds, ", "))
	}
	r.cells[fieldKind] = kind
	if known := r.scan.o.KnownStore; known != nil && !r.faulty(fieldStore) && !known(kind, r.cells[fieldStore]) {
		return fieldStore, invalid("exchange.stock_store")
	}
	return fieldNone, nil
}

func stockWhat(r *row) (Field, *outbreak.Error) {
	if known := r.scan.o.KnownItem; known != nil && r.cells[fieldItem] != "" {
		code := known(r.cells[fieldItem])
		if code == "" {
			return fieldItem, invalid("exchange.stock_item")
		}
		r.cells[fieldItem] = code
	}
	how := foldHeader(r.cells[fieldHow])
	if ours, is := hows[how]; is {
		how = ours
	}
	if !slices.Contains(append([]string{supplies.Counted, supplies.Arrived, supplies.Adjusted}, supplies.Hows...), how) {
		return fieldHow, invalid("exchange.stock_how", "words", strings.Join(append(slices.Clone(supplies.Hows), supplies.Counted), ", "))
	}
	r.cells[fieldHow] = how
	return fieldNone, nil
}

func stockQuantity(r *row) (Field, *outbreak.Error) {
	const most = 1_000_000_000
	text := strings.NewReplacer(",", "", " ", "").Replace(r.cells[fieldQuantity])
	least := int64(1)
	switch r.cells[fieldHow] {
	case supplies.Counted:
		least = 0
	case supplies.Adjusted:
		least = -most
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > most {
		return fieldQuantity, invalid("exchange.number_wrong", "column", r.scan.mapping.name(fieldQuantity), "least", least, "most", most)
	}
	r.cells[fieldQuantity] = text
	return fieldNone, nil
}

func stockExpires(r *row) (Field, *outbreak.Error) {
	text := r.cells[fieldExpires]
	if text == "" {
		return fieldNone, nil
	}
	t, err := readTime(text, time.UTC)
	if err != nil {
		return fieldExpires, err
	}
	r.cells[fieldExpires] = t.Format(time.DateOnly)
	return fieldNone, nil
}

func stockWhen(r *row) (Field, *outbreak.Error) {
	text := r.cells[fieldAt]
	if r.at = 0; text == "" {
		return fieldNone, nil
	}
	t, err := readTime(text, r.scan.zone(r))
	if err != nil {
		return fieldAt, err
	}
	if t.Year() < 2000 {
		return fieldAt, invalid("exchange.too_old")
	}
	if r.at = outbreak.At(t); r.scan.o.Now != 0 && r.at > r.scan.o.Now.Add(outbreak.Drift) {
		return fieldAt, invalid("exchange.in_future")
	}
	return fieldNone, nil
}
