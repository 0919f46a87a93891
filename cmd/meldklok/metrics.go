package main

import (
	"net/http"

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
	fired    prometheus.Counter
	ended    *prometheus.CounterVec
	lateness prometheus.Histogram
}

// ends are the states in which an alert can end.
func ends() []incident.DeliveryState {
	return []incident.DeliveryState{incident.Accepted, incident.Superseded, incident.Cancelled, incident.Failed, incident.Kept}
}

func newMetrics(a *App) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		fired: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "meldklok_rungs_fired_total", Help: "Rungs of a ladder whose alerts were queued; a rung that is handed to the next person counts again.",
		}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "meldklok_alerts_total", Help: "Alerts that ended, by how: accepted by a relay, superseded by a later one that names it, cancelled, failed (refused for good), kept in a folder.",
		}, []string{"state"}),
		lateness: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "meldklok_alert_lateness_seconds", Help: "Time from an alert's own instant to its acceptance by a relay.",
			Buckets: []float64{1, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600, 24 * 3600},
		}),
	}
	for _, state := range ends() { // a counter that is not there yet has no rate
		m.ended.WithLabelValues(string(state))
	}
	m.registry.MustRegister(newGauges(a), m.fired, m.ended, m.lateness, collectors.NewBuildInfoCollector(),
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
