package main

import (
	"context"
	"log/slog"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server"
	"github.com/parley-nlp/parley/server/registry"
)

// parts are what the services of parleyd have in common.
type parts struct {
	config   *config
	log      *slog.Logger
	registry *registry.Registry
	server   *server.Server
}

// register adds a service to the server. What it returns is called when the
// server has stopped; nil for nothing.
type register func(ctx context.Context, p *parts) (stop func() error, err error)

// services are those that parleyd offers beside ClassifierService, in the order
// in which they are registered.
var services = []register{registerModels, registerTraining}

func registerModels(_ context.Context, p *parts) (func() error, error) {
	parleyv1.RegisterModelServiceServer(p.server, server.NewModelService(p.registry))
	p.server.CountModels(p.registry)
	return nil, nil
}
