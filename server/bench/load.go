package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// figures are the outcome of one measurement.
type figures struct {
	perSecond float64 // paragraphs
	p50, p99  time.Duration
	count     float64 // paragraphs answered
	cpu       float64 // nanoseconds of the server's processor time a paragraph
}

var parts = []string{
	"The foreign ministry said on %d March that the delegation had arrived in Geneva for another round of talks.",
	"A spokesman for the opposition demanded that Assad step down before any transition could begin, calling the shelling of district %d a crime.",
	"Russia's envoy praised the Syrian president's readiness to talk and rejected what he called outside interference in %d provinces.",
	"Aid agencies counted %d trucks at the crossing, but residents said that nothing had reached the besieged suburb.",
	"Analysts in Beirut doubted that the truce would hold for more than %d days, since both sides were moving troops.",
	"The council thanked the mediators, welcomed the release of %d prisoners and asked all parties to refrain from threats.",
	"State television showed the president receiving %d officials, and it blamed armed groups for the attack on the market.",
}

// paragraphs returns n different paragraphs of about 70 words.
func paragraphs(n int) []string {
	rng := rand.New(rand.NewPCG(1, 2))
	out := make([]string, n)
	for i := range out {
		var b strings.Builder
		for k, p := range rng.Perm(len(parts))[:4] {
			if k > 0 {
				b.WriteByte(' ')
			}
			fmt.Fprintf(&b, parts[p], 1+rng.IntN(30))
		}
		out[i] = b.String()
	}
	return out
}

func document(s string) *parleyv1.Document {
	return &parleyv1.Document{Source: &parleyv1.Document_Content{Content: s}}
}

// requests are encoded once, so that the client's own cost is the same for all.
type requests struct{ unary, stream [][]byte }

func newRequests(perMessage int) (requests, error) {
	var r requests
	for _, p := range paragraphs(256) {
		b, err := proto.Marshal(&parleyv1.ClassifyRequest{Document: document(p)})
		if err != nil {
			return r, err
		}
		r.unary = append(r.unary, b)
	}
	all := paragraphs(16 * perMessage)
	for docs := range slices.Chunk(all, perMessage) {
		m := &parleyv1.StreamClassifyRequest{Id: "m"}
		for _, d := range docs {
			m.Documents = append(m.Documents, document(d))
		}
		b, err := proto.Marshal(m)
		if err != nil {
			return r, err
		}
		r.stream = append(r.stream, b)
	}
	return r, nil
}

func connect(addr string) (*grpc.ClientConn, error) {
	return grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(raw{}), grpc.MaxCallRecvMsgSize(64<<20)))
}

// unary keeps n calls in flight on one connection.
func unary(ctx context.Context, addr string, reqs [][]byte, n int, d time.Duration) (figures, error) {
	conn, err := connect(addr)
	if err != nil {
		return figures{}, err
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(ctx, d+30*time.Second)
	defer cancel()
	took := make([][]time.Duration, n)
	errs := make([]error, n)
	begin := time.Now()
	end := begin.Add(d)
	var wg sync.WaitGroup
	for k := range n {
		wg.Go(func() {
			var resp []byte
			for i := k; ; i++ {
				start := time.Now()
				if start.After(end) {
					return
				}
				req := reqs[i%len(reqs)]
				if err := conn.Invoke(ctx, parleyv1.ClassifierService_Classify_FullMethodName, &req, &resp); err != nil {
					errs[k] = err
					return
				}
				took[k] = append(took[k], time.Since(start))
			}
		})
	}
	wg.Wait()
	total := time.Since(begin)
	if err := errors.Join(errs...); err != nil {
		return figures{}, err
	}
	all := slices.Concat(took...)
	slices.Sort(all)
	return figures{perSecond: float64(len(all)) / total.Seconds(), p50: all[len(all)/2], p99: all[len(all)*99/100], count: float64(len(all))}, nil
}

// stream keeps a few messages in flight on one stream.
func stream(ctx context.Context, addr string, reqs [][]byte, perMessage int, d time.Duration) (figures, error) {
	conn, err := connect(addr)
	if err != nil {
		return figures{}, err
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(ctx, d+30*time.Second)
	defer cancel()
	s, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, parleyv1.ClassifierService_StreamClassify_FullMethodName)
	if err != nil {
		return figures{}, err
	}
	const window = 8
	slots := make(chan time.Time, window)
	var failed atomic.Pointer[error]
	begin := time.Now()
	go func() {
		defer close(slots)
		for i := 0; time.Since(begin) < d; i++ {
			slots <- time.Now()
			req := reqs[i%len(reqs)]
			if err := s.SendMsg(&req); err != nil {
				failed.Store(&err)
				return
			}
		}
		_ = s.CloseSend()
	}()
	var took []time.Duration
	var resp []byte
	for start := range slots {
		if err := s.RecvMsg(&resp); err != nil {
			return figures{}, err
		}
		took = append(took, time.Since(start))
	}
	total := time.Since(begin)
	if err := failed.Load(); err != nil {
		return figures{}, *err
	}
	slices.Sort(took)
	n := float64(len(took) * perMessage)
	return figures{perSecond: n / total.Seconds(), p50: took[len(took)/2], p99: took[len(took)*99/100], count: n}, nil
}
