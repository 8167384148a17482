package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"breakwater/internal/outbreak"
)

// printValues prints what a rule book says: key, value with unit, how sure it is, and where it is from.
func printValues(r *run, p outbreak.Protocol) {
	w := tabwriter.NewWriter(r.streams.Out, 0, 0, 2, ' ', 0)
	for _, key := range slices.Sorted(maps.Keys(p.Values)) {
		v := p.Values[key]
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", key, valueText(v), v.Status, v.Source)
	}
	_ = w.Flush()
}

// valueText writes a value with its unit; a dash for one that is known to exist and was not seen.
func valueText(v outbreak.Value) string {
	if v.Status == outbreak.StatusNotVerified && v.Number == 0 && v.Text == "" && len(v.List) == 0 && len(v.Days) == 0 {
		return "-"
	}
	var text string
	switch {
	case len(v.Days) > 0:
		parts := make([]string, 0, len(v.Days))
		for _, d := range v.Days {
			parts = append(parts, strconv.Itoa(d))
		}
		text = strings.Join(parts, ";")
	case len(v.List) > 0:
		text = strings.Join(v.List, ", ")
	case v.Text != "":
		text = v.Text
	default:
		text = strconv.FormatFloat(v.Number, 'f', -1, 64)
	}
	return strings.TrimSpace(cmp.Or(text, "-") + " " + v.Unit)
}
