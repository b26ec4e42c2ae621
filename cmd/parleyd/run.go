package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/coreos/go-systemd/v22/daemon"
	_ "gocloud.dev/blob/azureblob" // azblob:// for --models
	_ "gocloud.dev/blob/gcsblob"   // gs://
	_ "gocloud.dev/blob/s3blob"    // s3://

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/server"
	"github.com/parley-nlp/parley/server/registry"
)

// run serves until ctx ends, then drains.
func run(ctx context.Context, c *config, stderr io.Writer) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.logLevel)); err != nil {
		return fmt.Errorf("--log-level %q is none of debug, info, warn and error", c.logLevel)
	}
	log := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: level}))
	base, err := model.Default()
	if err != nil {
		return fmt.Errorf("embedded model: %w", err)
	}
	models, err := registry.Open(ctx, registry.Options{Embedded: base, Where: c.models, Log: log})
	if err != nil {
		return fmt.Errorf("--models: %w", err)
	}
	defer func() { _ = models.Close() }()

	opt := server.Options{
		Models: server.FromRegistry(models), Limits: c.limits, Log: log, Reflection: c.reflection,
		Web: c.web, Origins: c.corsOrigins,
	}
	if err := c.openSecurity(&opt, log); err != nil {
		return err
	}
	stopTelemetry, err := c.openTelemetry(ctx, &opt)
	if err != nil {
		return err
	}
	defer stopTelemetry()
	srv, err := server.New(opt)
	if err != nil {
		return err
	}
	p := &parts{config: c, log: log, registry: models, server: srv}
	for _, r := range services {
		stop, err := r(ctx, p)
		if err != nil {
			return err
		}
		if stop != nil {
			defer func() {
				if err := stop(); err != nil {
					log.Error("stop", "error", err)
				}
			}()
		}
	}
	lis, err := listen(c.listen)
	if err != nil {
		return err
	}
	return p.serve(ctx, lis, stderr)
}

// serve answers until ctx ends or a listener fails, then drains.
func (p *parts) serve(ctx context.Context, lis net.Listener, stderr io.Writer) error {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP) // before anybody can know that it runs
	defer signal.Stop(hangup)
	failed := make(chan error, 2)
	if p.config.adminListen != "" {
		adminLis, err := net.Listen("tcp", p.config.adminListen)
		if err != nil {
			_ = lis.Close()
			return fmt.Errorf("--admin-listen: %w", err)
		}
		admin := p.server.Admin()
		defer func() { _ = admin.Close() }()
		go func() { failed <- admin.Serve(adminLis) }()
		fmt.Fprintf(stderr, "admin on %s\n", adminLis.Addr())
	}
	go func() { failed <- p.server.Serve(lis) }()
	p.server.SetServing(true)
	fmt.Fprintf(stderr, "listening on %s\n", lis.Addr())
	p.notify(daemon.SdNotifyReady)

	background, stop := context.WithCancel(context.Background())
	defer stop()
	go p.registry.Watch(background, p.config.modelPoll)
	go p.reloadOnHangup(background, hangup)
	go debug.FreeOSMemory() // what reading the model left behind
	select {
	case err := <-failed:
		return errors.Join(errors.New("a listener failed"), err)
	case <-ctx.Done():
	}
	return p.drain()
}

// drain lets the calls in flight finish.
func (p *parts) drain() error {
	p.notify(daemon.SdNotifyStopping)
	p.log.Info("draining", "delay", p.config.drainDelay, "timeout", p.config.drainTimeout)
	p.server.BeginDrain()
	if p.config.drainDelay > 0 {
		time.Sleep(p.config.drainDelay)
	}
	ctx, cancel := context.WithTimeout(context.Background(), p.config.drainTimeout)
	defer cancel()
	if err := p.server.Shutdown(ctx); err != nil {
		return fmt.Errorf("calls were still running after --drain-timeout %v and were cut off", p.config.drainTimeout)
	}
	p.log.Info("drained")
	return nil
}

// reloadOnHangup reads certificates, tokens and models again on SIGHUP.
func (p *parts) reloadOnHangup(ctx context.Context, hangup <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			p.log.Info("reloading")
			p.server.ReloadFiles()
			p.registry.Poke()
		}
	}
}

func (p *parts) notify(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		p.log.Warn("systemd cannot be notified", "error", err)
	}
}

// listen returns the socket that systemd hands over, or opens one.
func listen(addr string) (net.Listener, error) {
	handed, err := activation.Listeners()
	if err != nil {
		return nil, fmt.Errorf("socket activation: %w", err)
	}
	if len(handed) > 1 {
		return nil, fmt.Errorf("socket activation: %d sockets, want 1", len(handed))
	}
	if len(handed) == 1 && handed[0] != nil {
		return handed[0], nil
	}
	return net.Listen("tcp", addr)
}
