# conform: judge a server by the contract of the ECI API.
GO       ?= go
ARGS     ?=
FUZZTIME ?= 5s
SEEDS    ?= 20
TOOLS     = bin/staticcheck bin/oaslint

.DEFAULT_GOAL := help
.PHONY: help build run sdk replay cassette mutants test race fuzz seeds contract lint bench cover cross clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' Makefile

build: ## build bin/conform
	@$(GO) build -trimpath -o bin/conform ./cmd/conform

run: build ## judge the embedded emulator; ARGS="--target URL" for a server
	@bin/conform run $(ARGS)

sdk: ## judge the real SDKs whose toolchain is here and publish it; SDK="NAME..." for some
	@drivers/judge $(SDK)

mutants: build ; @bin/conform mutants $(ARGS) ## run the suite against every mutant; ARGS="--select GLOB" for some

replay: build ## judge the recorded run of the emulator again, without a network
	@bin/conform replay --strict=inferred --max-age 1000000h --reports bin/replay fixtures/cassettes/emulator.cassette.gz | tail -n 4
	bin/conform cassette scan fixtures/cassettes
	$(GO) test -count 1 -run '^TestRecordedRun$$' ./cmd/conform

cassette: ## record the emulator anew, for make replay
	$(GO) test -count 1 -run '^TestRecordedRun$$' ./cmd/conform -record

test: ## run all tests
	$(GO) test ./...

race: ## run the concurrent packages under the race detector
	$(GO) test -race ./internal/wire ./internal/emulator ./internal/plan ./internal/run ./internal/recorder ./internal/replay \
	  ./internal/cassette ./internal/driver ./suites

fuzz: ## fuzz every fuzz target for FUZZTIME
	@grep -rHoE '^func Fuzz\w+' --include='*_test.go' . | sed -E 's|/[^/]*:func | |' | while read -r dir name; do \
	  echo "$$dir $$name"; $(GO) test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) "$$dir" || exit 1; done

seeds: build ## judge the embedded emulator under SEEDS seeds
	@for s in $$(seq $(SEEDS)); do bin/conform run --seed $$s --strict=inferred --reports bin/seeds >bin/seed.txt 2>&1 \
	  || { cat bin/seed.txt; exit 1; }; echo "seed $$s: $$(tail -n 3 bin/seed.txt | head -n 1)"; done

contract: build $(TOOLS) ## check the contract with our linter and with a third party's
	bin/conform contract lint
	bin/oaslint tools/oaslint.yaml spec/openapi.yaml

lint: $(TOOLS) ## gofmt, vet, staticcheck, go.mod
	@bad=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$bad" || { echo "not gofmt'ed: $$bad"; exit 1; }
	$(GO) mod tidy -diff
	$(GO) vet ./...
	bin/staticcheck ./...

bench: ## cases a second against the bare socket; recording, reading a cassette, replaying; 2,000 calls of a driver
	$(GO) test -run '^$$' -bench 'Benchmark(Run|Recording)$$' -benchtime 9x ./cmd/conform
	$(GO) test -run '^$$' -bench 'Benchmark(Open|Replay)$$' -benchtime 9x ./internal/cassette ./internal/replay
	$(GO) test -run '^$$' -bench 'BenchmarkVCR$$' -benchtime 1x ./internal/replay
	$(GO) test -run '^$$' -bench 'BenchmarkManyCalls$$' -benchtime 3x ./internal/client

cover: ## test coverage by package
	$(GO) test -coverpkg=./... -coverprofile bin/cover.out ./... && $(GO) tool cover -func bin/cover.out | tail -n 1

cross: ## build for every platform
	@for p in linux darwin windows; do for a in amd64 arm64; do echo $$p/$$a; \
	  CGO_ENABLED=0 GOOS=$$p GOARCH=$$a $(GO) build -o bin/cross/ ./cmd/conform || exit 1; done; done

$(TOOLS) &: tools/go.mod tools/go.sum tools/oaslint/main.go
	@mkdir -p bin && cd tools && $(GO) build -o ../bin/ tool && $(GO) build -o ../bin/ ./oaslint

clean: ## remove what was built and reported
	rm -rf bin reports/out
