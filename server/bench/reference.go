package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"io"
	"net"
	"os"

	"google.golang.org/grpc"
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

// serveReference is a grpc-go server of default settings that answers each
// request with its own bytes or, as "canned", with the answer that standard
// input gives for it, as pairs of length and bytes.
func serveReference(kind string) error {
	answers := map[uint64][]byte{}
	if kind == "canned" {
		in := bufio.NewReader(os.Stdin)
		for {
			req, err := readBlock(in)
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			resp, err := readBlock(in)
			if err != nil {
				return err
			}
			answers[maphash.Bytes(seed, req)] = resp
		}
	}
	answer := func(req []byte) *[]byte {
		if kind == "echo" {
			return &req
		}
		resp := answers[maphash.Bytes(seed, req)]
		return &resp
	}
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	g := grpc.NewServer(grpc.ForceServerCodec(raw{}), grpc.MaxRecvMsgSize(16<<20))
	g.RegisterService(&grpc.ServiceDesc{
		ServiceName: "parley.v1.ClassifierService", HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{MethodName: "Classify", Handler: func(_ any, _ context.Context, dec func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			var req []byte
			if err := dec(&req); err != nil {
				return nil, err
			}
			return answer(req), nil
		}}},
		Streams: []grpc.StreamDesc{{StreamName: "StreamClassify", ClientStreams: true, ServerStreams: true, Handler: func(_ any, s grpc.ServerStream) error {
			for {
				var req []byte
				if err := s.RecvMsg(&req); err != nil {
					if err == io.EOF {
						return nil
					}
					return err
				}
				if err := s.SendMsg(answer(req)); err != nil {
					return err
				}
			}
		}}},
	}, struct{}{})
	fmt.Fprintf(os.Stderr, "listening on %s\n", lis.Addr())
	return g.Serve(lis)
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
