// Package remote scores paragraphs on one or several Parley servers. The
// messages go over long-lived streams, round robin, with a bound on what is in
// flight; what a server that went away has not answered is sent again,
// elsewhere if there is another.
package remote

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"

	"github.com/parley-nlp/parley/cmd/parley/internal/dial"
	"github.com/parley-nlp/parley/cmd/parley/internal/score"
	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// Options configure a scorer.
type Options struct {
	// Addrs are the servers, HOST:PORT each; at least one.
	Addrs []string
	// Dial says how to connect.
	Dial dial.Flags
	// Model is the name or alias of the model; empty for the servers' default.
	Model string
	// Evidence and Language are as for a model in-process.
	Evidence int
	Language text.Language
	// Timeout bounds each message, from sending to its answer. Default 30 s.
	Timeout time.Duration
	// RetryFor is how long a message is sent again while no server is
	// available. Default 60 s.
	RetryFor time.Duration
	// Note is told of servers that do not answer; nil for nobody.
	Note func(string)
	// DialOptions are further options of every connection.
	DialOptions []grpc.DialOption
}

const (
	// messageDocuments and messageBytes bound a message.
	messageDocuments = 64
	messageBytes     = 512 << 10
	// lanesEach is how many streams are open to a server.
	lanesEach = 2
	// InFlight is how many messages should be under way to each server to keep
	// it busy.
	InFlight = 8

	// maxAlone is how often a document that is alone in its message is sent again
	// when the message is too large.
	maxAlone = 3

	firstBackoff = 50 * time.Millisecond
	lastBackoff  = 5 * time.Second
)

// Scorer scores on servers. It is safe for concurrent use.
type Scorer struct {
	opt   Options
	lanes []*lane
	conns []*grpc.ClientConn
	model string // the exact name that every request asks for
	next  atomic.Uint64
	most  atomic.Int64 // documents that the servers take in a message
}

