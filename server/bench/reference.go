package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"net"
	"os"

	"google.golang.org/grpc"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// raw sends and receives bytes as they are.
type raw struct{}

func (raw) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }

func (raw) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = append((*v.(*[]byte))[:0], data...)
	return nil
}

func (raw) Name() string { return "proto" }

var seed = maphash.MakeSeed()

// serveReference serves the reference of that kind until it is killed: "echo"
// decodes each request and sends it back, as the smallest service made from
// generated code; "canned" returns, without decoding, the answer that standard
// input gives for the request, as pairs of length and bytes.
func serveReference(kind string) error {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	g := grpc.NewServer(grpc.MaxRecvMsgSize(16 << 20))
	register(g, func() any { return new(parleyv1.ClassifyRequest) }, func() any { return new(parleyv1.StreamClassifyRequest) }, func(m any) any { return m })
	if kind == "canned" {
		answers, err := readAnswers(bufio.NewReader(os.Stdin))
		if err != nil {
			return err
		}
		g = grpc.NewServer(grpc.MaxRecvMsgSize(16<<20), grpc.ForceServerCodec(raw{}))
		message := func() any { return new([]byte) }
		register(g, message, message, func(m any) any {
			resp := answers[maphash.Bytes(seed, *m.(*[]byte))]
			return &resp
		})
	}
	fmt.Fprintf(os.Stderr, "listening on %s\n", lis.Addr())
	return g.Serve(lis)
}

// register adds a service of Parley's name that receives into what unary and
// stream make and sends what answer gives.
func register(g *grpc.Server, unary, stream func() any, answer func(any) any) {
	g.RegisterService(&grpc.ServiceDesc{
		ServiceName: "parley.v1.ClassifierService", HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{MethodName: "Classify", Handler: func(_ any, _ context.Context, dec func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			m := unary()
			if err := dec(m); err != nil {
				return nil, err
			}
			return answer(m), nil
		}}},
		Streams: []grpc.StreamDesc{{StreamName: "StreamClassify", ClientStreams: true, ServerStreams: true, Handler: func(_ any, s grpc.ServerStream) error {
			for {
				m := stream()
				if err := s.RecvMsg(m); err != nil {
					if errors.Is(err, io.EOF) {
						return nil
					}
					return err
				}
				if err := s.SendMsg(answer(m)); err != nil {
					return err
				}
			}
		}}},
	}, struct{}{})
}

// readAnswers reads the pairs that answers writes.
func readAnswers(in io.Reader) (map[uint64][]byte, error) {
	out := map[uint64][]byte{}
	for {
		req, err := readBlock(in)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		resp, err := readBlock(in)
		if err != nil {
			return nil, err
		}
		out[maphash.Bytes(seed, req)] = resp
	}
}

func writeBlock(w io.Writer, b []byte) error {
	if err := binary.Write(w, binary.LittleEndian, uint32(len(b))); err != nil {
		return err
	}
	_, err := w.Write(b)
	return err
}

func readBlock(r io.Reader) ([]byte, error) {
	var n uint32
	if err := binary.Read(r, binary.LittleEndian, &n); err != nil {
		return nil, err
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}
