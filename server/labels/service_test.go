package labels_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server"
	"github.com/parley-nlp/parley/server/labels"
	"github.com/parley-nlp/parley/server/store"
	"github.com/parley-nlp/parley/server/store/storetest"
)

const (
	favor     = parleyv1.Stance_STANCE_FAVOR
	against   = parleyv1.Stance_STANCE_AGAINST
	neutral   = parleyv1.Stance_STANCE_NEUTRAL
	unrelated = parleyv1.Stance_STANCE_UNRELATED
)

func TestCreateAnswersEachLabel(t *testing.T) {
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		c := serve(t, at.Open(t), nil)
		for _, tc := range []struct {
			name   string
			change func(l *parleyv1.Label)
			reason server.Reason
			field  string
		}{
			{"good", func(*parleyv1.Label) {}, "", ""},
			{"no text", func(l *parleyv1.Label) { l.Text = " \n" }, server.LabelInvalid, "labels[0].text"},
			{"long text", func(l *parleyv1.Label) { l.Text = strings.Repeat("x", labels.MaxTextBytes+1) }, server.LabelInvalid, "labels[0].text"},
			{"NUL", func(l *parleyv1.Label) { l.Text = "a\x00b" }, server.LabelInvalid, "labels[0].text"},
			{"no annotator", func(l *parleyv1.Label) { l.Annotator = "" }, server.LabelInvalid, "labels[0].annotator"},
			{"no stance", func(l *parleyv1.Label) { l.Stance = 0 }, server.LabelInvalid, "labels[0].stance"},
			{"unknown stance", func(l *parleyv1.Label) { l.Stance = 5 }, server.LabelInvalid, "labels[0].stance"},
			{"no tone", func(l *parleyv1.Label) { l.Tone = 0 }, server.LabelInvalid, "labels[0].tone"},
			{"unknown tone", func(l *parleyv1.Label) { l.Tone = 4 }, server.LabelInvalid, "labels[0].tone"},
			{"other language", func(l *parleyv1.Label) { l.Language = parleyv1.Language_LANGUAGE_OTHER }, server.LabelInvalid, "labels[0].language"},
			{"undetected language", func(l *parleyv1.Label) { l.Language, l.Text = 0, "12345" }, server.LabelInvalid, "labels[0].language"},
			{"long holder", func(l *parleyv1.Label) { l.Holder = strings.Repeat("x", 257) }, server.LabelInvalid, "labels[0].holder"},
			{"reserved request id", func(l *parleyv1.Label) { l.RequestId = "content:1" }, server.LabelInvalid, "labels[0].request_id"},
			{"evidence after the end", func(l *parleyv1.Label) { l.StanceEvidence = []*parleyv1.Span{{Start: 0, End: 99}} }, server.EvidenceInvalid, "labels[0].stance_evidence[0]"},
			{"empty evidence", func(l *parleyv1.Label) { l.StanceEvidence = []*parleyv1.Span{{Start: 2, End: 2}} }, server.EvidenceInvalid, "labels[0].stance_evidence[0]"},
			{"overlap", func(l *parleyv1.Label) { l.StanceEvidence = []*parleyv1.Span{{Start: 2, End: 5}, {Start: 0, End: 3}} }, server.EvidenceInvalid, "labels[0].stance_evidence[1]"},
			{"evidence of a neutral tone", func(l *parleyv1.Label) { l.ToneEvidence = []*parleyv1.Span{{Start: 0, End: 3}} }, server.EvidenceInvalid, "labels[0].tone_evidence[0]"},
			{"supersedes nothing", func(l *parleyv1.Label) { l.Supersedes = "nobody" }, server.LabelNotFound, "labels[0].supersedes"},
		} {
			l := label("nadia", "They praised Assad for "+tc.name, favor)
			tc.change(l)
			resp, err := c.CreateLabels(deadline(t), &parleyv1.CreateLabelsRequest{Labels: []*parleyv1.Label{l, label("nadia", "beside "+tc.name, neutral)}})
			if err != nil {
				t.Fatalf("%s: %v", tc.name, err)
			}
			e := resp.Items[0].GetError()
			if e.GetReason() != string(tc.reason) || e.GetField() != tc.field || (e != nil && e.GetMessage() == "") {
				t.Errorf("%s: %v, want %s at %s", tc.name, resp.Items[0], tc.reason, tc.field)
			}
			if resp.Items[1].GetLabel().GetId() == "" {
				t.Errorf("%s kept the label beside it out: %v", tc.name, resp.Items[1])
			}
		}
	})
}