// Dial connects and asks each server for its model. Servers that do not answer
// are noted and tried again later, as long as one does; all that answer must
// have the same model. The error is a gRPC status.
func Dial(ctx context.Context, opt Options) (*Scorer, error) {
	if opt.Timeout <= 0 {
		opt.Timeout = 30 * time.Second
	}
	if opt.RetryFor <= 0 {
		opt.RetryFor = time.Minute
	}
	if opt.Note == nil {
		opt.Note = func(string) {}
	}
	s := &Scorer{opt: opt}
	s.most.Store(messageDocuments)
	for _, addr := range opt.Addrs {
		conn, err := opt.Dial.Dial(addr, opt.DialOptions...)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.conns = append(s.conns, conn)
		for range lanesEach {
			s.lanes = append(s.lanes, &lane{addr: addr, conn: conn, client: parleyv1.NewClassifierServiceClient(conn), opening: make(chan struct{}, 1)})
		}
	}
	// Neighbours in the round are different servers.
	spread := make([]*lane, 0, len(s.lanes))
	for i := range lanesEach {
		for j := i; j < len(s.lanes); j += lanesEach {
			spread = append(spread, s.lanes[j])
		}
	}
	s.lanes = spread
	if err := s.probe(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close ends the streams and connections.
func (s *Scorer) Close() error {
	for _, l := range s.lanes {
		l.close()
	}
	var errs []error
	for _, c := range s.conns {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// Model returns the exact name of the model that answers.
func (s *Scorer) Model() string { return s.model }

// probe settles the model.
func (s *Scorer) probe(ctx context.Context) error {
	type answer struct {
		model string
		err   error
	}
	answers := make([]chan answer, len(s.conns))
	for i, conn := range s.conns {
		answers[i] = make(chan answer, 1)
		go func() {
			m, err := s.modelOf(ctx, conn)
			answers[i] <- answer{m, err}
		}()
	}
	var failed error
	from := ""
	for i, addr := range s.opt.Addrs {
		a := <-answers[i]
		switch {
		case a.err != nil:
			if failed == nil || status.Code(failed) == codes.Unavailable {
				failed = a.err
			}
			if len(s.opt.Addrs) > 1 {
				s.opt.Note(status.Convert(a.err).Message())
			}
		case s.model == "":
			s.model, from = a.model, addr
		case s.model != a.model:
			return status.Errorf(codes.FailedPrecondition, "the servers have different models: %s has %s, %s has %s", from, s.model, addr, a.model)
		}
	}
	if s.model == "" || failed != nil && status.Code(failed) != codes.Unavailable {
		return failed
	}
	return nil
}

// modelOf asks a server which model answers.
func (s *Scorer) modelOf(ctx context.Context, conn *grpc.ClientConn) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opt.Timeout)
	defer cancel()
	r, err := parleyv1.NewClassifierServiceClient(conn).Classify(ctx, &parleyv1.ClassifyRequest{
		Document: &parleyv1.Document{Source: &parleyv1.Document_Content{Content: "."}},
		Options:  &parleyv1.ClassifyOptions{Model: s.opt.Model},
	})
	if err == nil {
		return r.GetResult().GetModel(), nil
	}
	st := status.Convert(err)
	if st.Code() == codes.DeadlineExceeded && conn.GetState() != connectivity.Ready {
		st = status.Newf(codes.Unavailable, "no connection within %v", s.opt.Timeout)
	}
	return "", status.Errorf(st.Code(), "%s: %s", trimTarget(conn.Target()), st.Message())
}

func trimTarget(target string) string { return target[len("passthrough:///"):] }

// Score implements [score.Scorer].
func (s *Scorer) Score(ctx context.Context, texts []string, results []score.Result) error {
	for alone := 0; len(texts) > 0; {
		n, size, most := 0, 0, int(s.most.Load())
		for n < len(texts) && n < most && (n == 0 || size+len(texts[n]) <= messageBytes) {
			size += len(texts[n])
			n++
		}
		err := s.message(ctx, texts[:n], results[:n])
		if large := (errTooLarge{}); errors.As(err, &large) && (n > 1 || alone < maxAlone) {
			// The server takes less. It may have ended the stream, and this message
			// with it, because of another one.
			if n > 1 {
				s.most.Store(min(s.most.Load(), int64(n/2)))
			} else {
				alone++
			}
			continue
		}
		if err != nil {
			return err
		}
		alone = 0
		texts, results = texts[n:], results[n:]
	}
	return nil
}

// message sends one message until it is answered or time is up.
func (s *Scorer) message(ctx context.Context, texts []string, results []score.Result) error {
	req := s.request(texts)
	giveUp := time.Now().Add(s.opt.RetryFor)
	backoff := firstBackoff
	for attempt := 1; ; attempt++ {
		l := s.lanes[s.next.Add(1)%uint64(len(s.lanes))]
		r, err := l.do(ctx, req, s.opt.Timeout)
		if err == nil {
			err = s.read(r, texts, results)
		}
		if err == nil || ctx.Err() != nil || !again(err) {
			return err
		}
		left := time.Until(giveUp)
		if left <= 0 {
			st := status.Convert(err)
			return status.Errorf(st.Code(), "%s (gave up after %d attempts)", st.Message(), attempt)
		}
		// The other servers get their chance before anybody waits.
		if attempt%len(s.conns) != 0 {
			continue
		}
		select {
		case <-time.After(min(backoff/2+rand.N(backoff/2), left)): // the last attempt is made when time is up
		case <-ctx.Done():
			return ctx.Err()
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

// errOverloaded marks the failures that RESOURCE_EXHAUSTED stands for when
// waiting helps.
type errOverloaded struct{ error }

func (e errOverloaded) Unwrap() error { return e.error }

// errTooLarge marks the failures of messages that are larger than a server takes.
type errTooLarge struct{ error }

func (e errTooLarge) Unwrap() error { return e.error }

// marked marks an error by its reason, if it has one that counts.
func marked(err error, reason string) error {
	switch reason {
	case "OVERLOADED", "STREAMS_TOO_MANY":
		return errOverloaded{err}
	case "BATCH_TOO_LARGE", "PARAGRAPHS_TOO_MANY", "MESSAGE_TOO_LARGE":
		return errTooLarge{err}
	}
	return err
}

// again tells whether an error passes: the server is away, draining or full.
// A deadline is not tried again, since the work may be what takes too long.
func again(err error) bool {
	var full errOverloaded
	return errors.As(err, &full) || status.Code(err) == codes.Unavailable
}

// request makes the message for texts.
func (s *Scorer) request(texts []string) *parleyv1.StreamClassifyRequest {
	evidence := int32(s.opt.Evidence)
	switch {
	case evidence == 0:
		evidence = model.DefaultEvidence
	case evidence < 0:
		evidence = 0
	}
	req := &parleyv1.StreamClassifyRequest{
		Documents: make([]*parleyv1.Document, len(texts)),
		Options: &parleyv1.ClassifyOptions{
			Model: s.model, MaxEvidence: &evidence,
			Encoding: parleyv1.EncodingType_ENCODING_TYPE_UTF8, Unit: parleyv1.Unit_UNIT_PARAGRAPH,
		},
	}
	for i, t := range texts {
		req.Documents[i] = &parleyv1.Document{Source: &parleyv1.Document_Content{Content: t}, Language: languages[s.opt.Language]}
	}
	return req
}

var languages = map[text.Language]parleyv1.Language{
	text.English: parleyv1.Language_LANGUAGE_ENGLISH, text.Arabic: parleyv1.Language_LANGUAGE_ARABIC,
}

// read turns an answer into results.
func (s *Scorer) read(r *parleyv1.StreamClassifyResponse, texts []string, results []score.Result) error {
	if e := r.GetError(); e != nil {
		return callError(e)
	}
	items := r.GetResult().GetItems()
	if len(items) != len(texts) {
		return status.Errorf(codes.Internal, "the server answered %d documents with %d items", len(texts), len(items))
	}
	for i, item := range items {
		out := &results[i]
		if e := item.GetError(); e != nil {
			if err := callError(e); again(err) {
				return err
			}
			out.Err = errors.New(e.GetMessage())
			continue
		}
		d := item.GetResult()
		if len(d.GetParagraphs()) != 1 {
			return status.Errorf(codes.Internal, "the server answered a paragraph with %d", len(d.GetParagraphs()))
		}
		var err error
		if out.Paragraph, err = paragraph(d.Paragraphs[0], texts[i]); err != nil {
			return status.Errorf(codes.Internal, "the server's answer makes no sense: %v", err)
		}
		out.Model = d.GetModel()
	}
	return nil
}

// callError turns the error of an item into a status.
func callError(e *parleyv1.ItemError) error {
	return marked(status.Error(codes.Code(e.GetCode()), fmt.Sprintf("%s (%s)", e.GetMessage(), e.GetReason())), e.GetReason())
}
