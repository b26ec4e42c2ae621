// Command go shows how a Go program calls parleyd: one document, a batch, a
// stream with backpressure, the details of an error, and a health check.
//
//	go run ./examples/clients/go -addr 127.0.0.1:50051
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // follows the health of each server
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// texts are what the program asks about.
var texts = []string{
	"The minister thanked the Syrian president and promised more aid.",
	"The council condemned the regime of Assad for shelling the market.",
	"اجتمع الوفدان في جنيف واتفقا على هدنة.",
}

func main() {
	addr := flag.String("addr", "127.0.0.1:50051", "`address` of parleyd; dns:///name:port for several")
	config := flag.String("service-config", "docs/deploy/service-config.json", "service config `file`")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := run(ctx, *addr, *config); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr, config string) error {
	sc, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	conn, err := grpc.NewClient(addr,
		grpc.WithTransportCredentials(insecure.NewCredentials()), // credentials.NewTLS(nil) for a server with a certificate
		grpc.WithDefaultServiceConfig(string(sc)),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)), // answers are longer than requests
	)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	c := parleyv1.NewClassifierServiceClient(conn)
	for _, step := range []func(context.Context, parleyv1.ClassifierServiceClient) error{classify, batch, stream, failure} {
		if err := step(ctx, c); err != nil {
			return err
		}
	}
	health, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{Service: "parley.v1.ClassifierService"})
	if err != nil {
		return err
	}
	fmt.Println("health:", health.Status)
	return nil
}

func document(id, text string) *parleyv1.Document {
	return &parleyv1.Document{Id: id, Source: &parleyv1.Document_Content{Content: text}}
}

func show(r *parleyv1.DocumentResult) {
	for _, p := range r.Paragraphs {
		fmt.Printf("  %s: stance %v (%.2f), tone %v (%.2f)\n", r.Id, p.Stance.Label, p.Stance.Confidence, p.Tone.Label, p.Tone.Confidence)
	}
}

// classify labels one document.
func classify(ctx context.Context, c parleyv1.ClassifierServiceClient) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second) // every call has a deadline
	defer cancel()
	resp, err := c.Classify(ctx, &parleyv1.ClassifyRequest{Document: document("one", texts[0])})
	if err != nil {
		return err
	}
	fmt.Println("classify: answered by", resp.Result.Model)
	show(resp.Result)
	return nil
}

// batch labels several documents; the empty one fails alone.
func batch(ctx context.Context, c parleyv1.ClassifierServiceClient) error {
	resp, err := c.BatchClassify(ctx, &parleyv1.BatchClassifyRequest{
		Documents: []*parleyv1.Document{document("a", texts[0]), document("b", ""), document("c", texts[2])},
	})
	if err != nil {
		return err
	}
	fmt.Println("batch:")
	for _, item := range resp.Items {
		if e := item.GetError(); e != nil {
			fmt.Printf("  document %d: %s at %s: %s\n", item.Index, e.Reason, e.Field, e.Message)
			continue
		}
		show(item.GetResult())
	}
	return nil
}

// stream sends and receives at the same time. Send blocks while the server is
// behind, so the sender never runs ahead of it by more than a few messages.
func stream(ctx context.Context, c parleyv1.ClassifierServiceClient) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := c.StreamClassify(ctx)
	if err != nil {
		return err
	}
	go func() {
		for i := range 100 {
			req := &parleyv1.StreamClassifyRequest{Id: fmt.Sprint(i), Documents: []*parleyv1.Document{document("d", texts[i%len(texts)])}}
			if s.Send(req) != nil {
				return // Recv says why
			}
		}
		_ = s.CloseSend()
	}()
	answers := 0
	for {
		resp, err := s.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("after %d answers: %w", answers, err) // on UNAVAILABLE: reconnect, send the rest again
		}
		if e := resp.GetError(); e != nil {
			fmt.Printf("  message %s: %s\n", resp.Id, e.Reason)
		}
		answers++
	}
	fmt.Println("stream:", answers, "answers")
	return nil
}

// failure reads the details of an error.
func failure(ctx context.Context, c parleyv1.ClassifierServiceClient) error {
	_, err := c.Classify(ctx, &parleyv1.ClassifyRequest{Document: document("x", texts[0]), Options: &parleyv1.ClassifyOptions{Model: "no-such-model"}})
	st := status.Convert(err)
	fmt.Println("failure:", st.Code())
	for _, d := range st.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			fmt.Println("  reason:", d.Reason)
		case *errdetails.BadRequest:
			fmt.Println("  field:", d.FieldViolations[0].Field)
		case *errdetails.RetryInfo:
			fmt.Println("  retry after:", d.RetryDelay.AsDuration())
		}
	}
	return nil
}
