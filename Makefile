# tcpalive. `make run` and `make test` install what is missing; everything else is listed by `make help`.

SETUP = Tests/Scripts/setup.sh
BUILD_NEEDS = libpcap-dev zlib1g-dev libzstd-dev pkg-config
# Linux only: namespaces and what cuts their connections.
LAB_NEEDS = $(if $(filter Linux,$(shell uname)),iproute2 nftables procps)
TEST_NEEDS = $(BUILD_NEEDS) python3 python3-jsonschema gzip zstd xz-utils lz4 $(LAB_NEEDS)
BENCH_NEEDS = gcc libc-dev python3 tshark tcptrace tcpdump gzip zstd util-linux
TOOL = .build/release/tcpalive
SHARED = $(wildcard ../shared/captures) $(wildcard ../shared/vectors)
# Directories that `make agree` and `make compare` read; `make agree DIR="a b"` reads others.
DIR = captures $(SHARED)
# What `make bench-live` sends a second, and how long.
RATE ?= 200000
SECONDS ?= 30
EXAMPLE = captures/scenes/dead-peer-60-15-4.pcap

LIBRARIES = Wire Capture KeepAlive Sockets Report

STORIES ?= 100000
SEED ?= 1

.PHONY: run build test stories agree compare page docs documentation expectations captures bench allocations bench-micro build-micro bench-live lab torture lint help clean

run: build ## Build tcpalive and analyse a capture of a dead peer
	$(TOOL) analyze $(EXAMPLE)

build: ## Build the tool into .build/release, the Swift runtime inside it
	@$(SETUP) $(BUILD_NEEDS)
	swift build -c release --product tcpalive --static-swift-stdlib

test: ## Run all tests
	@$(SETUP) $(TEST_NEEDS)
	swift build --build-tests $(SWIFT_FLAGS)
	swift test --skip-build --skip LabTests
	swift test --skip-build --filter LabTests # alone: they judge times

stories: ## Hold the diagnosis against 100,000 random stories with known truth (STORIES=n SEED=first, or STORY=seed to print one)
	@# A package of its own, as the one here would forget what it resolved.
	@mkdir -p .build-stories && ln -sf ../Package.swift ../Sources ../Tests .build-stories
	TCPALIVE_STORIES_ONLY=1 swift build --package-path .build-stories -c release --build-tests \
		-Xswiftc -enable-testing $(SWIFT_FLAGS)
	TCPALIVE_STORIES_ONLY=1 TCPALIVE_STORIES=$(STORIES) TCPALIVE_STORY_SEED=$(SEED) TCPALIVE_STORY=$(STORY) \
		swift test --package-path .build-stories -c release -Xswiftc -enable-testing --skip-build --filter StoryTests

agree: build ## Compare our marks with tshark's on every capture below DIR, and what we write with what it reads
	@$(SETUP) tshark python3
	python3 Tests/Scripts/agree.py $(TOOL) $(DIR)
	python3 Tests/Scripts/written.py $(TOOL) captures

compare: build ## Compare the results of another build with this one's on every capture below DIR: OLD=path of its tcpalive
	@$(SETUP) python3
	python3 Tests/Scripts/compare.py $(or $(OLD),$(error OLD=path of another tcpalive)) $(TOOL) $(DIR) $(wildcard ../shared/field)

page: build ## Open the pages of analyze --html in Chromium and hold them against JSON and tshark
	@$(SETUP) chromium tshark python3
	python3 Tests/Scripts/page.py $(TOOL) captures

docs: ## Generate docs/verdicts.md from the texts of explain
	@$(SETUP) $(BUILD_NEEDS)
	swift build --product tcpalive
	mkdir -p docs
	.build/debug/tcpalive explain --markdown > docs/verdicts.md

# A package of its own, so that Package.resolved does not change.
documentation: ## Build the documentation of the libraries, without a warning
	@$(SETUP) $(BUILD_NEEDS)
	@mkdir -p .build-docs && ln -sf ../Package.swift ../Sources ../Tests .build-docs
	TCPALIVE_DOCS=1 swift package --package-path .build-docs generate-documentation --warnings-as-errors \
		$(addprefix --target ,$(LIBRARIES))

expectations: build ## Write anew what the tests expect of each file in captures/: review the diff
	@$(SETUP) python3
	python3 Tests/Scripts/expectations.py $(TOOL) captures

captures: ## Write anew the captures of formats and envelopes
	@$(SETUP) python3 zstd lz4
	python3 Tests/Scripts/make-captures.py captures

bench: build ## Time tcpalive beside tshark, tcptrace, tcpdump and more (a quarter of an hour; QUICK=1 to try)
	@$(SETUP) $(BENCH_NEEDS)
	@python3 Tests/Benchmarks/bench.py $(TOOL)
	@$(if $(filter Linux,$(shell uname)),python3 Tests/Benchmarks/allocations.py $(TOOL))

allocations: build ## Count allocations, of which no packet must have its own (Linux)
	@$(SETUP) gcc libc-dev python3
	@python3 Tests/Benchmarks/allocations.py $(TOOL)

bench-micro: ## Time decoding, tracking and verdicts alone, in nanoseconds for each
	@$(SETUP) $(BUILD_NEEDS)
	TCPALIVE_BENCHMARKS=1 swift package --scratch-path .build-micro benchmark --target Micro

build-micro: ## Build what bench-micro runs, and run none of it
	@$(SETUP) $(BUILD_NEEDS)
	TCPALIVE_BENCHMARKS=1 swift build --scratch-path .build-micro --target Micro

bench-live: build ## Capture live beside tcpdump, and time the way to a line (Linux, as root, 2 minutes)
	@$(SETUP) gcc libc-dev tcpdump iproute2 python3
	@Tests/Benchmarks/live.sh $(TOOL) $(SECONDS) $(RATE)

lab: build ## Watch a client lose its dead peer, in two namespaces (Linux; as root, or where users may have namespaces; 8 seconds)
	@$(SETUP) $(LAB_NEEDS)
	@Tests/Scripts/lab.sh $(TOOL)

torture: ## Run the scenes of the lab with probes 100 times, and end 100 watches amid a flood (10 minutes)
	@$(SETUP) $(TEST_NEEDS)
	swift build --build-tests $(SWIFT_FLAGS)
	TCPALIVE_LAB=1 TCPALIVE_LAB_RUNS=100 swift test --skip-build --filter 'LabTests.SceneTests/scene'
	TCPALIVE_LAB=1 TCPALIVE_LAB_RUNS=100 swift test --skip-build --filter LabTests.FloodTests

lint: ## Check the format of the sources, and that no files of a module depend on one another in a cycle
	swift format lint --strict --recursive Sources Tests Package.swift
	@$(SETUP) python3
	python3 Tests/Scripts/cycles.py

clean: ## Remove what was built
	rm -rf .build .build-*

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22
