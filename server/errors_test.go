package server

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestEveryReasonHasARow reads the constants from the source, so that none is
// forgotten in the table.
func TestEveryReasonHasARow(t *testing.T) {
	paths, err := filepath.Glob("reasons*.go")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no source: %v", err)
	}
	seen := 0
	for _, path := range paths {
		file, err := parser.ParseFile(gotoken.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if id, ok := v.Type.(*ast.Ident); !ok || id.Name != "Reason" {
				return true
			}
			value, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			seen++
			if _, ok := codeOf[Reason(value)]; !ok {
				t.Errorf("%s has no row in Reasons", v.Names[0].Name)
			}
			return true
		})
	}
	if seen != len(Reasons) || len(codeOf) != len(Reasons) {
		t.Errorf("%d constants, %d rows, %d different reasons", seen, len(Reasons), len(codeOf))
	}
}

func TestErrorsDocument(t *testing.T) {
	const path = "../docs/errors.md"
	var b bytes.Buffer
	WriteErrorsDocument(&b)
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b.Bytes()) {
		t.Errorf("%s is not current; run go test ./server -run TestErrorsDocument -update", path)
	}
}

func TestGRPCStatus(t *testing.T) {
	e := FieldErrorf(ContentTooLarge, "documents[3].content", "content of %d bytes is longer than the limit of %d", 20, 10)
	e.RetryAfter = time.Second
	e.Metadata = map[string]string{"k": "v"}
	st := e.GRPCStatus()
	if st.Code() != codes.InvalidArgument || st.Message() != "documents[3].content: content of 20 bytes is longer than the limit of 10" {
		t.Errorf("got %v %q", st.Code(), st.Message())
	}
	var info, bad, retry bool
	for _, d := range st.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			info = d.Reason == "CONTENT_TOO_LARGE" && d.Domain == "parley" && d.Metadata["k"] == "v"
		case *errdetails.BadRequest:
			v := d.FieldViolations[0]
			bad = v.Field == "documents[3].content" && v.Reason == "CONTENT_TOO_LARGE" && v.Description == e.Message
		case *errdetails.RetryInfo:
			retry = d.RetryDelay.AsDuration() == time.Second
		}
	}
	if !info || !bad || !retry {
		t.Errorf("details: info %v, bad request %v, retry %v in %v", info, bad, retry, st.Details())
	}
	item := e.Item()
	if item.Code != int32(codes.InvalidArgument) || item.Reason != "CONTENT_TOO_LARGE" || item.Field != "documents[3].content" {
		t.Errorf("as an item: %v", item)
	}
}

func TestToError(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want Reason
	}{
		{"an Error as it is", fmt.Errorf("outer: %w", Errorf(ModelNotFound, "x")), ModelNotFound},
		{"cancelled", context.Canceled, CallCanceled},
		{"deadline", fmt.Errorf("score: %w", context.DeadlineExceeded), CallDeadline},
		{"binary", fmt.Errorf("decode: %w", text.ErrBinary), ContentBinary},
		{"too long", model.ErrTooLong, ParagraphTooLong},
		{"anything else", errors.New("disk /secret is on fire"), InternalError},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := toError(tt.err)
			if got.Reason != tt.want {
				t.Errorf("got %s, want %s", got.Reason, tt.want)
			}
			if got.Reason == InternalError && got.Message != "internal error" {
				t.Errorf("the message holds inner text: %q", got.Message)
			}
		})
	}
	if got := (&Error{Reason: "NO_SUCH"}).Code(); got != codes.Internal {
		t.Errorf("an unknown reason has code %v, want Internal", got)
	}
}
