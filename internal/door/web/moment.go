package web

import (
	"time"

	"breakwater/internal/outbreak"
)

// momentForm is how a browser writes a date with a time of day.
const momentForm = "2006-01-02T15:04"

// moment reads a field with a date and a time of day in the reader's time zone; 0 for an empty one.
func (c *call) moment(field string) (outbreak.Instant, error) {
	text := c.form.Get(field)
	if text == "" {
		return 0, nil
	}
	t, err := time.ParseInLocation(momentForm, text, c.view.Zone)
	if err != nil {
		return 0, refuseField(field, "web.form.moment_wrong")
	}
	return outbreak.At(t), nil
}

// ZoneName names the time zone of the times on a page, for the hint beside a field that takes one.
func (v *View) ZoneName() string { return v.Zone.String() }