func TestEvidenceInEveryUnit(t *testing.T) {
	c := serve(t, storetest.Location{Dir: t.TempDir()}.Open(t), nil)
	const s = "قال 😀😀 إن e\u0301 الرئيس باق\r\n"
	for _, enc := range []text.Encoding{text.UTF8, text.UTF16, text.UTF32} {
		for _, part := range []string{"😀", "😀😀", "الرئيس", "باق\r\n", "e\u0301", s} {
			at := strings.Index(s, part)
			span := &parleyv1.Span{Start: int64(text.Offset(s, at, enc)), End: int64(text.Offset(s, at+len(part), enc))}
			l := label("nadia "+enc.String()+part, s, favor)
			l.Annotator, l.Note = enc.String(), part
			l.RequestId = fmt.Sprintf("%s %x", enc, part)
			l.StanceEvidence = []*parleyv1.Span{span}
			resp, err := c.CreateLabels(deadline(t), &parleyv1.CreateLabelsRequest{Labels: []*parleyv1.Label{l}, Encoding: labels.EncodingType(enc)})
			if err != nil {
				t.Fatal(err)
			}
			got := resp.Items[0].GetLabel()
			if got == nil || !proto.Equal(got.StanceEvidence[0], span) {
				t.Errorf("%s in %s: sent %v, got %v", part, enc, span, resp.Items[0])
			}
			page, err := c.ListLabels(deadline(t), &parleyv1.ListLabelsRequest{Filter: &parleyv1.LabelFilter{Annotator: enc.String()}, PageSize: 1000})
			if err != nil {
				t.Fatal(err)
			}
			last := page.Labels[len(page.Labels)-1].StanceEvidence[0]
			if s[last.Start:last.End] != part {
				t.Errorf("%s in %s is stored as %q", part, enc, s[last.Start:last.End])
			}
		}
	}
}

func TestRequestIDs(t *testing.T) {
	c := serve(t, storetest.Location{Dir: t.TempDir()}.Open(t), nil)
	l := label("nadia", "one text", favor)
	first := create(t, c, l)[0]
	l.Note = "with a remark"
	resp, err := c.CreateLabels(deadline(t), &parleyv1.CreateLabelsRequest{Labels: []*parleyv1.Label{l}})
	if err != nil || !resp.Items[0].Existed || resp.Items[0].GetLabel().Id != first.Id {
		t.Errorf("the same judgement again: %v, %v", resp, err)
	}
	l.RequestId = "mine"
	create(t, c, l)
	l.Note = "another"
	resp, err = c.CreateLabels(deadline(t), &parleyv1.CreateLabelsRequest{Labels: []*parleyv1.Label{l}})
	if err != nil || resp.Items[0].GetError().GetReason() != string(server.RequestIDReused) || codes.Code(resp.Items[0].GetError().GetCode()) != codes.AlreadyExists {
		t.Errorf("a request id with other content: %v, %v", resp, err)
	}
	check, err := c.CreateLabels(deadline(t), &parleyv1.CreateLabelsRequest{Labels: []*parleyv1.Label{label("omar", "one text", favor)}, ValidateOnly: true})
	if err != nil || check.Items[0].GetLabel().GetId() != "" {
		t.Errorf("validate only: %v, %v", check, err)
	}
	if page, err := c.ListLabels(deadline(t), &parleyv1.ListLabelsRequest{}); err != nil || len(page.Labels) != 2 {
		t.Errorf("%v, %v", page, err)
	}
}

func TestListPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		c := serve(t, at.Open(t), nil)
		var want []string
		for i := range 25 {
			l := create(t, c, label("nadia", fmt.Sprintf("text %d", i), favor))[0]
			want = append(want, l.Id)
		}
		var got []string
		req := &parleyv1.ListLabelsRequest{PageSize: 10, Filter: &parleyv1.LabelFilter{Annotator: "nadia"}}
		pages := 0
		for {
			resp, err := c.ListLabels(deadline(t), req)
			if err != nil {
				t.Fatal(err)
			}
			pages++
			for _, l := range resp.Labels {
				got = append(got, l.Id)
			}
			// What happens between pages is not seen by the pages that follow.
			create(t, c, label("nadia", fmt.Sprintf("later %d", pages), favor))
			if _, err := c.DeleteLabel(deadline(t), &parleyv1.DeleteLabelRequest{Id: want[20+pages], Actor: "omar"}); err != nil {
				t.Fatal(err)
			}
			if req.PageToken = resp.NextPageToken; req.PageToken == "" {
				break
			}
		}
		if pages != 3 || !slices.Equal(got, want) {
			t.Errorf("%d pages with %d labels, want 3 with %d", pages, len(got), len(want))
		}
	})
}

