package web

// How much of a history stands open: what came before is one click away, so that
// a case of months reads as easily as one of today.
const (
	shownAlerts = 12
	shownLog    = 15
	leastFolded = 3 // lines of the machinery in a row that become one
)

// folded puts lines of the machinery that follow each other under one line:
// which mails were queued, taken and refused is proof, and seldom read.
func folded(lines []logLine) (out []logLine) {
	for i := 0; i < len(lines); {
		run := i
		for run < len(lines) && lines[run].Machine {
			run++
		}
		switch {
		case run-i >= leastFolded:
			out = append(out, logLine{At: lines[i].At, Folded: lines[i:run]})
		case run > i:
			out = append(out, lines[i:run]...)
		default:
			run++
			out = append(out, lines[i])
		}
		i = run
	}
	return out
}

// split cuts a history behind what stands open. A remainder of one or two lines
// is not worth a click.
func split[T any](all []T, shown int) (open, older []T) {
	if len(all) <= shown+2 {
		return all, nil
	}
	return all[:shown], all[shown:]
}

// NewAlerts and OldAlerts are the two parts of the alerts, newest first.
func (d incidentData) NewAlerts() []alertView { open, _ := split(d.Alerts, shownAlerts); return open }
func (d incidentData) OldAlerts() []alertView { _, older := split(d.Alerts, shownAlerts); return older }

// NewLog and OldLog are the two parts of the log, newest first.
func (d incidentData) NewLog() []logLine { open, _ := split(d.Log, shownLog); return open }
func (d incidentData) OldLog() []logLine { _, older := split(d.Log, shownLog); return older }
