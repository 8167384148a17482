package exchange

import (
	"time"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// precisions are the words for how exactly an end of a visit is known beside our own, folded like headers.
var precisions = map[string]registry.Precision{"minute": registry.ToMinute, "hour": registry.ToHour, "halfday": registry.ToHalfDay, "day": registry.ToDay, "unknown": registry.NotKnown,
	"分": registry.ToMinute, "分钟": registry.ToMinute, "小时": registry.ToHour, "半天": registry.ToHalfDay, "半日": registry.ToHalfDay, "日": registry.ToDay, "天": registry.ToDay, "不详": registry.NotKnown, "未知": registry.NotKnown}

// stayCheck reads when a visit began and ended. A date alone is known to the day, a time of day to the minute, unless the row says
// how exactly; an empty end is one nobody knows.
var stayCheck = check{
	name:  "stay",
	kinds: []Kind{Visits},
	sentences: []string{"exchange.date_wrong", "exchange.date_order", "exchange.date_serial", "exchange.in_future", "exchange.too_old",
		"registry.visit_precision", "registry.visit_when", "registry.visit_backwards"},
	find: func(r *row) (Field, *outbreak.Error) {
		w := &r.stay
		for _, e := range []struct {
			at, how   Field
			instant   *outbreak.Instant
			precision *registry.Precision
		}{{fieldFrom, fieldFromPrecision, &w.From, &w.FromPrecision}, {fieldTo, fieldToPrecision, &w.To, &w.ToPrecision}} {
			var f Field
			var err *outbreak.Error
			if *e.instant, *e.precision, f, err = r.end(e.at, e.how); err != nil {
				return f, err
			}
		}
		switch {
		case w.FromPrecision == registry.NotKnown && w.ToPrecision == registry.NotKnown:
			return fieldFrom, invalid("registry.visit_when")
		case w.Possible() == (registry.Span{}):
			return fieldTo, invalid("registry.visit_backwards")
		}
		return fieldNone, nil
	},
}

// end reads one end of a visit, cut to the piece of time it is known to.
func (r *row) end(at, how Field) (outbreak.Instant, registry.Precision, Field, *outbreak.Error) {
	precision := registry.Precision("")
	if word := foldHeader(r.cells[how]); word != "" {
		known := false
		if precision, known = precisions[word]; !known {
			return 0, "", how, invalid("registry.visit_precision")
		}
	}
	text := r.cells[at]
	if text == "" || precision == registry.NotKnown {
		return 0, registry.NotKnown, fieldNone, nil
	}
	t, err := readTime(text, r.scan.zone(r))
	if err != nil {
		return 0, "", at, err
	}
	if t.Year() < 2000 {
		return 0, "", at, invalid("exchange.too_old")
	}
	if now := r.scan.o.Now; now != 0 && outbreak.At(t) > now.Add(14*time.Hour) {
		return 0, "", at, invalid("exchange.in_future")
	}
	if precision == "" {
		precision = registry.ToMinute
		if len(text) <= 14 && t.Hour() == 0 && t.Minute() == 0 && !timeOfDay(text) {
			precision = registry.ToDay
		}
	}
	return outbreak.At(precision.Begin(t)), precision, fieldNone, nil
}
