// swift-tools-version: 6.2
import PackageDescription

/// CI sets TCPALIVE_STRICT=1 to make warnings errors. Users with a newer compiler are not stopped by its new warnings.
let strict = Context.environment["TCPALIVE_STRICT"] == "1"

/// `make bench-micro` sets TCPALIVE_BENCHMARKS=1, which adds the package that only the micro-benchmarks need.
let benchmarks = Context.environment["TCPALIVE_BENCHMARKS"] == "1"

/// `make documentation` sets TCPALIVE_DOCS=1, which adds the plugin that only the documentation needs.
let documentation = Context.environment["TCPALIVE_DOCS"] == "1"

/// `make build` sets TCPALIVE_COMMIT to the commit that `tcpalive --version` prints. Context.gitInformation would give that of
/// an earlier build, because SwiftPM evaluates this file again only if the file or the environment has changed.
let commit = Context.environment["TCPALIVE_COMMIT"] ?? ""

/// `make build` sets TCPALIVE_LIBRARIES to a folder in which the linker looks for libraries first.
let libraries = Context.environment["TCPALIVE_LIBRARIES"].map { [LinkerSetting.unsafeFlags(["-L\($0)"])] } ?? []

/// `make sanitize` sets TCPALIVE_SANITIZE to `address` or `thread`: C code traps on undefined behavior, locks are those that ThreadSanitizer sees, and
/// tests are not optimized, because the compiler crashes on them.
let sanitizer = Context.environment["TCPALIVE_SANITIZE"] ?? ""
let sanitize = !sanitizer.isEmpty

/// The flags of C code.
let c: [CSetting] =
    (strict ? [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])] : [])
    + (sanitize ? [.unsafeFlags(["-fsanitize=undefined", "-fsanitize-trap=undefined"])] : [])

let house: [SwiftSetting] =
    [
        .strictMemorySafety(),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ] + (strict ? [.treatAllWarnings(as: .error)] : [])

/// The settings of the modules in which tests spend most of their time. `make test` sets TCPALIVE_TEST=1, and they are optimized
/// in a debug build, too; what traps without optimization traps as well, except for `assert`.
let busy: [SwiftSetting] = house + (Context.environment["TCPALIVE_TEST"] == "1" ? [.unsafeFlags(["-O"])] : [])

let package = Package(
    name: "tcpalive",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "tcpalive", targets: ["tcpalive"]),
        .library(name: "Platform", targets: ["Platform"]),
        .library(name: "Wire", targets: ["Wire"]),
        .library(name: "Capture", targets: ["Capture"]),
        .library(name: "KeepAlive", targets: ["KeepAlive"]),
        .library(name: "Sockets", targets: ["Sockets"]),
        .library(name: "Report", targets: ["Report"]),
        .library(name: "Analysis", targets: ["Analysis"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        .systemLibrary(name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"]), .brew(["libpcap"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
        .systemLibrary(name: "CLzma", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"]), .brew(["xz"])]),
        .systemLibrary(name: "CLz4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"]), .brew(["lz4"])]),
        // Without pkgConfig, whose flags SwiftPM refuses with a warning.
        .systemLibrary(name: "CNcurses", providers: [.apt(["libncurses-dev"])]),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        // Not CSystem: swift-system has a module of that name, and a program cannot use both.
        .target(name: "CTCPAlive", cSettings: c),
        .target(
            name: "CSandbox", dependencies: [.target(name: "CSeccomp", condition: .when(platforms: [.linux]))],
            cSettings: c),
        .target(name: "CCommit", cSettings: c + [.define("TCPALIVE_COMMIT", to: "\"\(commit)\"")]),
        // Not System: Apple's SDK has a module of that name.
        .target(
            name: "Platform", dependencies: ["CTCPAlive"],
            swiftSettings: house + (sanitize ? [.define("TCPALIVE_SANITIZE")] : [])),
        .target(name: "Sandbox", dependencies: ["Platform", "CSandbox"], swiftSettings: house),
        .target(name: "Wire", swiftSettings: busy),
        .target(
            name: "Capture",
            dependencies: ["Platform", "Wire", "CPcap", "CZlib", "CZstd", "CLzma", "CLz4", "CTCPAlive"],
            swiftSettings: house),
        .target(name: "KeepAlive", dependencies: ["Wire", "CTCPAlive"], swiftSettings: busy),
        .target(name: "Sockets", dependencies: ["Platform", "Wire", "CTCPAlive"], swiftSettings: house),
        .target(
            name: "Report",
            dependencies: ["Platform", "Wire", "KeepAlive", "Sockets"],
            exclude: ["tcpalive.schema.json"],
            resources: [.embedInCode("idle-timeouts.tsv"), .embedInCode("page.html")], swiftSettings: house),
        .target(
            name: "Analysis", dependencies: ["Platform", "Wire", "Capture", "KeepAlive", "Report"],
            swiftSettings: house),
        .executableTarget(
            name: "tcpalive",
            dependencies: [
                "Platform", "Sandbox", "Analysis", "Wire", "Capture", "KeepAlive", "Sockets", "Report", "CCommit",
                "CTCPAlive", .target(name: "CNcurses", condition: .when(platforms: [.linux])),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house, linkerSettings: libraries),
        // What the sandbox refuses: a program, because it cannot be undone.
        .target(name: "CProbe", path: "Tests/CProbe", cSettings: c),
        .executableTarget(
            name: "SandboxProbe", dependencies: ["CProbe", "Platform", "Sandbox"], path: "Tests/SandboxProbe",
            swiftSettings: house),
        .target(name: "Seeded", path: "Tests/Seeded", swiftSettings: house),
        // Random connections whose truth is known.
        .target(
            name: "Stories", dependencies: ["KeepAlive", "Seeded", "Wire"], path: "Tests/Stories", swiftSettings: house),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "Analysis", "Capture", "KeepAlive", "Platform", "Report", "Sockets", "Stories", "Wire", "CTCPAlive",
            ],
            path: "Tests/Fuzzing/Targets", swiftSettings: house),
        .testTarget(name: "WireTests", dependencies: ["Seeded", "Wire"], swiftSettings: house),
        .testTarget(
            name: "KeepAliveTests", dependencies: ["KeepAlive", "Seeded", "Stories", "Wire"], swiftSettings: house),
        .testTarget(
            name: "CaptureTests", dependencies: ["Capture", "Platform", "Wire", "CPcap"], swiftSettings: house),
        .testTarget(
            name: "ReportTests", dependencies: ["Report", "KeepAlive", "Platform", "Seeded", "Sockets", "Wire"],
            swiftSettings: house),
        .testTarget(
            name: "AnalysisTests", dependencies: ["Analysis", "Capture", "KeepAlive", "Report", "Wire"],
            swiftSettings: house),
        .testTarget(
            name: "FuzzTests", dependencies: ["FuzzTargets", "Platform", "Wire"], exclude: ["Corpus", "Regressions"],
            swiftSettings: house),
        .testTarget(
            name: "SceneTests", dependencies: ["tcpalive", "CSandbox", "SandboxProbe", "Seeded"], exclude: ["Help"],
            swiftSettings: house),
        .testTarget(name: "LabTests", dependencies: ["tcpalive"], exclude: ["Scripts"], swiftSettings: house),
        .testTarget(
            name: "SocketsTests", dependencies: ["Seeded", "Sockets", "Wire", "Report", "Platform", "tcpalive"],
            swiftSettings: house),
    ],
    swiftLanguageModes: [.v6]
)

