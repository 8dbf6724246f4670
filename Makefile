# The targets for developers. `make` lists them.
# `make test` needs Go, git and make. The other targets say what else they need.

GO       ?= go
FUZZTIME ?= 60s
COUNT    ?= 6
TIMEOUT  ?= 60m# for the tests of one package
CACHE    ?= $(HOME)/.cache/regmigrate-tests
CORPUS   ?= $(CACHE)/corpus
TOOL      = $(GO) tool -modfile=tools/go.mod

.DEFAULT_GOAL := help
.PHONY: run build test test-engines test-real lint fuzz torture reproducible snapshot bench bench-quick performance cover golden clean help

run: build ## build, and show what the program would change in testdata/demo
	./bin/regmigrate --dry-run testdata/demo

build: ## build bin/regmigrate
	$(GO) build -trimpath -o bin/regmigrate ./cmd/regmigrate

test: ## go vet and all tests that need no other programs: about 4 minutes on two idle cores
	@echo "make test takes about 4 minutes on two idle cores, longer on a busy machine"
	$(GO) vet ./...
	$(GO) test -timeout $(TIMEOUT) ./...

test-engines: ## compare the policies with the rules in the libraries of Kubernetes (the first run downloads and builds them, minutes); SHORT=-short compares fewer references
	cd test/engines && $(GO) test -count 1 -timeout $(TIMEOUT) $(SHORT) ./...

test-real: ## tests with real helm, kustomize, kube-apiserver, pre-commit, gitea and act (the first run builds them, many minutes), and with the repositories in CORPUS; PARTS="act webhook" runs these, PARTS=--short what CI runs
	@REGMIGRATE_CACHE="$(CACHE)" REGMIGRATE_CORPUS="$(CORPUS)" GO="$(GO)" .ci/test-real $(PARTS)

lint: ## gofmt, go vet, staticcheck, gocyclo, actionlint (the first run downloads the last three), shellcheck
	@out=$$(find . -name '*.go' -not -path '*/testdata/*' -exec gofmt -s -l {} +); \
	if [ -n "$$out" ]; then echo "not formatted (gofmt -s -w):"; echo "$$out"; exit 1; fi
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	$(TOOL) gocyclo -over 20 -ignore '_test\.go$$' .
	@GO="$(GO)" REGMIGRATE_CACHE="$(CACHE)" .ci/lint

fuzz: ## run all fuzz targets, FUZZTIME (60s) in total
	@GO="$(GO)" .ci/fuzz "$(FUZZTIME)"

torture: ## kill the program 1,800 times, and let system calls, disks and other processes interfere with it: hours; TORTURE=--short takes a minute, TORTURE="--fuzz 10m --race" does more
	@GO="$(GO)" .ci/torture $(TORTURE)

reproducible: ## build the last commit twice, in two folders, and compare
	@GO="$(GO)" .ci/reproducible

snapshot: ## build the files of a release in dist (the first run builds goreleaser; minutes)
	@GO="$(GO)" REGMIGRATE_CACHE="$(CACHE)" .ci/snapshot

bench: ## benchmarks, COUNT (6) times each, into bench.out, compared with OLD=FILE; then a comparison with rg and sed
	$(GO) test -run '^$$' -bench . -benchmem -count $(COUNT) $$($(GO) list ./... | grep -v /bench$$) > bench.out || { cat bench.out; exit 1; }
	$(TOOL) benchstat $(OLD) bench.out
	$(GO) test -run '^$$' -bench . -benchtime 1x -v ./bench

bench-quick: ## a part of the table of docs/performance.md in about two minutes, compared with OLD=PROGRAM
	REGMIGRATE_BENCH=quick REGMIGRATE_OLD="$(abspath $(OLD))" $(GO) test -run '^$$' -bench Performance -benchtime 1x -v ./bench

performance: ## measure docs/performance.md again, with real repositories in CORPUS, compared with OLD=PROGRAM: about half an hour on an idle machine
	REGMIGRATE_CORPUS="$(CORPUS)" REGMIGRATE_OLD="$(abspath $(OLD))" REGMIGRATE_PERFORMANCE="$(CURDIR)/docs/performance.md" $(GO) test -run '^$$' -bench 'Performance|Plots' -benchtime 1x -timeout 2h -v ./bench

cover: ## test coverage: print the total, write every line to cover.html
	$(GO) test -timeout $(TIMEOUT) -coverpkg=./... -coverprofile=cover.out ./...
	$(GO) tool cover -html=cover.out -o cover.html
	$(GO) tool cover -func=cover.out | tail -n 1

golden: ## update the expected output of tests; read git diff afterwards
	@dirs=$$(grep -rlE --include='*_test.go' 'flag\.Bool(Var)?\(.*"update"' . | while read -r f; do dirname "$$f"; done | sort -u); \
	if [ -z "$$dirs" ]; then echo "no test has a flag -update"; fi; \
	for d in $$dirs; do echo "$(GO) test $$d -update"; $(GO) test -timeout $(TIMEOUT) "$$d" -update || exit 1; done

clean: ## delete the files that the other targets made
	rm -rf bin dist bench.out cover.out cover.html

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
