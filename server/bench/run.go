package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/grpc"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

type options struct {
	parleyd, flags, python string
	rounds                 int
	time                   time.Duration
	inFlight, perMessage   int
}

// process is a server under measurement.
type process struct {
	name string
	cmd  *exec.Cmd
	addr string
}

// launch starts a server and waits until it says where it listens.
func launch(ctx context.Context, name string, stdin io.Reader, args ...string) (*process, error) {
	p := &process{name: name, cmd: exec.CommandContext(ctx, args[0], args[1:]...)}
	p.cmd.Stdin = stdin
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	sc := bufio.NewScanner(stderr)
	var said []string
	for sc.Scan() {
		if addr, ok := strings.CutPrefix(sc.Text(), "listening on "); ok {
			p.addr = addr
			go func() { _, _ = io.Copy(io.Discard, stderr) }()
			return p, nil
		}
		said = append(said, sc.Text())
	}
	_ = p.cmd.Wait()
	return nil, fmt.Errorf("%s did not start: %s", name, strings.Join(said, "; "))
}

func (p *process) stop() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// rss returns the resident memory of a process in MiB, 0 where it is not told.
func (p *process) rss() int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		var kb int
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kb); n == 1 {
			return kb >> 10
		}
	}
	return 0
}

// cpu returns the processor time that a process has used, 0 where it is not
// told.
func (p *process) cpu() time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * (time.Second / 100) // ticks of USER_HZ
}

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "parley-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if o.parleyd == "" {
		o.parleyd = filepath.Join(dir, "parleyd")
		build := exec.CommandContext(ctx, "go", "build", "-o", o.parleyd, "github.com/parley-nlp/parley/cmd/parleyd")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("build parleyd: %w", err)
		}
	}
	reqs, err := newRequests(o.perMessage)
	if err != nil {
		return err
	}
	args := append([]string{o.parleyd, "--listen", "127.0.0.1:0", "--data-dir", dir}, strings.Fields(o.flags)...)
	parleyd, err := launch(ctx, "parleyd", nil, args...)
	if err != nil {
		return err
	}
	defer parleyd.stop()
	idle := parleyd.rss()
	canned, err := answers(ctx, parleyd.addr, reqs)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	echo, err := launch(ctx, "echo", nil, self, "-serve", "echo")
	if err != nil {
		return err
	}
	defer echo.stop()
	same, err := launch(ctx, "canned", canned, self, "-serve", "canned")
	if err != nil {
		return err
	}
	defer same.stop()
	servers := []*process{echo, same, parleyd}
	if o.python != "" {
		py, err := launch(ctx, "python", nil, o.python, filepath.Join("server", "bench", "python.py"))
		if err != nil {
			return err
		}
		defer py.stop()
		servers = append(servers, py)
	}
	return measure(ctx, o, servers, reqs, idle)
}

// answers asks parleyd for every request and returns the pairs that a canned
// server reads.
func answers(ctx context.Context, addr string, r requests) (io.Reader, error) {
	conn, err := connect(addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	var out bytes.Buffer
	pair := func(req, resp []byte) error { return errors.Join(writeBlock(&out, req), writeBlock(&out, resp)) }
	for _, req := range r.unary {
		var resp []byte
		if err := conn.Invoke(ctx, parleyv1.ClassifierService_Classify_FullMethodName, &req, &resp); err != nil {
			return nil, err
		}
		if err := pair(req, resp); err != nil {
			return nil, err
		}
	}
	s, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, parleyv1.ClassifierService_StreamClassify_FullMethodName)
	if err != nil {
		return nil, err
	}
	for _, req := range r.stream {
		var resp []byte
		if err := s.SendMsg(&req); err != nil {
			return nil, err
		}
		if err := s.RecvMsg(&resp); err != nil {
			return nil, err
		}
		if err := pair(req, resp); err != nil {
			return nil, err
		}
	}
	return &out, nil
}

// measure takes turns and prints the medians and the ratios to both references.
func measure(ctx context.Context, o options, servers []*process, reqs requests, idle int) error {
	kinds := []struct {
		name string
		run  func(p *process) (figures, error)
	}{
		{fmt.Sprintf("unary, %d in flight", o.inFlight), func(p *process) (figures, error) { return unary(ctx, p.addr, reqs.unary, o.inFlight, o.time) }},
		{fmt.Sprintf("stream, %d a message", o.perMessage), func(p *process) (figures, error) {
			return stream(ctx, p.addr, reqs.stream, o.perMessage, o.time)
		}},
	}
	fmt.Fprintf(os.Stdout, "%s/%s, %d cores shared with the client, %d rounds of %v, medians\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), o.rounds, o.time)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "what\tserver\tparagraphs/s\tp50\tp99\tCPU\tof echo\tp99 of echo\tof same answer\t")
	for _, k := range kinds {
		got := map[string][]figures{}
		for range o.rounds {
			for _, p := range servers {
				before := p.cpu()
				f, err := k.run(p)
				if err != nil {
					return fmt.Errorf("%s: %s: %w", p.name, k.name, err)
				}
				f.cpu = float64(p.cpu()-before) / max(f.count, 1)
				got[p.name] = append(got[p.name], f)
			}
		}
		echo, same := median(got["echo"]), median(got["canned"])
		for _, p := range servers {
			f := median(got[p.name])
			fmt.Fprintf(w, "%s\t%s\t%.0f\t%v\t%v\t%v\t%.2f\t%.2f\t%.2f\t\n", k.name, p.name, f.perSecond, f.p50.Round(time.Microsecond), f.p99.Round(time.Microsecond), time.Duration(f.cpu).Round(100*time.Nanosecond),
				f.perSecond/echo.perSecond, float64(f.p99)/float64(echo.p99), f.perSecond/same.perSecond)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "memory of parleyd: %d MiB idle, %d MiB at the end\n", idle, servers[2].rss())
	return nil
}

// median takes the median of each figure.
func median(fs []figures) figures {
	mid := func(get func(figures) float64) float64 {
		var v []float64
		for _, f := range fs {
			v = append(v, get(f))
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	return figures{
		perSecond: mid(func(f figures) float64 { return f.perSecond }),
		p50:       time.Duration(mid(func(f figures) float64 { return float64(f.p50) })),
		p99:       time.Duration(mid(func(f figures) float64 { return float64(f.p99) })),
		cpu:       mid(func(f figures) float64 { return f.cpu }),
	}
}
