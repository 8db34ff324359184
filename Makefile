# tcpalive. `make help` lists the commands. They install missing packages.

SETUP = Tests/Scripts/setup.sh
BUILD_NEEDS = libpcap-dev zlib1g-dev libzstd-dev pkg-config
# Linux only: network namespaces, and a firewall that drops packets.
LAB_NEEDS = $(if $(filter Linux,$(shell uname)),iproute2 nftables procps)
TEST_NEEDS = $(BUILD_NEEDS) python3 python3-jsonschema gzip zstd xz-utils lz4 $(LAB_NEEDS)
DOCS_NEEDS = python3 tshark $(LAB_NEEDS)
BENCH_NEEDS = gcc libc-dev python3 tshark tcptrace tcpdump gzip zstd util-linux
TOOL = .build/release/tcpalive
SHARED = $(wildcard ../shared/captures) $(wildcard ../shared/vectors)
# Directories that `make agree` and `make compare` read; `make agree DIR="a b"` reads others.
DIR = captures $(SHARED)
# Segments per second, and duration, of `make bench-live`.
RATE ?= 200000
SECONDS ?= 30
EXAMPLE = captures/scenes/dead-peer-60-15-4.pcap

LIBRARIES = Platform Wire Capture KeepAlive Sockets Report Analysis

STORIES ?= 100000
SEED ?= 1

.PHONY: run build test stories agree compare page docs check-docs documentation recording expectations captures bench allocations bench-micro build-micro bench-live lab torture examples lint help clean

run: build ## Build tcpalive and analyse a capture of a dead peer
	$(TOOL) analyze $(EXAMPLE)

build: ## Build the tool into .build/release, with a static Swift runtime
	@$(SETUP) $(BUILD_NEEDS)
	swift build -c release --product tcpalive --static-swift-stdlib

test: ## Run all tests
	@$(SETUP) $(TEST_NEEDS)
	swift build --build-tests $(SWIFT_FLAGS)
	swift test --skip-build --skip LabTests
	swift test --skip-build --filter LabTests # alone, because they measure times
	python3 Tests/Scripts/documentation.py .build/debug/tcpalive

# A package of its own, so that Package.resolved does not change.
stories: ## Compare the findings with 100,000 random connections whose truth is known (STORIES=n SEED=first; STORY=seed prints one)
	@mkdir -p .build-stories && ln -sf ../Package.swift ../Sources ../Tests .build-stories
	TCPALIVE_STORIES_ONLY=1 swift build --package-path .build-stories -c release --build-tests \
		-Xswiftc -enable-testing $(SWIFT_FLAGS)
	TCPALIVE_STORIES_ONLY=1 TCPALIVE_STORIES=$(STORIES) TCPALIVE_STORY_SEED=$(SEED) TCPALIVE_STORY=$(STORY) \
		swift test --package-path .build-stories -c release -Xswiftc -enable-testing --skip-build --filter StoryTests

agree: build ## Compare marks and written files with tshark, for every capture below DIR
	@$(SETUP) tshark python3
	python3 Tests/Scripts/agree.py $(TOOL) $(DIR)
	python3 Tests/Scripts/written.py $(TOOL) captures

compare: build ## Compare the results with those of another build, OLD=path, for every capture below DIR
	@$(SETUP) python3
	python3 Tests/Scripts/compare.py $(or $(OLD),$(error OLD=path of another tcpalive)) $(TOOL) $(DIR) $(wildcard ../shared/field)

page: build ## Compare the pages of analyze --html, opened in Chromium, with JSON and tshark
	@$(SETUP) chromium tshark python3
	python3 Tests/Scripts/page.py $(TOOL) captures

docs: ## Write docs/verdicts.md, and the outputs of the examples in README and articles: review the diff
	@$(SETUP) $(BUILD_NEEDS) $(DOCS_NEEDS)
	swift build --product tcpalive
	mkdir -p docs
	.build/debug/tcpalive explain --markdown > docs/verdicts.md
	python3 Tests/Scripts/documentation.py --all --rewrite .build/debug/tcpalive

