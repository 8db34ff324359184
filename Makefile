# tcpalive. `make help` lists the commands. They install missing packages.

SETUP = Tests/Scripts/setup.sh
BUILD_NEEDS = libpcap-dev zlib1g-dev libzstd-dev liblzma-dev liblz4-dev pkg-config \
	$(if $(filter Linux,$(shell uname)),libseccomp-dev libncurses-dev)
# Linux only: network namespaces, and a firewall that drops packets.
LAB_NEEDS = $(if $(filter Linux,$(shell uname)),iproute2 nftables procps)
TERMINAL_NEEDS = $(if $(filter Linux,$(shell uname)),tmux)
TEST_NEEDS = $(BUILD_NEEDS) gcc libc-dev python3 python3-jsonschema gzip zstd xz-utils lz4 $(LAB_NEEDS) $(TERMINAL_NEEDS)
DOCS_NEEDS = python3 tshark $(LAB_NEEDS)
BENCH_NEEDS = gcc libc-dev python3 tshark tcptrace tcpdump gzip zstd util-linux
PACKAGE_NEEDS = $(BUILD_NEEDS) python3 binutils gcc libc-dev
TOOL = .build/release/tcpalive
SHARED = $(wildcard ../shared/captures) $(wildcard ../shared/vectors)
# Directories that `make agree` and `make compare` read; `make agree DIR="a b"` reads others.
DIR = captures $(SHARED)
# Segments per second, and duration, of `make bench-live`.
RATE ?= 200000
SECONDS ?= 30
EXAMPLE = captures/scenes/dead-peer-60-15-4.pcap

# The version of tcpalive, which Version.swift defines.
VERSION = $(shell sed -n 's/.*static let number = "\(.*\)"/\1/p' Sources/tcpalive/Version.swift)

# The commit, for `tcpalive --version`; empty if the sources are not in a Git repository.
COMMIT = $(shell git rev-parse --short=12 HEAD 2>/dev/null)$(if $(shell git status --short 2>/dev/null),$(COMMA) modified)
COMMA = ,

# The options of a release build. On Linux the Swift runtime is linked statically, without FoundationEssentials.
SMALL = .build-small
RELEASE = -c release --disable-local-rpath $(if $(filter Linux,$(shell uname)),$(LINUX_RELEASE))
LINUX_RELEASE = --static-swift-stdlib -Xlinker --no-export-dynamic \
	-Xswiftc -module-alias -Xswiftc FoundationEssentials=SmallFoundation -Xswiftc -I$(CURDIR)/$(SMALL) \
	-Xlinker $(CURDIR)/$(SMALL)/SmallFoundation.o

# The folder has static libraries of the C++ runtime: loading the shared ones takes a millisecond.
ENVIRONMENT = TCPALIVE_COMMIT="$(COMMIT)" TCPALIVE_LIBRARIES="$(CURDIR)/$(SMALL)"

# Where `make install` puts the files; DESTDIR comes before it.
PREFIX ?= /usr/local
# The files to install, below what becomes PREFIX.
STAGE = .build-stage
MANUAL = .build-manual
DATE = $(or $(shell git log -1 --format=%cs 2>/dev/null),$(shell date +%F))
DIST = tcpalive-$(VERSION)-linux-$(shell uname -m)
# The libraries of glibc, the only ones that the binary of `make dist` may need.
GLIBC = libc\.so\.6|libm\.so\.6|libpthread\.so\.0|libdl\.so\.2|ld-linux.*

LIBRARIES = Platform Wire Capture KeepAlive Sockets Report Analysis

STORIES ?= 100000
# The damaged captures of `make torture`: how many, from which number on. SEED is that of the stories, too.
FILES ?= 100000
FIRST ?= 0
SEED ?= 1

# Seconds of each target of `make fuzz`, and processes.
TIME ?= 60
JOBS ?= 1
FUZZ = .build-fuzz/.build/release/fuzz