func TestListRefuses(t *testing.T) {
	c := serve(t, storetest.Location{Dir: t.TempDir()}.Open(t), nil)
	create(t, c, label("nadia", "one", favor), label("nadia", "two", favor))
	page, err := c.ListLabels(deadline(t), &parleyv1.ListLabelsRequest{PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		req    *parleyv1.ListLabelsRequest
		reason server.Reason
	}{
		{"page size", &parleyv1.ListLabelsRequest{PageSize: 1001}, server.FieldInvalid},
		{"negative page size", &parleyv1.ListLabelsRequest{PageSize: -1}, server.FieldInvalid},
		{"encoding", &parleyv1.ListLabelsRequest{Encoding: 9}, server.EnumUnknown},
		{"token", &parleyv1.ListLabelsRequest{PageToken: "nonsense"}, server.PageTokenInvalid},
		{"token of another filter", &parleyv1.ListLabelsRequest{PageToken: page.NextPageToken, Filter: &parleyv1.LabelFilter{Stance: favor}}, server.PageTokenInvalid},
		{"state", &parleyv1.ListLabelsRequest{Filter: &parleyv1.LabelFilter{States: []parleyv1.LabelState{7}}}, server.FieldInvalid},
		{"stance", &parleyv1.ListLabelsRequest{Filter: &parleyv1.LabelFilter{Stance: 9}}, server.FieldInvalid},
		{"as of", &parleyv1.ListLabelsRequest{Filter: &parleyv1.LabelFilter{AsOf: -1}}, server.FieldInvalid},
	} {
		if _, err := c.ListLabels(deadline(t), tc.req); reasonOf(err) != string(tc.reason) {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.reason)
		}
	}
}

func TestDelete(t *testing.T) {
	c := serve(t, storetest.Location{Dir: t.TempDir()}.Open(t), nil)
	l := create(t, c, label("nadia", "one", favor))[0]
	got, err := c.DeleteLabel(deadline(t), &parleyv1.DeleteLabelRequest{Id: l.Id, Actor: "nadia", Note: "wrong"})
	if err != nil || got.Label.State != parleyv1.LabelState_LABEL_STATE_DELETED || got.Label.EndTime == nil {
		t.Fatalf("%v, %v", got, err)
	}
	for _, tc := range []struct {
		id, actor string
		code      codes.Code
	}{{l.Id, "nadia", codes.OK}, {l.Id, "omar", codes.Aborted}, {"nobody", "omar", codes.NotFound}, {"", "omar", codes.InvalidArgument}} {
		if _, err := c.DeleteLabel(deadline(t), &parleyv1.DeleteLabelRequest{Id: tc.id, Actor: tc.actor}); status.Code(err) != tc.code {
			t.Errorf("delete %q by %s: %v, want %v", tc.id, tc.actor, err, tc.code)
		}
	}
}

// broken is a store whose database has gone away.
type broken struct{ store.Labels }

func (broken) Sequence(context.Context) (int64, error) {
	return 0, errors.New("dial tcp 10.1.2.3: connection refused (password hunter2)")
}

func (broken) CreateLabels(context.Context, []store.Label, bool) ([]store.Created, error) {
	return nil, errors.New("dial tcp 10.1.2.3: connection refused (password hunter2)")
}

func TestBrokenStore(t *testing.T) {
	c := serve(t, broken{}, nil)
	_, create := c.CreateLabels(deadline(t), &parleyv1.CreateLabelsRequest{Labels: []*parleyv1.Label{label("nadia", "one", favor)}})
	_, list := c.ListLabels(deadline(t), &parleyv1.ListLabelsRequest{})
	for name, err := range map[string]error{"create": create, "list": list} {
		if status.Code(err) != codes.Unavailable || reasonOf(err) != string(server.LabelStoreUnavailable) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
