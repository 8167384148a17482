package linelist

import (
	"strconv"
	"time"
)

// Steps of time that cases are counted by.
var Steps = []string{"day", "week", "month"}

// stepOf names the step a day lies in: the day, the Monday of its week, its month.
func stepOf(day int32, step, field string) (string, error) {
	switch step {
	case "day":
		return dayText(day), nil
	case "week":
		return dayText(monday(day)), nil
	case "month", "":
		return dayText(day)[:len("2006-01")], nil
	}
	return "", invalid("step", "field", field)
}

// monday gives the Monday of a day's week; 1970-01-01 was a Thursday.
func monday(day int32) int32 {
	return day - (day%7+10)%7
}

// monthOf gives the first day of a day's month, and of the next.
func monthOf(day int32) (first, next int32) {
	t := time.Unix(int64(day)*86400, 0).UTC()
	begin := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	return int32(begin.Unix() / 86400), int32(begin.AddDate(0, 1, 0).Unix() / 86400)
}

func itoa(v int64) string { return strconv.FormatInt(v, 10) }

// spanOf gives the first and the last day of a step by its name.
func spanOf(name, step string) (first, last string) {
	if len(name) == len("2006-01") {
		name += "-01"
		step = "month"
	}
	day, err := parseDay(name)
	if err != nil {
		return name, name
	}
	switch step {
	case "week":
		return dayText(day), dayText(day + 6)
	case "month", "":
		_, next := monthOf(day)
		return dayText(day), dayText(next - 1)
	}
	return name, name
}
