package labels_test

import (
	"context"
	"fmt"
	"iter"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server"
	"github.com/parley-nlp/parley/server/labels"
	"github.com/parley-nlp/parley/server/store"
)

// fake is a model whose certainty stands in the text: "favor=0.7" gives favor
// that probability and against the rest; it is sure of a cooperative tone.
type fake struct{ name string }

func (f fake) ID() string { return f.name }

func (f fake) Paragraph(s string, opt model.Options) (model.Paragraph, error) {
	var p model.Paragraph
	favor := 0.95
	for word := range strings.FieldsSeq(s) {
		if n, err := fmt.Sscanf(word, f.name+"=%f", &favor); n == 1 && err == nil {
			break
		}
	}
	p.Stance.Probabilities[model.Favor], p.Stance.Probabilities[model.Against] = favor, 1-favor
	if favor < 0.5 {
		p.Stance.Label = model.Against
	}
	p.Tone.Probabilities[model.Cooperative] = 1
	if opt.Evidence >= 0 {
		for i, word := range strings.Fields(s) {
			if i == 0 {
				p.Stance.Evidence = []model.Evidence{{Start: 0, End: len(word), Label: p.Stance.Label, Weight: 1}}
			}
		}
	}
	return p, nil
}

func (f fake) Document(*text.Document, model.Options) iter.Seq2[model.DocumentParagraph, error] {
	return func(func(model.DocumentParagraph, error) bool) {}
}

// fakes finds fake models by name.
type fakes []string

func (f fakes) Resolve(name string) (server.Model, error) {
	if name == "" {
		name = f[0]
	}
	if !slices.Contains(f, name) {
		return nil, server.Errorf(server.ModelNotFound, "no model or alias %q", name)
	}
	return fake{name}, nil
}

// serve starts a server over the store and returns a client of it.
func serve(t testing.TB, s store.Labels, agreement labels.Agreement) parleyv1.LabelServiceClient {
	t.Helper()
	models := fakes{"one", "two", "three"}
	srv, err := server.New(server.Options{Models: models})
	if err != nil {
		t.Fatal(err)
	}
	parleyv1.RegisterLabelServiceServer(srv, labels.New(labels.Options{Store: s, Models: models, Agreement: agreement}))
	lis := bufconn.Listen(1 << 20)
	go func() { _ = srv.Serve(lis) }()
	conn, err := grpc.NewClient("passthrough:///test", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = srv.Shutdown(ctx)
	})
	return parleyv1.NewLabelServiceClient(conn)
}

func deadline(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func label(annotator, s string, stance parleyv1.Stance) *parleyv1.Label {
	return &parleyv1.Label{Annotator: annotator, Text: s, Language: parleyv1.Language_LANGUAGE_ENGLISH, Stance: stance, Tone: parleyv1.Tone_TONE_NEUTRAL}
}

func create(t testing.TB, c parleyv1.LabelServiceClient, in ...*parleyv1.Label) []*parleyv1.Label {
	t.Helper()
	resp, err := c.CreateLabels(deadline(t), &parleyv1.CreateLabelsRequest{Labels: in})
	if err != nil {
		t.Fatal(err)
	}
	var out []*parleyv1.Label
	for _, item := range resp.Items {
		if e := item.GetError(); e != nil {
			t.Fatalf("label %d: %v", item.Index, e)
		}
		out = append(out, item.GetLabel())
	}
	return out
}

// reasonOf returns the reason in the ErrorInfo of a failed call.
func reasonOf(err error) string {
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.Reason
		}
	}
	return ""
}
