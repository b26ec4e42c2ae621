package main

import (
	"context"
	"fmt"

	"github.com/parley-nlp/parley/cmd/internal/loop"
)

// registerTraining adds LabelService and TrainingService. Without a data
// directory and a database there is nowhere to keep labels, and they are not
// offered.
func registerTraining(ctx context.Context, p *parts) (func() error, error) {
	c := p.config
	if c.dataDir == "" && c.database == "" {
		p.log.Warn("no data directory and no database: labels and training are not offered")
		return nil, nil
	}
	stop, err := loop.Register(ctx, p.server, loop.Options{
		DataDir: c.dataDir, Database: c.database, Models: p.registry, Version: version(), Log: p.log,
	})
	if err != nil {
		return nil, fmt.Errorf("label store: %w", err)
	}
	return stop, nil
}
