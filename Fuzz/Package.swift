// swift-tools-version:6.2
import PackageDescription

// Coverage-guided fuzzing (libFuzzer) of the parsers that hostile input reaches. Run it with `make fuzz`, which builds all
// modules with -sanitize=fuzzer.
let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "gatehouse", path: "..")],
    targets: [
        .executableTarget(name: "FuzzSignature", dependencies: [.product(name: "Signature", package: "gatehouse")]),
        .executableTarget(name: "FuzzQuery", dependencies: [.product(name: "APIModels", package: "gatehouse")]),
        .executableTarget(name: "FuzzJSON", dependencies: [.product(name: "APIModels", package: "gatehouse")]),
        .executableTarget(name: "FuzzPolicy", dependencies: [.product(name: "Policy", package: "gatehouse")]),
    ],
    swiftLanguageModes: [.v6]
)