.PHONY: run build stage install uninstall deb dist test-install test-deb test-dist test stories fuzz fuzz-corpus build-fuzz agree reports compare page docs check-docs documentation recording expectations captures bench allocations bench-micro build-micro bench-live bench-run lab test-run torture torture-lab sanitize sanitize-address sanitize-thread build-sanitize-address build-sanitize-thread examples lint help clean

run: build ## Build tcpalive and analyse a capture of a dead peer
	$(TOOL) analyze captures/scenes/dead-peer-5-3-4.pcap

build: ## Build the tool into .build/release, with a static Swift runtime
	@$(SETUP) $(BUILD_NEEDS)
	@# Another compiler cannot read the module of this one.
	@swiftc --version 2>/dev/null | cmp -s - $(SMALL)/compiler || rm -rf $(SMALL)
	$(if $(filter Linux,$(shell uname)),@$(MAKE) --no-print-directory $(SMALL)/SmallFoundation.o)
	$(ENVIRONMENT) swift build $(RELEASE) --product tcpalive

$(SMALL)/SmallFoundation.o: Packaging/SmallFoundation.swift
	@mkdir -p $(SMALL)
	swiftc -O -static-stdlib -parse-as-library -module-name SmallFoundation \
		-emit-module -emit-module-path $(SMALL)/SmallFoundation.swiftmodule -emit-object -o $@ $<
	@cp "$$(clang -print-file-name=libstdc++.a)" $(SMALL)/libstdc++.a && \
		cp "$$(clang -print-file-name=libgcc_eh.a)" $(SMALL)/libgcc_s.a || rm -f $(SMALL)/*.a
	@swiftc --version 2>/dev/null > $(SMALL)/compiler

# The binary, the manual pages and the completions, from what the binary says about itself. The plugin generate-manual would
# build all with other options, so its tool runs without it.
stage: build ## Collect the files to install in .build-stage, as the user, for `sudo make install`
	@$(SETUP) $(PACKAGE_NEEDS)
	swift build --product generate-manual
	rm -rf $(STAGE) $(MANUAL)
	mkdir -p $(MANUAL) $(STAGE)/bin $(STAGE)/share/man/man1 $(STAGE)/share/bash-completion/completions \
		$(STAGE)/share/zsh/site-functions $(STAGE)/share/fish/vendor_completions.d
	strip -o $(STAGE)/bin/tcpalive $(TOOL)
	.build/debug/generate-manual --multi-page --date $(DATE) --output-directory $(MANUAL) $(TOOL)
	python3 Packaging/manual.py $(TOOL) $(MANUAL) $(STAGE)/share/man/man1
	$(TOOL) --generate-completion-script bash | sed '1{/^#!/d;}' > $(STAGE)/share/bash-completion/completions/tcpalive
	$(TOOL) --generate-completion-script zsh > $(STAGE)/share/zsh/site-functions/_tcpalive
	$(TOOL) --generate-completion-script fish > $(STAGE)/share/fish/vendor_completions.d/tcpalive.fish

# With sudo, what the user has staged is installed: root may have no Swift.
install: $(if $(and $(SUDO_USER),$(wildcard $(STAGE)/bin/tcpalive)),,stage) ## Install the tool, its manual pages and completions below PREFIX=/usr/local
	DESTDIR="$(DESTDIR)" Packaging/install.sh install "$(PREFIX)" $(STAGE)

uninstall: ## Remove what `make install` put below PREFIX=/usr/local
	DESTDIR="$(DESTDIR)" Packaging/install.sh uninstall "$(PREFIX)"

deb: stage ## Build a Debian package into .build-deb, and check it with lintian (Debian)
	@$(SETUP) debhelper dpkg-dev lintian
	@grep -q '^tcpalive ($(VERSION)-' Packaging/debian/changelog || \
		{ echo "Packaging/debian/changelog does not begin with version $(VERSION)" >&2; exit 2; }
	rm -rf .build-deb
	mkdir -p .build-deb/tcpalive
	cp -R Packaging/debian .build-deb/tcpalive
	cd .build-deb/tcpalive && STAGE=$(CURDIR)/$(STAGE) CHANGELOG=$(CURDIR)/CHANGELOG.md dpkg-buildpackage -b -us -uc
	@# The package is not in Debian, so no request there waits for it.
	lintian --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs .build-deb/*.deb

dist: stage ## Build a tarball into .build-dist, whose binary needs only glibc (Linux)
	rm -rf .build-dist
	Packaging/static.sh .build-dist/static
	PKG_CONFIG_PATH=$(CURDIR)/.build-dist/static $(ENVIRONMENT) swift build $(RELEASE) --product tcpalive \
		-Xlinker $(CURDIR)/.build-dist/static/static.o
	@! readelf -d $(TOOL) | grep NEEDED | grep -Ev '\[($(GLIBC))\]'
	cp -R $(STAGE) .build-dist/$(DIST)
	strip -o .build-dist/$(DIST)/bin/tcpalive $(TOOL)
	cp LICENSE CHANGELOG.md README.md .build-dist/$(DIST)
	Packaging/notices.sh > .build-dist/$(DIST)/NOTICES
	tar -C .build-dist --sort=name --owner=0 --group=0 --numeric-owner --mtime=$(DATE) -czf .build-dist/$(DIST).tar.gz $(DIST)
	@echo "$$(ls -sh .build-dist/$(DIST).tar.gz): built with $$(ldd --version | sed -n 1p); needs glibc" \
		"$$(objdump -T $(TOOL) | sed -n 's/.*(GLIBC_\([0-9.]*\)).*/\1/p' | sort -uV | tail -1) or later"

