package web

import (
	"strconv"
	"strings"
	"time"

	"breakwater/internal/response/screening"
)

// Found says in the reader's language what came with an anomaly. What nothing is known of is shown as it came.
func (v *View) Found(a screening.Anomaly) string {
	switch a.What {
	case screening.DuplicatePerson, screening.TwiceInTube:
		return v.T("web.anomalies.number", "n", a.Content)
	case screening.CountDiffers:
		if counted, members, ok := strings.Cut(a.Content, "/"); ok {
			return v.T("web.anomalies.counted", "counted", counted, "members", members)
		}
	case screening.MixedHouseholds:
		return v.T("web.anomalies.households", "n", a.Content)
	case screening.SerialCheck, screening.SerialElsewhere:
		return "" // the serial stands beside it
	case screening.Orphan:
		return v.reported(a.Content)
	case screening.UnknownDevice:
		device, _, _ := strings.Cut(a.Content, " ")
		return v.T("web.anomalies.device", "n", device)
	case screening.LookAlike:
		return v.alike(a.Content)
	}
	if list, is := strings.CutPrefix(a.Content, "["); is {
		return v.members(strings.Fields(strings.TrimSuffix(list, "]")))
	}
	return a.Content
}

// reported says what a laboratory told of a tube nobody had handed in.
func (v *View) reported(said string) string {
	if said == "received" {
		return v.T("web.anomalies.booked_in")
	}
	return v.T("web.anomalies.resulted", "result", v.Word("result", said))
}

// members lists numbers of the roll, or tells that there are none.
func (v *View) members(numbers []string) string {
	if len(numbers) == 0 {
		return ""
	}
	return v.T("web.anomalies.numbers", "n", strings.Join(numbers, v.T("web.list.comma")))
}

// alike says who recorded too many excusals alike, and how many: within a time, or as one outcome with one reason.
func (v *View) alike(said string) string {
	who, rest, ok := strings.Cut(said, " · ")
	count, of, both := strings.Cut(rest, " / ")
	n, err := strconv.Atoi(count)
	if !ok || !both || err != nil {
		return said
	}
	if within, err := time.ParseDuration(of); err == nil {
		return v.T("web.anomalies.alike_within", "who", v.Who(who), "n", v.N(n), "time", v.Ago(within))
	}
	return v.T("web.anomalies.alike_reason", "who", v.Who(who), "n", v.N(n), "outcome", v.Word("outcome", of))
}
