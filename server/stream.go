package server

import (
	"context"
	"errors"
	"io"

	"golang.org/x/sync/semaphore"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// streamBytes is how much text of a stream may be in work at a time; a message
// that is larger is in work alone.
const streamBytes = 1 << 20

// answer is the place of one answer in the order of a stream.
type answer chan *parleyv1.StreamClassifyResponse

// StreamClassify labels the documents of each message as it arrives. A few
// messages of a stream are in work at a time; when they are, no more is read
// and the caller is held back by the flow control of HTTP/2.
func (c *classifier) StreamClassify(stream grpc.BidiStreamingServer[parleyv1.StreamClassifyRequest, parleyv1.StreamClassifyResponse]) error {
	conn := connOf(stream.Context())
	if n := conn.streams.Add(1); int(n) > c.limits.Streams {
		conn.streams.Add(-1)
		e := Errorf(StreamsTooMany, "the connection has %d StreamClassify calls open, the limit", c.limits.Streams)
		e.RetryAfter = c.metrics.retryDelay(c.gate.Load())
		return e
	}
	defer conn.streams.Add(-1)

	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	depth := c.gate.Slots() + 1
	order := make(chan answer, depth)
	end := make(chan error, 1) // why no more is read
	go func() {
		end <- c.receive(ctx, stream, order)
		close(order)
	}()
	for {
		select {
		case a, ok := <-order:
			if !ok {
				return <-end
			}
			if err := send(ctx, stream, a); err != nil {
				return err
			}
		case <-c.drain.started:
			return c.finish(ctx, stream, order)
		}
	}
}

// finish sends the answers to what was accepted before the drain began.
func (c *classifier) finish(ctx context.Context, stream grpc.BidiStreamingServer[parleyv1.StreamClassifyRequest, parleyv1.StreamClassifyResponse], order <-chan answer) error {
	for {
		select {
		case a, ok := <-order:
			if !ok {
				return Errorf(ShuttingDown, "the server is shutting down")
			}
			if err := send(ctx, stream, a); err != nil {
				return err
			}
		default:
			return Errorf(ShuttingDown, "the server is shutting down")
		}
	}
}

func send(ctx context.Context, stream grpc.BidiStreamingServer[parleyv1.StreamClassifyRequest, parleyv1.StreamClassifyResponse], a answer) error {
	select {
	case r := <-a:
		if r == nil { // the call is over
			return toError(ctx.Err())
		}
		return stream.Send(r)
	case <-ctx.Done():
		return toError(ctx.Err())
	}
}

// receive reads messages and puts them to work, at most depth and streamBytes
// at a time. Its error, nil at the end of the stream, is that of the call.
func (c *classifier) receive(ctx context.Context, stream grpc.BidiStreamingServer[parleyv1.StreamClassifyRequest, parleyv1.StreamClassifyResponse], order chan<- answer) error {
	bytes := semaphore.NewWeighted(streamBytes)
	for sequence := int64(0); ; sequence++ {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var bad *Error
		if errors.As(err, &bad) && bad.Reason == MalformedRequest { // the others are as good as before
			req, err = nil, nil
		}
		if err != nil {
			return receiveError(err)
		}
		if c.drain.begun() {
			return Errorf(ShuttingDown, "the server is shutting down")
		}
		size := min(sizeOf(req.GetDocuments()), streamBytes)
		if err := bytes.Acquire(ctx, size); err != nil {
			return toError(err)
		}
		a := make(answer, 1)
		select {
		case order <- a:
		case <-ctx.Done():
			return toError(ctx.Err())
		}
		if req == nil {
			a <- &parleyv1.StreamClassifyResponse{Sequence: sequence, Outcome: &parleyv1.StreamClassifyResponse_Error{Error: bad.Item()}}
			continue
		}
		go func() {
			a <- c.answer(ctx, req, sequence)
			bytes.Release(size)
		}()
	}
}

// answer labels the documents of one message. It returns nil when the call is
// over.
func (c *classifier) answer(ctx context.Context, req *parleyv1.StreamClassifyRequest, sequence int64) *parleyv1.StreamClassifyResponse {
	out := &parleyv1.StreamClassifyResponse{Id: req.Id, Sequence: sequence}
	items, err := c.message(ctx, req)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		if len(out.Id) > maxIDBytes {
			out.Id = ""
		}
		out.Outcome = &parleyv1.StreamClassifyResponse_Error{Error: toError(err).Item()}
		return out
	}
	out.Outcome = &parleyv1.StreamClassifyResponse_Result{Result: &parleyv1.BatchClassifyResponse{Items: items}}
	return out
}

func (c *classifier) message(ctx context.Context, req *parleyv1.StreamClassifyRequest) ([]*parleyv1.BatchItem, error) {
	if len(req.Id) > maxIDBytes {
		return nil, FieldErrorf(IDTooLong, "id", "id of %d bytes is longer than the limit of %d", len(req.Id), maxIDBytes)
	}
	set, err := c.settings(req.GetOptions())
	if err != nil {
		return nil, err
	}
	if err := c.checkBatch(req.GetDocuments()); err != nil {
		return nil, err
	}
	return c.batch(ctx, c.newWork(set, flowOf(ctx)), req.GetDocuments(), 1)
}

func sizeOf(docs []*parleyv1.Document) (n int64) {
	for _, d := range docs {
		n += int64(len(d.GetContent()) + len(d.GetRaw()))
	}
	return n
}

// receiveError turns an error of the transport into the failure that it is.
func receiveError(err error) error {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e
	}
	switch st := status.Convert(err); st.Code() {
	case codes.ResourceExhausted:
		return Errorf(MessageTooLarge, "%s", st.Message())
	case codes.Canceled:
		return Errorf(CallCanceled, "the caller cancelled the call")
	}
	return err
}