if benchmarks {
    package.dependencies.append(.package(url: "https://github.com/ordo-one/benchmark", exact: "1.38.1", traits: []))
    package.targets.append(
        .executableTarget(
            name: "Micro",
            dependencies: ["Wire", "KeepAlive", .product(name: "Benchmark", package: "benchmark")],
            path: "Tests/Benchmarks/Micro", swiftSettings: house,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]))
}

if sanitizer == "thread" {
    // ThreadSanitizer does not see mremap(2), and takes memory that is used again for the same memory.
    for target in package.targets where target.swiftSettings != nil {
        target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-Xcc", "-DTCPALIVE_MALLOC"])]
    }
}

if sanitize {
    for target in package.targets where target.isTest {
        target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-Onone"])]
    }
}

if documentation {
    package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}

/// `make stories` sets TCPALIVE_STORIES_ONLY=1, which leaves only what its tests need: an optimized build of the other
/// modules would take minutes.
if Context.environment["TCPALIVE_STORIES_ONLY"] == "1" {
    let needed = ["CTCPAlive", "Wire", "KeepAlive", "Seeded", "Stories", "KeepAliveTests"]
    package.targets.removeAll { !needed.contains($0.name) }
    package.products.removeAll { !needed.contains($0.name) }
    package.dependencies = []
}

/// `make fuzz` sets TCPALIVE_FUZZ=1, which leaves the libraries, with AddressSanitizer, and adds the program that libFuzzer
/// drives. Only the code under test is instrumented for coverage, not the checks and not the grammar of segments.
if Context.environment["TCPALIVE_FUZZ"] == "1" {
    package.targets.removeAll { $0.type == .test || $0.name == "tcpalive" }
    package.products = [.executable(name: "fuzz", targets: ["fuzz"])]
    package.dependencies = []
    package.targets += [
        .systemLibrary(name: "CLibFuzzer", path: "Tests/Fuzzing/CLibFuzzer"),
        .executableTarget(
            name: "fuzz", dependencies: ["FuzzTargets", "CLibFuzzer"], path: "Tests/Fuzzing/LibFuzzer",
            swiftSettings: house,
            // gold cannot link it; lld comes with Swift.
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]),
    ]
    for target in package.targets {
        guard let settings = target.swiftSettings else { continue }
        let isTested = !["fuzz", "FuzzTargets", "Seeded", "Stories"].contains(target.name)
        let sanitizers = isTested ? "-sanitize=fuzzer,address" : "-sanitize=address"
        // TCPALIVE_MALLOC: AddressSanitizer checks the bounds of what malloc(3) returns.
        let flags = [sanitizers, "-enable-testing", "-Xcc", "-DTCPALIVE_MALLOC"]
        target.swiftSettings = settings + [.unsafeFlags(flags)]
    }
}
