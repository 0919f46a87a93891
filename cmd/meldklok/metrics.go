package main

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"meldklok/incident"
	"meldklok/notify"
)

// metrics are the figures that an administrator's monitoring reads, named by
// Prometheus' conventions: base units, _total for what only grows. They hold
// neither references nor addresses.
type metrics struct {
	registry *prometheus.Registry
	taken    *prometheus.CounterVec
	takenAt  *prometheus.GaugeVec
	fired    prometheus.Counter
	ended    *prometheus.CounterVec
	lateness prometheus.Histogram
}

// mailDoors are the channels by which mail comes in.
func mailDoors() []incident.Channel {
	return []incident.Channel{incident.ChannelSMTP, incident.ChannelLMTP, incident.ChannelIMAP}
}

// ends are the states in which an alert can end.
func ends() []incident.DeliveryState {
	return []incident.DeliveryState{incident.Accepted, incident.Superseded, incident.Cancelled, incident.Failed, incident.Kept, incident.Bounced}
}

func newMetrics(a *App) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		taken: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "meldklok_mails_taken_total", Help: "Mails taken in and on disk, by channel: smtp and lmtp (our own listeners), imap (watched mailboxes).",
		}, []string{"channel"}),
		takenAt: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "meldklok_mail_taken_last_timestamp_seconds", Help: "When a mail was last taken in by this channel. Absent before the first since the start.",
		}, []string{"channel"}),
		fired: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "meldklok_rungs_fired_total", Help: "Rungs of a ladder whose alerts were queued; a rung that is handed to the next person counts again.",
		}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "meldklok_alerts_total", Help: "Alerts that ended, by how: accepted by a relay, superseded by a later one that names it, cancelled, failed (refused for good), kept in a folder. Bounced are those of the accepted that came back.",
		}, []string{"state"}),
		lateness: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "meldklok_alert_lateness_seconds", Help: "Time from an alert's own instant to its acceptance by a relay.",
			Buckets: []float64{1, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600, 24 * 3600},
		}),
	}
	for _, state := range ends() { // a counter that is not there yet has no rate
		m.ended.WithLabelValues(string(state))
	}
	for _, door := range mailDoors() {
		m.taken.WithLabelValues(string(door))
	}
	m.registry.MustRegister(newGauges(a), m.taken, m.takenAt, m.fired, m.ended, m.lateness, collectors.NewBuildInfoCollector(),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// handler serves them in Prometheus' form.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// only is a server of nothing else.
func (m *metrics) only() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.handler())
	return mux
}

// mailTaken counts a mail that is on disk.
func (m *metrics) mailTaken(channel incident.Channel, now time.Time) {
	m.taken.WithLabelValues(string(channel)).Inc()
	m.takenAt.WithLabelValues(string(channel)).Set(unix(now))
}

// settled counts alerts that a delivery report proves to have come back.
func (m *metrics) settled(out incident.Settled) {
	m.ended.WithLabelValues(string(incident.Bounced)).Add(float64(out.Bounced))
}

// rungsFired counts rungs whose alerts are queued and on disk.
func (m *metrics) rungsFired(f notify.Fired) { m.fired.Add(float64(len(f.Rungs))) }

// mailEnded counts what became of a mail's alerts.
func (m *metrics) mailEnded(msg incident.Message) {
	for _, a := range msg.Alerts {
		if a.Rung == incident.RungReceipt || a.Rung == incident.RungClosed {
			continue
		}
		m.ended.WithLabelValues(string(msg.State)).Inc()
		if msg.State == incident.Accepted {
			m.lateness.Observe(max(0, msg.Ended.Sub(a.Due).Seconds()))
		}
	}
}