check-docs: build ## Run all examples of README and articles, the live ones in network namespaces, and compare
	@$(SETUP) $(DOCS_NEEDS)
	python3 Tests/Scripts/documentation.py --all $(TOOL)

# A package of its own, so that Package.resolved does not change.
documentation: ## Check the links, and build the documentation of the command and the libraries; a warning is an error
	@$(SETUP) $(BUILD_NEEDS) python3
	python3 Tests/Scripts/links.py
	python3 Tests/Scripts/catalog.py .build-docs/tcpalive
	@mkdir -p .build-docs && ln -sf ../Package.swift ../Sources ../Tests .build-docs
	TCPALIVE_DOCS=1 swift package --package-path .build-docs generate-documentation --warnings-as-errors \
		$(addprefix --target ,$(LIBRARIES))

recording: build ## Make docs/watch.svg, the animation of the README, from a real run (Linux; 1 minute)
	@$(SETUP) python3 python3-venv $(LAB_NEEDS)
	@[ -x .build-recording/bin/termtosvg ] || { python3 -m venv .build-recording && \
		.build-recording/bin/pip install -q -r Tests/Scripts/recording-requirements.txt; }
	.build-recording/bin/python Tests/Scripts/recording.py $(TOOL) docs/watch.svg

expectations: build ## Rewrite the expected reports of captures/ and the help texts: review the diff
	@$(SETUP) python3
	python3 Tests/Scripts/expectations.py $(TOOL) captures

captures: ## Rewrite the generated captures
	@$(SETUP) python3 zstd lz4
	python3 Tests/Scripts/make-captures.py captures

bench: build ## Compare the speed with tshark, tcptrace, tcpdump and more (15 minutes; QUICK=1 to try)
	@$(SETUP) $(BENCH_NEEDS)
	@python3 Tests/Benchmarks/bench.py $(TOOL)
	@$(if $(filter Linux,$(shell uname)),python3 Tests/Benchmarks/allocations.py $(TOOL))

allocations: build ## Check that no packet has an allocation of its own (Linux)
	@$(SETUP) gcc libc-dev python3
	@python3 Tests/Benchmarks/allocations.py $(TOOL)

bench-micro: ## Time decoding, tracking and verdicts separately, in nanoseconds
	@$(SETUP) $(BUILD_NEEDS)
	TCPALIVE_BENCHMARKS=1 swift package --scratch-path .build-micro benchmark --target Micro

build-micro: ## Build the benchmarks of bench-micro without running them
	@$(SETUP) $(BUILD_NEEDS)
	TCPALIVE_BENCHMARKS=1 swift build --scratch-path .build-micro --target Micro

bench-live: build ## Compare live capture with tcpdump and measure the latency (Linux, as root, 2 minutes)
	@$(SETUP) gcc libc-dev tcpdump iproute2 python3
	@Tests/Benchmarks/live.sh $(TOOL) $(SECONDS) $(RATE)

lab: build ## Show how a client notices a dead peer, in two network namespaces (Linux; 8 seconds)
	@$(SETUP) $(LAB_NEEDS)
	@Tests/Scripts/lab.sh $(TOOL)

torture: ## Run the lab tests with probes 100 times, and end 100 watches during a flood (10 minutes)
	@$(SETUP) $(TEST_NEEDS)
	swift build --build-tests $(SWIFT_FLAGS)
	TCPALIVE_LAB=1 TCPALIVE_LAB_RUNS=100 swift test --skip-build --filter 'LabTests.SceneTests/scene'
	TCPALIVE_LAB=1 TCPALIVE_LAB_RUNS=100 swift test --skip-build --filter LabTests.FloodTests

examples: ## Build the programs in Examples, which use the libraries from outside, and check their output
	@$(SETUP) $(BUILD_NEEDS) python3
	python3 Tests/Scripts/examples.py .build-examples $(EXAMPLE)

lint: ## Check the format of the sources, and that there are no cycles between files
	swift format lint --strict --recursive Sources Tests Package.swift
	@$(SETUP) python3
	python3 Tests/Scripts/cycles.py

clean: ## Remove all builds
	rm -rf .build .build-*

help: ## Print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22
