package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"meldklok/incident"
	"meldklok/incident/people"
)

// lastDay is when an open duty counts as due soon.
const lastDay = 24 * time.Hour

// gauges are the figures that are read when they are asked for.
type gauges struct {
	app   *App
	descs map[string]*prometheus.Desc
}

// gaugeTable lists every gauge: its name, its labels, what it says.
func gaugeTable() []struct {
	name, help string
	labels     []string
} {
	type labels = []string
	return []struct {
		name, help string
		labels     []string
	}{
		{"meldklok_duties_open", "Open duties by state of their clock: overdue, last_day (24 hours or less left), running.", labels{"state"}},
		{"meldklok_duties_unplanned", "Open duties less next-alert rows; always 0, or an alert is missing.", nil},
		{"meldklok_next_deadline_seconds", "Seconds to the nearest open deadline; negative when it has passed. Absent when none is open.", nil},
		{"meldklok_incidents", "Incidents ever recorded.", nil},
		{"meldklok_mails_queued", "Mails that have not ended.", nil},
		{"meldklok_deliveries_pending", "Accepted deliveries without an outcome.", nil},
		{"meldklok_messages_parked", "Parked messages that nobody has reviewed.", nil},
		{"meldklok_parked_oldest_age_seconds", "Age of the oldest of those; absent when there is none.", nil},
		{"meldklok_mailbox_age_seconds", "Time since a watched mailbox was last read to its end, or a message was taken from it.", labels{"mailbox"}},
		{"meldklok_mailbox_connected", "1 while the connection to a watched mailbox stands.", labels{"mailbox"}},
		{"meldklok_mailbox_backlog_messages", "Messages of a watched mailbox that were not taken in yet.", labels{"mailbox"}},
		{"meldklok_mailbox_missing_messages", "Messages of a watched mailbox that its last comparison with the record missed there.", labels{"mailbox"}},
		{"meldklok_mailbox_aside_messages", "Of those, messages that cannot be fetched or kept.", labels{"mailbox"}},
		{"meldklok_people_refused", "People to whom mail is refused; their alerts go to the next person.", nil},
		{"meldklok_relay_up", "1 while a relay takes our mail, 0 while it is in trouble.", labels{"relay"}},
		{"meldklok_webhook_up", "1 while a webhook takes our posts, 0 while it is in trouble.", labels{"webhook"}},
		{"meldklok_clock_offset_seconds", "How far this computer's clock is behind those of its peers; negative when ahead.", nil},
		{"meldklok_certificate_end_timestamp_seconds", "When the certificate of the pages ends. Absent without one.", nil},
		{"meldklok_chain_entries", "Entries of the chain.", nil},
		{"meldklok_store_bytes", "Bytes used by a file of the store: record or keys.", labels{"file"}},
		{"meldklok_finding", "1 for each finding of the last audit; absent when it found nothing of that kind.", labels{"code", "level"}},
		{"meldklok_findings", "Findings of the last audit by level: amber, red.", labels{"level"}},
		{"meldklok_backup_last_timestamp_seconds", "When the last backup was made; 0: never.", nil},
		{"meldklok_backup_opened_timestamp_seconds", "When a test restore last opened a backup and found it whole; 0: never.", nil},
		{"meldklok_backup_written_timestamp_seconds", "When what goes into a backup was last replayed and found whole; 0: never.", nil},
		{"meldklok_sending_held", "1 while a restored record waits for its release.", nil},
		{"meldklok_audit_last_timestamp_seconds", "When the last audit ended; 0 before the first.", nil},
		{"meldklok_audit_last_sweep_timestamp_seconds", "When all open duties had last been re-derived from their logs; 0 before the first time.", nil},
	}
}

func newGauges(a *App) *gauges {
	g := &gauges{app: a, descs: map[string]*prometheus.Desc{}}
	for _, row := range gaugeTable() {
		g.descs[row.name] = prometheus.NewDesc(row.name, row.help, row.labels, nil)
	}
	return g
}

// Describe implements prometheus.Collector.
func (g *gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range g.descs {
		ch <- d
	}
}

// put is how one figure is handed over.
type put func(name string, v float64, labels ...string)

