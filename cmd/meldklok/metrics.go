package main

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"meldklok/incident"
)

// metrics are the figures that an administrator's monitoring reads. They hold
// neither references nor addresses.
type metrics struct {
	app      *App
	registry *prometheus.Registry
	ended    *prometheus.CounterVec
	lateness prometheus.Histogram
	gauges   map[string]*prometheus.Desc
}

func newMetrics(a *App) *metrics {
	m := &metrics{
		app: a, registry: prometheus.NewRegistry(),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "meldklok_alerts_total", Help: "Alerts that ended, by how: accepted, superseded, cancelled, failed, kept.",
		}, []string{"state"}),
		lateness: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "meldklok_alert_lateness_seconds", Help: "Time from an alert's own instant to its acceptance by a relay.",
			Buckets: []float64{1, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600, 24 * 3600},
		}),
		gauges: map[string]*prometheus.Desc{},
	}
	for name, help := range map[string]string{
		"meldklok_duties_open":                        "Duties that are open.",
		"meldklok_duties_planned":                     "Next-alert rows of open duties; always as many as duties are open.",
		"meldklok_incidents":                          "Incidents ever recorded.",
		"meldklok_next_deadline_seconds":              "Seconds to the nearest open deadline; negative when it has passed. Absent when none is open.",
		"meldklok_mails_queued":                       "Mails that have not ended.",
		"meldklok_deliveries_pending":                 "Accepted deliveries without an outcome.",
		"meldklok_messages_parked":                    "Parked messages that nobody has reviewed.",
		"meldklok_chain_entries":                      "Entries of the chain.",
		"meldklok_record_bytes":                       "Bytes used by the record.",
		"meldklok_keys_bytes":                         "Bytes used by the key file.",
		"meldklok_audit_last_timestamp_seconds":       "When the last audit ended.",
		"meldklok_audit_last_sweep_timestamp_seconds": "When all open duties had last been re-derived from their logs.",
	} {
		m.gauges[name] = prometheus.NewDesc(name, help, nil, nil)
	}
	m.gauges["meldklok_finding"] = prometheus.NewDesc("meldklok_finding", "1 for each finding of the last audit.", []string{"code", "level"}, nil)
	m.registry.MustRegister(m, m.ended, m.lateness, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// handler serves them in Prometheus' form.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

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

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range m.gauges {
		ch <- d
	}
}

// Collect implements prometheus.Collector. It reads counters and the first row
// of an index: its cost does not grow with what exists.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	gauge := func(name string, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(m.gauges[name], prometheus.GaugeValue, v, labels...)
	}
	h := m.app.engine.Health()
	for _, f := range h.Findings {
		gauge("meldklok_finding", 1, f.Code, string(f.Level))
	}
	gauge("meldklok_audit_last_timestamp_seconds", unix(h.At))
	gauge("meldklok_audit_last_sweep_timestamp_seconds", unix(h.Swept))
	record, keys := m.app.store.Size()
	gauge("meldklok_record_bytes", float64(record))
	gauge("meldklok_keys_bytes", float64(keys))
	_ = m.app.store.View(context.Background(), func(v incident.View) error {
		c := v.Counters()
		gauge("meldklok_duties_open", float64(c.OpenDuties))
		gauge("meldklok_duties_planned", float64(c.PlannedOpen))
		gauge("meldklok_incidents", float64(c.Incidents))
		gauge("meldklok_mails_queued", float64(c.Queued))
		gauge("meldklok_deliveries_pending", float64(c.Pending))
		gauge("meldklok_messages_parked", float64(v.Org().Parked))
		gauge("meldklok_chain_entries", float64(c.Head.Seq))
		for o, err := range v.OpenDuties() {
			if err == nil {
				gauge("meldklok_next_deadline_seconds", o.Duty.Left(m.app.now()).Seconds())
			}
			break
		}
		return nil
	})
}

func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.Unix())
}
