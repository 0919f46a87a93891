package web

import "strings"

// browser says roughly what a browser calls itself, like "Firefox, Windows":
// enough for somebody to recognise their own devices, and no more.
func browser(agent string) string {
	pick := func(list []struct{ part, name string }) string {
		for _, b := range list {
			if strings.Contains(agent, b.part) {
				return b.name
			}
		}
		return ""
	}
	// The order matters: each of them claims to be the ones below.
	program := pick([]struct{ part, name string }{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS", "Firefox"},
		{"CriOS", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	})
	system := pick([]struct{ part, name string }{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	})
	if program == "" || system == "" {
		return program + system
	}
	return program + ", " + system
}
