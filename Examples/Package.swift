// swift-tools-version: 6.2
import PackageDescription

/// Programs outside of tcpalive that use its libraries alone. `make examples` builds and runs them.
let tcpalive = { (product: String) in Target.Dependency.product(name: product, package: "tcpalive") }

let package = Package(
    name: "Examples",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "tcpalive", path: "..")],
    targets: [
        .executableTarget(name: "MarkedFrames", dependencies: [tcpalive("Analysis")]),
        .executableTarget(name: "SegmentFindings", dependencies: [tcpalive("Analysis")]),
        .executableTarget(name: "LiveEvents", dependencies: [tcpalive("Analysis")]),
    ],
    swiftLanguageModes: [.v6]
)