test-install: stage ## Install into an empty folder and remove everything again; check manual pages and completions
	@$(SETUP) man-db mandoc zsh fish
	Tests/Scripts/install.sh $(STAGE)

test-deb: deb ## Install the Debian package in a bare Debian, run the examples of README there, remove it (as root; 3 minutes)
	@$(SETUP) mmdebstrap util-linux $(DOCS_NEEDS)
	Tests/Scripts/packages.sh deb $(TOOL) .build-deb/tcpalive_$(VERSION)-*.deb

test-dist: dist ## Run the binary of the tarball in Debian 12 and 13 with nothing else installed (as root; 5 minutes)
	@$(SETUP) mmdebstrap util-linux
	Tests/Scripts/packages.sh dist $(TOOL) .build-dist/$(DIST).tar.gz

# The same environment each time, because another one builds everything again. The tests run the release build: it starts in 8 ms
# instead of 60, and they start it some thousand times.
TESTED = TCPALIVE_TEST=1 TCPALIVE_TOOL=$(CURDIR)/$(TOOL)

test: build ## Run all tests
	@$(SETUP) $(TEST_NEEDS)
	$(TESTED) swift build --build-tests $(SWIFT_FLAGS)
	$(TESTED) Tests/Scripts/tests.sh --skip-build --skip LabTests
	$(TESTED) Tests/Scripts/tests.sh --skip-build --filter LabTests # alone, because they measure times
	python3 Tests/Scripts/documentation.py $(TOOL)

# Optimized, as sanitizers are slow; so these are also the tests of the release mode. ThreadSanitizer gets the modules with threads,
# and the tests of the tool in which it has some. It does not survive what takes descriptors, file size or memory away.
sanitize: ## Run the tests in release mode with AddressSanitizer, ThreadSanitizer, and UBSan for C (Linux; 12 minutes)
	@$(SETUP) $(TEST_NEEDS)
	@# Optimizing a module takes one processor.
	$(MAKE) -j2 build-sanitize-address build-sanitize-thread
	$(MAKE) sanitize-address
	$(MAKE) sanitize-thread

sanitize-address sanitize-thread: sanitize-%: build-sanitize-%
	$(SANITIZED) Tests/Scripts/tests.sh $(SANITIZER) --skip-build $(SANITIZED_TESTS)

build-sanitize-address build-sanitize-thread: build-sanitize-%:
	@$(SETUP) $(TEST_NEEDS)
	$(SANITIZED) swift build $(SANITIZER) --build-tests

