package linelist

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"

	"breakwater/internal/engine/columns"
)

// cursor is where a page ends, or, to go back, where it begins.
type cursor struct {
	Sort    []Order  `json:"s,omitempty"`
	Texts   []string `json:"t,omitempty"`
	Numbers []*int64 `json:"n,omitempty"` // nil: not known
	ID      int64    `json:"i"`
	Back    bool     `json:"b,omitempty"` // the page before it is wanted
}

func (c cursor) String() string {
	text, err := json.Marshal(c)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func cursorOf(key columns.Key, sort []Order, back bool) string {
	c := cursor{Sort: sort, Texts: key.Texts, ID: key.ID, Back: back}
	for _, n := range key.Numbers {
		if n == math.MaxInt64 {
			c.Numbers = append(c.Numbers, nil)
		} else {
			c.Numbers = append(c.Numbers, &n)
		}
	}
	return c.String()
}

// parseCursor reads a cursor of a list that is sorted so.
func parseCursor(text string, sort []Order) (key columns.Key, back bool, err error) {
	wrong := invalid("cursor")
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return key, false, wrong
	}
	var c cursor
	if err := json.Unmarshal(raw, &c); err != nil || !slices.Equal(c.Sort, sort) || len(c.Texts) != len(sort) || len(c.Numbers) != len(sort) {
		return key, false, wrong
	}
	key = columns.Key{Texts: c.Texts, ID: c.ID}
	for _, n := range c.Numbers {
		if n == nil {
			key.Numbers = append(key.Numbers, math.MaxInt64)
		} else {
			key.Numbers = append(key.Numbers, *n)
		}
	}
	return key, c.Back, nil
}
