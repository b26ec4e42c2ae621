package main

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"

	"github.com/parley-nlp/parley/server"
)

// openTelemetry sends traces and metrics of every call to --otlp-endpoint. The
// collector need not be there: what cannot be sent is dropped. Sampling and
// headers follow OpenTelemetry's own environment variables (OTEL_...).
func (c *config) openTelemetry(ctx context.Context, opt *server.Options) (stop func(), err error) {
	if c.otlpEndpoint == "" {
		return func() {}, nil
	}
	about, err := resource.New(ctx, resource.WithFromEnv(), resource.WithTelemetrySDK(), resource.WithHost(),
		resource.WithProcessRuntimeVersion(), resource.WithAttributes(serviceName))
	if err != nil {
		return nil, fmt.Errorf("--otlp-endpoint: %w", err)
	}
	spans, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(c.otlpEndpoint))
	if err != nil {
		return nil, fmt.Errorf("--otlp-endpoint: %w", err)
	}
	figures, err := otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpointURL(c.otlpEndpoint))
	if err != nil {
		return nil, fmt.Errorf("--otlp-endpoint: %w", err)
	}
	traces := trace.NewTracerProvider(trace.WithBatcher(spans), trace.WithResource(about))
	meters := metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(figures)), metric.WithResource(about))
	opt.Transport = append(opt.Transport, grpc.StatsHandler(otelgrpc.NewServerHandler(
		otelgrpc.WithTracerProvider(traces), otelgrpc.WithMeterProvider(meters),
		otelgrpc.WithPropagators(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})),
	)))
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = traces.Shutdown(ctx)
		_ = meters.Shutdown(ctx)
	}, nil
}
