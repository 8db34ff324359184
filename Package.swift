// swift-tools-version: 6.2
import PackageDescription

/// CI sets TCPALIVE_STRICT=1: a warning is an error there, and never in the way of a user with a newer compiler.
let strict = Context.environment["TCPALIVE_STRICT"] == "1"

let house: [SwiftSetting] =
    [
        .strictMemorySafety(),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ] + (strict ? [.treatAllWarnings(as: .error)] : [])

let package = Package(
    name: "tcpalive",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "tcpalive", targets: ["tcpalive"]),
        .library(name: "Wire", targets: ["Wire"]),
        .library(name: "Capture", targets: ["Capture"]),
        .library(name: "KeepAlive", targets: ["KeepAlive"]),
        .library(name: "Sockets", targets: ["Sockets"]),
        .library(name: "Report", targets: ["Report"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    ],
    targets: [
        .systemLibrary(name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"]), .brew(["libpcap"])]),
        .target(name: "CSystem"),
        .target(name: "Wire", swiftSettings: house),
        .target(name: "Capture", dependencies: ["Wire", "CPcap", "CSystem"], swiftSettings: house),
        .target(name: "KeepAlive", dependencies: ["Wire", "CSystem"], swiftSettings: house),
        .target(name: "Sockets", dependencies: ["CSystem"], swiftSettings: house),
        .target(
            name: "Report",
            dependencies: ["Wire", "KeepAlive", "Capture", .product(name: "Mustache", package: "swift-mustache")],
            exclude: ["tcpalive.schema.json"],
            resources: [.embedInCode("idle-timeouts.tsv"), .embedInCode("page.html")], swiftSettings: house),
        .executableTarget(
            name: "tcpalive",
            dependencies: [
                "Wire", "Capture", "KeepAlive", "Sockets", "Report",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house),
        .testTarget(name: "WireTests", dependencies: ["Wire"], swiftSettings: house),
        .testTarget(name: "KeepAliveTests", dependencies: ["KeepAlive", "Wire"], swiftSettings: house),
        .testTarget(name: "CaptureTests", dependencies: ["Capture", "Wire", "CPcap"], swiftSettings: house),
        .testTarget(
            name: "ReportTests", dependencies: ["Report", "KeepAlive", "Capture", "Wire"], swiftSettings: house),
        .testTarget(name: "SceneTests", dependencies: ["tcpalive"], exclude: ["Help"], swiftSettings: house),
        .testTarget(name: "LabTests", dependencies: ["tcpalive"], exclude: ["Scripts"], swiftSettings: house),
        .testTarget(name: "SocketsTests", dependencies: ["Sockets", "tcpalive"], swiftSettings: house),
    ],
    swiftLanguageModes: [.v6]
)