SANITIZER = --scratch-path .build-sanitize/$* --sanitize $* -c release -Xswiftc -enable-testing
# The Swift runtime keeps some memory to the end. The backtrace of Swift is made after a fork, which sanitizers do not survive.
SANITIZED = TCPALIVE_SANITIZE=$* ASAN_OPTIONS=detect_leaks=0 SWIFT_BACKTRACE=enable=no \
	TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/Scripts/thread-sanitizer.txt
# Without tests that read all captures again, through the same code as others.
sanitize-address: SANITIZED_TESTS = --skip 'LabTests|SceneTests.LightTests|AgreementTests|$(EXTRACTED)'
EXTRACTED = WrittenTests/extract
sanitize-thread: SANITIZED_TESTS = --filter '^(CaptureTests|AnalysisTests|SocketsTests|$(THREADED))' \
	--skip 'outOfDescriptors|fullDisk|MemoryTests/peak|$(EXTRACTED)'
THREADED = SceneTests\.(Fault|Memory|Privileges|Work|Written)Tests

# A package of its own, so that Package.resolved does not change.
stories: ## Compare the findings with 100,000 random connections whose truth is known (STORIES=n SEED=first; STORY=seed prints one)
	@mkdir -p .build-stories && ln -sf ../Package.swift ../Sources ../Tests .build-stories
	TCPALIVE_STORIES_ONLY=1 swift build --package-path .build-stories -c release --build-tests \
		-Xswiftc -enable-testing $(SWIFT_FLAGS)
	TCPALIVE_STORIES_ONLY=1 TCPALIVE_STORIES=$(STORIES) TCPALIVE_STORY_SEED=$(SEED) TCPALIVE_STORY=$(STORY) \
		swift test --package-path .build-stories -c release -Xswiftc -enable-testing --skip-build --filter StoryTests

fuzz: build-fuzz ## Call parsers, tracker, findings and reports with mutated input for TIME=60 seconds each (TARGET=name, RUNS=n, JOBS=n)
	@Tests/Fuzzing/fuzz.sh $(FUZZ) "$(TARGET)" "$(if $(RUNS),,$(TIME))" "$(RUNS)" $(JOBS)

build-fuzz: ## Build the fuzz targets with libFuzzer and AddressSanitizer, without running them
	@$(SETUP) $(BUILD_NEEDS)
	@mkdir -p .build-fuzz && ln -sfn ../Package.swift .build-fuzz/Package.swift && \
		ln -sfn ../Sources .build-fuzz/Sources && ln -sfn ../Tests .build-fuzz/Tests
	TCPALIVE_FUZZ=1 swift build --package-path .build-fuzz -c release --product fuzz

fuzz-corpus: build-fuzz ## Replace the committed corpus by the smallest set of old and new inputs with the same coverage (TARGET=name)
	@Tests/Fuzzing/fuzz.sh $(FUZZ) "$(TARGET)" merge

agree: build ## Compare marks and written files with tshark, for every capture below DIR
	@$(SETUP) tshark python3
	python3 Tests/Scripts/agree.py $(TOOL) $(DIR)
	python3 Tests/Scripts/written.py $(TOOL) captures

reports: build ## Check that reports fit the terminal, and that tables have the values of the JSON, for every capture
	@$(SETUP) python3
	python3 Tests/Scripts/widths.py $(TOOL) captures
	python3 Tests/Scripts/tables.py $(TOOL) captures

compare: build ## Compare the results with those of another build, OLD=path, for every capture below DIR
	@$(SETUP) python3
	python3 Tests/Scripts/compare.py $(or $(OLD),$(error OLD=path of another tcpalive)) $(TOOL) $(DIR) $(wildcard ../shared/field)

page: build ## Compare the pages of analyze --html, opened in Chromium, with JSON and tshark
	@$(SETUP) chromium tshark poppler-utils python3
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