// Collect implements prometheus.Collector. It reads counters and the first rows
// of indexes: its cost follows what is due within a day, not what exists.
func (g *gauges) Collect(ch chan<- prometheus.Metric) {
	put := func(name string, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(g.descs[name], prometheus.GaugeValue, v, labels...)
	}
	now := g.app.now()
	g.audit(put)
	g.mailIn(put, now)
	g.mailOut(put)
	g.record(put, now)
}

// audit tells what the last audit found. Two findings of one kind, of two
// mailboxes say, are one line: a name may occur once only.
func (g *gauges) audit(put put) {
	h := g.app.engine.Health()
	levels := map[incident.Level]int{incident.Amber: 0, incident.Red: 0}
	type kind struct {
		code  string
		level incident.Level
	}
	seen := map[kind]bool{}
	for _, f := range h.Findings {
		levels[f.Level]++
		if k := (kind{f.Code, f.Level}); !seen[k] {
			seen[k] = true
			put("meldklok_finding", 1, f.Code, string(f.Level))
		}
	}
	for level, n := range levels {
		put("meldklok_findings", float64(n), string(level))
	}
	put("meldklok_audit_last_timestamp_seconds", unix(h.At))
	put("meldklok_audit_last_sweep_timestamp_seconds", unix(h.Swept))
}

func (g *gauges) mailIn(put put, now time.Time) {
	for _, m := range g.app.watchedMailboxes("") {
		put("meldklok_mailbox_age_seconds", m.Age(now).Seconds(), m.Name)
		put("meldklok_mailbox_connected", truth(m.Connected), m.Name)
		put("meldklok_mailbox_backlog_messages", float64(m.Backlog), m.Name)
		put("meldklok_mailbox_missing_messages", float64(m.Missing), m.Name)
		put("meldklok_mailbox_aside_messages", float64(m.Aside), m.Name)
	}
}

func (g *gauges) mailOut(put put) {
	for relay, well := range g.app.engine.Relays() {
		put("meldklok_relay_up", truth(well), relay)
	}
	told := map[string]bool{}
	for _, s := range g.app.webhooks.Status() {
		if !told[s.Name] {
			told[s.Name] = true
			put("meldklok_webhook_up", truth(!s.Trouble()), s.Name)
		}
	}
	if at, ok := g.app.cfg.cert.ends(); ok {
		put("meldklok_certificate_end_timestamp_seconds", unix(at))
	}
	put("meldklok_clock_offset_seconds", g.app.engine.ClockOff().Seconds())
}

func (g *gauges) record(put put, now time.Time) {
	record, keys := g.app.store.Size()
	put("meldklok_store_bytes", float64(record), "record")
	put("meldklok_store_bytes", float64(keys), "keys")
	_ = g.app.store.View(context.Background(), func(v incident.View) error {
		c, org := v.Counters(), v.Org()
		overdue := v.DueDuties(now)
		soon := v.DueDuties(now.Add(lastDay))
		put("meldklok_duties_open", float64(overdue), "overdue")
		put("meldklok_duties_open", float64(soon-overdue), "last_day")
		put("meldklok_duties_open", float64(c.OpenDuties-soon), "running")
		put("meldklok_duties_unplanned", float64(c.OpenDuties-c.PlannedOpen))
		put("meldklok_incidents", float64(c.Incidents))
		put("meldklok_mails_queued", float64(c.Queued))
		put("meldklok_deliveries_pending", float64(c.Pending))
		put("meldklok_messages_parked", float64(org.Parked))
		put("meldklok_people_refused", float64(refused(org.People)))
		if org.Parked > 0 {
			put("meldklok_parked_oldest_age_seconds", now.Sub(org.Oldest).Seconds())
		}
		put("meldklok_backup_last_timestamp_seconds", unix(org.Backups.At))
		put("meldklok_backup_opened_timestamp_seconds", unix(org.Backups.Opened))
		put("meldklok_backup_written_timestamp_seconds", unix(org.Backups.Written))
		put("meldklok_sending_held", truth(org.Backups.Held))
		put("meldklok_chain_entries", float64(c.Head.Seq))
		for o, err := range v.OpenDuties() {
			if err != nil {
				continue // a damaged one hides no other
			}
			put("meldklok_next_deadline_seconds", o.Duty.Left(now).Seconds())
			break
		}
		return nil
	})
}

// refused counts people to whom mail is refused.
func refused(all people.Directory) (n int) {
	for _, p := range all {
		if p.Refused != "" && !p.Inactive {
			n++
		}
	}
	return n
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.Unix())
}
