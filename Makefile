# Run from the top of the checkout. "make" does what a change must pass; .ci/run
# calls the same targets. Only Go is needed, unless a target says otherwise.

GO     ?= go
SHARED ?= ../shared
DATA   ?= $(SHARED)/eval/dev.jsonl
FUZZTIME ?= 5s
SOAK ?= 2m

LINT_TOOL  = $(GO) tool -modfile=tools/lint/go.mod
BENCH_TOOL = $(GO) tool -modfile=tools/bench/go.mod
PROTO_TOOL = $(GO) tool -modfile=tools/go.mod

# What belongs to the project; generated code is checked by checkgenerate.
GOFILES = $(shell git ls-files --cached --others --exclude-standard '*.go' ':!*.pb.go')

.DEFAULT_GOAL := all
.PHONY: all help
all: fmt vet build test lint buf-lint deps ## what a change must pass

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "%-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build test race fmt format vet lint vuln buf-lint
build: ## both programs, into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/ ./cmd/parley ./cmd/parleyd

test: ## every test that needs no outside server
	$(GO) test ./...

race: ## the tests under the race detector (needs a C compiler), without the slow ones
	CGO_ENABLED=1 $(GO) test -race -short ./...

fmt: ## fail if gofmt would change a file
	@out=$$(gofmt -l $(GOFILES)); test -z "$$out" || { echo "gofmt would change (make format does):"; echo "$$out"; exit 1; }

format: ## let gofmt rewrite the files
	gofmt -w $(GOFILES)

vet: ## go vet
	$(GO) vet ./...

lint: ## golangci-lint, by .golangci.yml
	$(LINT_TOOL) golangci-lint run ./...

vuln: ## known vulnerabilities of the dependencies (asks vuln.go.dev)
	$(LINT_TOOL) govulncheck ./...

buf-lint: ## the schema: buf's STANDARD and COMMENTS
	$(PROTO_TOOL) buf lint

.PHONY: generate checkgenerate deps fuzz
generate: ## everything that is written by a program
	$(PROTO_TOOL) buf generate
	$(GO) generate ./...

checkgenerate: ## fail if generated files are not current
	tools/checkgenerate.sh

deps: ## the direction of imports, and a build without cgo
	tools/deps.sh

fuzz: ## every fuzz target for FUZZTIME (5s)
	tools/fuzz.sh $(FUZZTIME)

.PHONY: bench bench-text benchstat bench-grpc bench-peers bench-train
bench: ## paragraphs/s, bytes/s and allocations of every stage of scoring
	$(GO) test -run '^$$' -bench . -benchmem ./model

bench-text: ## the same for decoding, splitting and languages
	$(GO) test -run '^$$' -bench . -benchmem ./model/text

benchstat: ## compare two outputs of make bench: make benchstat OLD=a.txt NEW=b.txt
	$(BENCH_TOOL) benchstat $(OLD) $(NEW)

bench-grpc: ## the server against an echo server of the same bytes
	$(GO) run ./server/bench

bench-peers: ## speed of the model and of parley score against fastText and a hashing floor
	training/peers/speed.sh

bench-train: ## the fit against LIBLINEAR's on the same matrix, and a whole training
	training/peers/train-speed.sh

.PHONY: corpus model model-update eval peers studies card
corpus: ## check the written corpus and print its tables
	$(GO) run ./cmd/parley corpus check

model: ## train the shipped model again and compare it with the embedded one
	tools/model.sh

model-update: ## train it again and put it in place
	tools/model.sh -update

eval: ## evaluate the embedded model on DATA
	$(GO) run ./cmd/parley eval --data $(DATA)

peers: ## other classifiers on the same rows: docs/peers.md (Debian packages)
	training/peers/run.sh

studies: ## ablation, learners and transfer: docs/studies.json (many fits)
	$(GO) run ./training/card/cmd studies -shared $(SHARED)

card: ## docs/model-card.md and docs/figures, from the model and docs/studies.json
	$(GO) run ./training/card/cmd render -shared $(SHARED)

.PHONY: e2e soak faults clients report-test beam
e2e: ## both programs over loopback (needs jq)
	tools/e2e.sh

soak: ## the server under load for SOAK (2m): swaps, floods, memory
	$(GO) test ./cmd/parleyd -count=1 -timeout 30m -run '^TestSoak$$' -soak $(SOAK) -v

faults: ## bad bytes, slow readers, full disks, clocks and certificates, kill -9
	$(GO) test ./cmd/parleyd ./server -count=1 -timeout 30m -v \
		-run 'Swaps|Broken|Unreadable|FullDisk|Flood|BadBytes|SlowReaders|HalfOpen|Terminate|Rotation|Clock'
	tools/kill.sh

clients: ## the example clients against a server, those whose toolchains are here
	tools/clients.sh

report-test: ## the report in headless Chromium (needs node; installs Chromium as root)
	tools/report-test.sh

beam: ## the Beam pipeline, a module of its own
	cd cmd/parley-beam && $(GO) vet ./... && $(GO) test ./...