recording: build ## Make the pictures in the README: a recording of watch, and a page
	@$(SETUP) python3 python3-venv $(LAB_NEEDS)
	@[ -x .build-recording/bin/termtosvg ] || { python3 -m venv .build-recording && \
		.build-recording/bin/pip install -q -r Tests/Scripts/recording-requirements.txt; }
	.build-recording/bin/python Tests/Scripts/recording.py $(TOOL) docs/watch.svg
	@$(SETUP) chromium pngquant
	python3 Tests/Scripts/screenshot.py $(TOOL) captures/verdicts/verdict-peer-dead.pcap docs/page.png 1000

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

bench-run: build ## Measure how long connect(2) takes, and how long under `tcpalive run` (Linux)
	@$(SETUP) gcc libc-dev
	@mkdir -p .build-run
	gcc -O2 -Wall -Wextra -Werror -o .build-run/connects Tests/Benchmarks/connects.c
	@for round in 1 2 3 4 5; do .build-run/connects 1000 && $(TOOL) run -- .build-run/connects 1000 || exit 1; done

lab: build ## Show how a client notices a dead peer, in two network namespaces (Linux; 10 seconds)
	@$(TOOL) lab

test-run: build ## Check run and tune with curl, redis-cli, psql, Go and Java: their options, and probes on the wire (Linux; 2 minutes)
	@$(SETUP) $(TEST_NEEDS) curl redis-tools postgresql-client golang-go default-jdk-headless
	$(TESTED) swift build --build-tests $(SWIFT_FLAGS)
	TCPALIVE_LAB=1 TCPALIVE_PROGRAMS=1 $(TESTED) swift test --skip-build --filter LabTests.RunProgramTests

torture: build ## Read 100,000 damaged captures and check that nothing breaks (FILES=n SEED=s FIRST=n; 25 minutes)
	@$(SETUP) gcc libc-dev python3
	@mkdir -p .build-torture
	gcc -O2 -Wall -Wextra -Werror -o .build-torture/run Tests/Torture/run.c
	python3 Tests/Torture/torture.py $(TOOL) .build-torture/run .build-torture --seed $(SEED) --first $(FIRST) --files $(FILES)

torture-lab: ## Run the lab tests with probes 100 times, end 100 watches during a flood, 100 readings by signals, long path timeouts (17 minutes)
	@$(SETUP) $(TEST_NEEDS)
	$(TESTED) swift build --build-tests $(SWIFT_FLAGS)
	TCPALIVE_LAB=1 TCPALIVE_LAB_RUNS=100 $(TESTED) swift test --skip-build --filter 'LabTests.SceneTests/scene'
	TCPALIVE_LAB=1 TCPALIVE_LAB_RUNS=100 $(TESTED) swift test --skip-build --filter LabTests.FloodTests
	TCPALIVE_LAB=1 TCPALIVE_LAB_RUNS=2 $(TESTED) swift test --skip-build --filter LabTests.ProbePathTests # 45 s, too
	TCPALIVE_FAULT_ROUNDS=100 $(TESTED) swift test --skip-build --filter SceneTests.FaultTests/interruptedAnytime

examples: ## Build the programs in Examples, which use the libraries from outside, and check their output
	@$(SETUP) $(BUILD_NEEDS) python3
	python3 Tests/Scripts/examples.py .build-examples $(EXAMPLE)

# Swift has its own clang.
C_FILES = $(wildcard Sources/*/*.c Tests/*/*.c Packaging/*.c)
C_FLAGS = -Wall -Wextra -Werror -DTCPALIVE_COMMIT='""' $(addprefix -I,$(wildcard Sources/*/include Tests/*/include))

lint: ## Check the format of the sources, cycles between files, and C code with clang's static analyzer
	swift format lint --strict --recursive Sources Tests Package.swift
	@$(SETUP) $(BUILD_NEEDS) python3
	python3 Tests/Scripts/cycles.py
	@for file in $(C_FILES); do \
		clang --analyze -Xclang -analyzer-werror --analyzer-output text $(C_FLAGS) -o /dev/null $$file || exit 1; done

clean: ## Remove all builds
	rm -rf .build .build-*

help: ## Print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22
