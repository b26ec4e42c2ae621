package server

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"google.golang.org/grpc/codes"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/server/fair"
)

// durationBuckets are the upper bounds of the latency histograms in seconds,
// 100 microseconds to 10 seconds.
var durationBuckets = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// metrics are the server's own figures, for Prometheus.
type metrics struct {
	registry  *prometheus.Registry
	durations *prometheus.HistogramVec // by method, code
	inFlight  *prometheus.GaugeVec     // by method
	refused   prometheus.Counter
	refusedAt *prometheus.CounterVec // connections and tokens, by cause
	labels    *prometheus.CounterVec // by model, task, label
	abstained *prometheus.CounterVec // by model, task, reason
	conns     prometheus.Gauge

	models sync.Map // model ID -> *modelMetrics
}

func newMetrics(gate *fair.Gate) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "parley_call_duration_seconds", Help: "Time from the request to the answer, queueing included; of a stream, its life.", Buckets: durationBuckets,
		}, []string{"method", "code"}),
		inFlight:  prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "parley_calls_in_flight", Help: "Calls being answered."}, []string{"method"}),
		refused:   prometheus.NewCounter(prometheus.CounterOpts{Name: "parley_overload_refused_total", Help: "Calls refused because the queue was full."}),
		refusedAt: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "parley_refused_total", Help: "Connections and calls turned away at the door, by cause."}, []string{"cause"}),
		labels:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "parley_predictions_total", Help: "Paragraphs labelled; a shift of the mix is a sign of drift."}, []string{"model", "task", "label"}),
		abstained: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "parley_abstained_total", Help: "Predictions on which the model abstained."}, []string{"model", "task", "reason"}),
		conns:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "parley_connections", Help: "Open connections."}),
	}
	m.registry.MustRegister(m.durations, m.inFlight, m.refused, m.refusedAt, m.labels, m.abstained, m.conns,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		gaugeFunc("parley_queue_depth", "Pieces of work that wait for a worker.", func() int { return gate.Load().Waiting }),
		gaugeFunc("parley_workers_busy", "Workers that score.", func() int { return gate.Load().Busy }),
		gaugeFunc("parley_workers", "Workers there are.", gate.Slots),
	)
	return m
}

func gaugeFunc(name, help string, f func() int) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(f()) })
}

// retryDelay advises how long to wait before a retry: longer the more calls
// there are, and spread so that the refused do not come back together.
func (m *metrics) retryDelay(l fair.Load) time.Duration {
	d := min(20*time.Millisecond+time.Duration(l.Admitted)*200*time.Microsecond, 2*time.Second)
	return d + rand.N(d)
}

// methodMetrics are the figures of one method, looked up once.
type methodMetrics struct {
	inFlight  prometheus.Gauge
	durations [17]prometheus.Observer // by code
}

func (m *metrics) method(name string) *methodMetrics {
	mm := &methodMetrics{inFlight: m.inFlight.WithLabelValues(name)}
	for c := range mm.durations {
		mm.durations[c] = lazyObserver{m.durations, name, codes.Code(c).String()}
	}
	mm.durations[codes.OK] = m.durations.WithLabelValues(name, codes.OK.String())
	return mm
}

// lazyObserver makes the series of a code when it first occurs.
type lazyObserver struct {
	vec          *prometheus.HistogramVec
	method, code string
}

func (l lazyObserver) Observe(v float64) { l.vec.WithLabelValues(l.method, l.code).Observe(v) }

func (mm *methodMetrics) observe(start time.Time, c codes.Code) {
	mm.durations[min(int(c), len(mm.durations)-1)].Observe(time.Since(start).Seconds())
}

// modelMetrics are the figures of one model.
type modelMetrics struct {
	labels    [model.NumTasks][model.MaxLabels]prometheus.Counter
	abstained [model.NumTasks][4]prometheus.Counter
}

// model returns the figures of the model of that ID.
func (m *metrics) model(id string) *modelMetrics {
	if mm, ok := m.models.Load(id); ok {
		return mm.(*modelMetrics)
	}
	mm := &modelMetrics{}
	for t := range model.Task(model.NumTasks) {
		for i, label := range t.Labels() {
			mm.labels[t][i] = m.labels.WithLabelValues(id, t.String(), label)
		}
		for r := model.LowConfidence; r <= model.NothingToRead; r++ {
			mm.abstained[t][r] = m.abstained.WithLabelValues(id, t.String(), r.String())
		}
	}
	have, _ := m.models.LoadOrStore(id, mm)
	return have.(*modelMetrics)
}

// tally counts labels without locks until they are added to the figures.
type tally struct {
	labels    [model.NumTasks][model.MaxLabels]uint32
	abstained [model.NumTasks][4]uint32
}

func (t *tally) count(p *model.Paragraph) {
	for task := range model.Task(model.NumTasks) {
		pr := p.Task(task)
		t.labels[task][pr.Label]++
		t.abstained[task][pr.Abstained]++
	}
}

func (mm *modelMetrics) add(t *tally) {
	for task := range t.labels {
		for i, n := range t.labels[task] {
			if n > 0 {
				mm.labels[task][i].Add(float64(n))
			}
		}
		for r, n := range t.abstained[task] {
			if n > 0 && r > 0 {
				mm.abstained[task][r].Add(float64(n))
			}
		}
	}
}
