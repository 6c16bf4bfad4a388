# Everything a developer or CI does, one target each. `make help` lists them.
GO      ?= go
LISTEN  ?= 127.0.0.1:8080
FUZZTIME ?= 2000x
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS  = -s -w -X wsexchange/internal/version.Version=$(VERSION)
BUILD    = CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)'

.DEFAULT_GOAL := help
INTEROP  = interop-axis interop-zeep interop-recorded interop-go interop-samba interop-mpf
.PHONY: help run build check rename test needs fuzz lint generate screenshots bench load throughput startup growth image release sbom clean $(INTEROP)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 18

run: build ## gateway with the embedded backend, seeded, on LISTEN=127.0.0.1:8080
	@scripts/run.sh $(LISTEN)

build: ## static binaries in bin/
	@mkdir -p bin
	@echo "loading modules and building the programs: about a minute the first time, seconds later"
	$(BUILD) -o bin/ ./cmd/...

# Tests of packages that need no other program.
CHECKED = $(shell $(GO) list ./... | grep -vE '/(deploy|internal/bench|internal/conformance)(/|$$)')

check: lint ## formatting, vet, staticcheck and the tests that need nothing but Go, in 2 minutes
	@GO="$(GO)" scripts/test.sh -short -- $(CHECKED)

test: needs ## install what the tests need, then run all of them
	@scripts/fuzz.sh $(FUZZTIME)
	@GO="$(GO)" scripts/test.sh -race -timeout 20m -- ./...
	cd deploy/packaging && $(GO) vet ./... && $(GO) test ./...

needs: ## install the Debian packages that tests need
	@scripts/test-needs.sh

interop-axis: ## stubs that Apache Axis makes of the WSDL, alone
interop-axis: RUN = TestAxis

interop-zeep: ## Python's zeep alone
interop-zeep: RUN = TestZeep

interop-recorded: ## recorded requests and the habits of ASMX clients, over raw sockets
interop-recorded: RUN = TestAxisRequests|TestHabits

interop-go: ## generated Go clients alone
interop-go: RUN = TestGoClients|TestCustomerLife

interop-samba: ## a real domain controller alone, as root
interop-samba: RUN = TestSamba

interop-mpf: ## clients at MPF's own door, and gateways in front of it
interop-mpf: RUN = TestDoor.*|TestBackends|TestEngineStops

$(INTEROP): needs
	$(GO) test -count=1 ./internal/conformance -run '^($(RUN))$$'

fuzz: ## run every fuzz target, FUZZTIME inputs or seconds each
	@scripts/fuzz.sh $(FUZZTIME)

lint: ## gofumpt, vet, staticcheck
	@test -z "$$($(GO) tool gofumpt -l $$(git ls-files '*.go' | grep -v /testdata/) | tee /dev/stderr)"
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

generate: ## WSDL files, Go clients and generated documents
	$(GO) generate ./...
	$(GO) test ./adapter ./mpf ./mock/control ./cmd/mockmpf ./cmd/wsexchange -run 'Document|Description' -update
	$(GO) test ./mock -run Emulated -update-emulated

screenshots: ## pictures of the pages in docs/screenshots, by Chromium
	@mkdir -p docs/screenshots
	SCREENSHOTS=$(CURDIR)/docs/screenshots $(GO) test -count=1 ./mock/web -run '^TestScreenshots$$'

bench: ## Go benchmarks of every package
	$(GO) test -run '^$$' -bench . -benchmem ./...

throughput: ## requests per second of the gateway with the embedded emulator
	@scripts/throughput.sh

startup: ## time from exec until the gateway is ready
	@scripts/startup.sh

growth: ## cost of a mailbox in a small and in a large installation
	@scripts/growth.sh

load: ## gateway beside a plain server under wrk: CPU per request on stdout
	@scripts/load.sh

image: ## container images wsexchange:$(VERSION) and wsexchange-emulator:$(VERSION)
	docker build --build-arg VERSION=$(VERSION) -t wsexchange:$(VERSION) -t wsexchange:latest .
	docker build --build-arg VERSION=$(VERSION) --target emulator -t wsexchange-emulator:$(VERSION) -t wsexchange-emulator:latest .

release: ## archives, .deb, .rpm and the Go module with checksums, in dist/
	@scripts/release.sh $(VERSION)

rename: ## rename the Go module everywhere: MODULE=host/owner/name
	@scripts/rename.sh "$(MODULE)"

sbom: build ## bills of materials of the programs (CycloneDX), in bin/
	@for program in wsexchange mockmpf provtest; do $(GO) run ./deploy/sbom bin/$$program $(VERSION) >bin/$$program.cdx.json || exit; done

clean: ## remove what was built
	rm -rf bin dist
