# conform: judge a server by the contract of the ECI API. "make help" lists the targets.
GO    ?= go
ARGS  ?=
FUZZ  ?= 5s
TOOLS  = bin/staticcheck bin/oaslint

.DEFAULT_GOAL := help
.PHONY: help build run test race fuzz contract lint bench seeds cover tidy cross clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  %-10s %s\n", $$1, $$2}' Makefile

build: ## build bin/conform
	@$(GO) build -trimpath -o bin/conform ./cmd/conform

run: build ## judge the embedded emulator (ARGS="--target URL …" for another)
	@bin/conform run $(ARGS)

test: ## run all tests
	$(GO) test ./...

race: ## run the concurrent packages under the race detector
	$(GO) test -race ./internal/... ./suites/...

fuzz: ## fuzz each fuzz target for FUZZ
	@$(GO) run ./internal/ci fuzz $(FUZZ)

contract: build $(TOOLS) ## check the contract, with our own linter and a third party's
	bin/conform contract lint
	bin/oaslint tools/oaslint.yaml spec/openapi.yaml

lint: $(TOOLS) ## gofmt, vet, staticcheck
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "not gofmt'ed"; exit 1; }
	$(GO) vet ./...
	bin/staticcheck ./...

bench: ## cases a second, the ceiling of the socket, and their ratio
	$(GO) test -run '^$$' -bench Run -benchtime 1x ./suites

$(TOOLS) &: tools/go.mod tools/oaslint/main.go
	@mkdir -p bin && cd tools && $(GO) build -o ../bin/ tool && $(GO) build -o ../bin/ ./oaslint
