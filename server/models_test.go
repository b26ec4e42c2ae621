package server

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server/modeltest"
	"github.com/parley-nlp/parley/server/registry"
)

// startModels serves a registry in dir.
func startModels(t *testing.T, dir string, opt Options) (*registry.Registry, *grpc.ClientConn) {
	t.Helper()
	r, err := registry.Open(testContext(t), registry.Options{Embedded: modeltest.Model(t, 0), Where: dir})
	if err != nil {
		t.Fatal(err)
	}
	opt.Models = FromRegistry(r)
	s, addr := startWith(t, opt, func(s *Server) {
		parleyv1.RegisterModelServiceServer(s, NewModelService(r))
		s.CountModels(r)
	})
	_ = s
	return r, dial(t, addr)
}

func TestModelService(t *testing.T) {
	r, conn := startModels(t, t.TempDir(), Options{})
	ctx := testContext(t)
	id, err := r.Add(ctx, modeltest.File(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	ms, c := parleyv1.NewModelServiceClient(conn), parleyv1.NewClassifierServiceClient(conn)
	list, err := ms.ListModels(ctx, &parleyv1.ListModelsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Models) != 2 || !list.Models[0].Embedded || list.Models[1].Id != id || list.Models[1].State != parleyv1.ModelState_MODEL_STATE_STORED {
		t.Errorf("models: %v", list.Models)
	}
	if len(list.Aliases) != 1 || list.Aliases[0].Name != "default" || list.Generation != 0 {
		t.Errorf("aliases: %v at %d", list.Aliases, list.Generation)
	}
	act, err := ms.ActivateModel(ctx, &parleyv1.ActivateModelRequest{
		Target: &parleyv1.ActivateModelRequest_Model{Model: id}, ExpectedGeneration: proto.Int64(0), Note: "better",
	})
	if err != nil {
		t.Fatal(err)
	}
	if act.Alias.Name != "default" || act.Alias.Model != id || act.Alias.Note != "better" || act.Generation != 1 || act.Model.State != parleyv1.ModelState_MODEL_STATE_SERVING {
		t.Errorf("activated: %v", act)
	}
	ask := func(model string) string {
		t.Helper()
		resp, err := c.Classify(ctx, &parleyv1.ClassifyRequest{Document: plain("Envoys met."), Options: &parleyv1.ClassifyOptions{Model: model}})
		if err != nil {
			t.Fatal(err)
		}
		return resp.Result.Model
	}
	embedded := list.Models[0].Id
	for model, want := range map[string]string{"": id, "default": id, id: id, embedded: embedded} {
		if got := ask(model); got != want {
			t.Errorf("asked for %q, %s answered", model, got)
		}
	}
	get, err := ms.GetModel(ctx, &parleyv1.GetModelRequest{})
	if err != nil {
		t.Fatal(err)
	}
	m := get.Model
	if m.Id != id || !slices.Equal(m.Aliases, []string{"default"}) || m.Provenance.Seed != 1 || m.SizeBytes == 0 ||
		len(m.Tasks) != 2 || len(m.Tasks[0].Labels) != 4 || len(m.Languages) == 0 || len(m.Metrics) != 1 || m.Target == "" {
		t.Errorf("described as %v", m)
	}
	back, err := ms.ActivateModel(ctx, &parleyv1.ActivateModelRequest{Target: &parleyv1.ActivateModelRequest_Rollback{Rollback: true}})
	if err != nil || back.Alias.Model != embedded {
		t.Errorf("rollback: %v, %v", back, err)
	}
	if got := ask(""); got != embedded {
		t.Errorf("after the rollback %s answers", got)
	}
}

func TestModelServiceFailures(t *testing.T) {
	dir := t.TempDir()
	r, conn := startModels(t, dir, Options{})
	ctx := testContext(t)
	stored, err := r.Add(ctx, modeltest.File(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	ms, c := parleyv1.NewModelServiceClient(conn), parleyv1.NewClassifierServiceClient(conn)
	nobody := "assad@sha256:" + strings.Repeat("0", 64)
	to := func(m string) *parleyv1.ActivateModelRequest {
		return &parleyv1.ActivateModelRequest{Target: &parleyv1.ActivateModelRequest_Model{Model: m}}
	}
	with := func(req *parleyv1.ActivateModelRequest, change func(*parleyv1.ActivateModelRequest)) *parleyv1.ActivateModelRequest {
		change(req)
		return req
	}
	tests := []struct {
		name   string
		req    *parleyv1.ActivateModelRequest
		reason Reason
		field  string
	}{
		{"nothing", &parleyv1.ActivateModelRequest{}, FieldInvalid, "model"},
		{"empty model", to(""), FieldInvalid, "model"},
		{"rollback false", &parleyv1.ActivateModelRequest{Target: &parleyv1.ActivateModelRequest_Rollback{}}, FieldInvalid, "rollback"},
		{"alias", with(to(stored), func(r *parleyv1.ActivateModelRequest) { r.Alias = "No!" }), FieldInvalid, "alias"},
		{"note", with(to(stored), func(r *parleyv1.ActivateModelRequest) { r.Note = strings.Repeat("n", 1025) }), FieldInvalid, "note"},
		{"generation", with(to(stored), func(r *parleyv1.ActivateModelRequest) { r.ExpectedGeneration = proto.Int64(-1) }), FieldInvalid, "expected_generation"},
		{"stale", with(to(stored), func(r *parleyv1.ActivateModelRequest) { r.ExpectedGeneration = proto.Int64(9) }), AliasChanged, ""},
		{"no such model", to(nobody), ModelNotFound, "model"},
		{"nothing before", &parleyv1.ActivateModelRequest{Target: &parleyv1.ActivateModelRequest_Rollback{Rollback: true}}, NothingToRollBack, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ms.ActivateModel(ctx, tt.req)
			wantFailure(t, err, tt.reason, tt.field)
		})
	}
	_, err = ms.GetModel(ctx, &parleyv1.GetModelRequest{Model: nobody})
	wantFailure(t, err, ModelNotFound, "model")
	_, err = c.Classify(ctx, &parleyv1.ClassifyRequest{Document: plain("x"), Options: &parleyv1.ClassifyOptions{Model: stored}})
	wantFailure(t, err, ModelNotServable, "options.model")
}

func TestStoreUnavailable(t *testing.T) {
	dir := t.TempDir() + "/models"
	writeFile(t, dir, []byte("in the way"))
	_, conn := startModels(t, dir, Options{})
	_, err := parleyv1.NewModelServiceClient(conn).ActivateModel(testContext(t), &parleyv1.ActivateModelRequest{
		Target: &parleyv1.ActivateModelRequest_Model{Model: "default"},
	})
	wantFailure(t, err, StoreUnavailable, "")
	if strings.Contains(err.Error(), dir) {
		t.Errorf("the message gives a path away: %v", err)
	}
	if _, err := parleyv1.NewClassifierServiceClient(conn).Classify(testContext(t), &parleyv1.ClassifyRequest{Document: plain("Hello.")}); err != nil {
		t.Errorf("the embedded model does not serve: %v", err)
	}
}

func TestActivatedBy(t *testing.T) {
	tokens, err := OpenTokens(tokenFile(t, "ops "+digestHex("x")+" classify,admin", "reader "+digestHex("y")+" classify"), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, conn := startModels(t, t.TempDir(), Options{Tokens: tokens})
	id, err := r.Add(testContext(t), modeltest.File(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	ms := parleyv1.NewModelServiceClient(conn)
	req := &parleyv1.ActivateModelRequest{Target: &parleyv1.ActivateModelRequest_Model{Model: id}}
	_, err = ms.ActivateModel(bearer(testContext(t), "y"), req)
	wantFailure(t, err, ScopeMissing, "")
	resp, err := ms.ActivateModel(bearer(testContext(t), "x"), req)
	if err != nil || resp.Alias.ActivatedBy != "ops" {
		t.Errorf("got %v, %v, want it activated by ops", resp, err)
	}
}
