package web

import "strings"

// What browsers call themselves names several; the first that is found here is the one.
var (
	browsers = [][2]string{{"MicroMessenger", "WeChat"}, {"Edg", "Edge"}, {"OPR", "Opera"}, {"Firefox", "Firefox"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}}
	systems  = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"HarmonyOS", "HarmonyOS"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS", "Mac"}, {"Linux", "Linux"}}
)

// Device gives a short name of the browser and machine a session was started from; what is neither is shown as it came.
func (v *View) Device(agent string) string {
	browser, system := firstIn(agent, browsers), firstIn(agent, systems)
	switch {
	case browser == "" && len(agent) > 60:
		return strings.ToValidUTF8(agent[:60], "") + "…"
	case browser == "":
		return agent
	case system == "":
		return browser
	}
	return browser + ", " + system
}

func firstIn(agent string, names [][2]string) string {
	for _, n := range names {
		if strings.Contains(agent, n[0]) {
			return n[1]
		}
	}
	return ""
}
