// swift-tools-version:6.2
import PackageDescription

// Coverage-guided fuzzing (libFuzzer) of the parsers that hostile input reaches. Run it with `make fuzz`, which builds all
// modules with -sanitize=fuzzer.
let package = Package(
    name: "fuzz",
    dependencies: [
        .package(name: "gatehouse", path: ".."),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
    ],
    targets: [
        .target(name: "LibFuzzer"),
        .target(name: "FuzzDriver", dependencies: ["LibFuzzer"]),
        .executableTarget(
            name: "FuzzSignature", dependencies: ["FuzzDriver", .product(name: "Signature", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzACME",
            dependencies: [
                "FuzzDriver", .product(name: "ACME", package: "gatehouse"),
                .product(name: "APIModels", package: "gatehouse"),
            ]),
        .executableTarget(
            name: "FuzzChunks", dependencies: ["FuzzDriver", .product(name: "Signature", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzQuery", dependencies: ["FuzzDriver", .product(name: "APIModels", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzJSON", dependencies: ["FuzzDriver", .product(name: "APIModels", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzREST", dependencies: ["FuzzDriver", .product(name: "APIModels", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzRESTXML", dependencies: ["FuzzDriver", .product(name: "APIModels", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzS3", dependencies: ["FuzzDriver", .product(name: "APIModels", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzListing",
            dependencies: [
                "FuzzDriver", .product(name: "Logging", package: "swift-log"),
                .product(name: "Server", package: "gatehouse"), .product(name: "Signature", package: "gatehouse"),
            ]),
        .executableTarget(
            name: "FuzzDynamoDB",
            dependencies: [
                "FuzzDriver", .product(name: "Mapping", package: "gatehouse"),
                .product(name: "Policy", package: "gatehouse"),
            ]),
        .executableTarget(
            name: "FuzzForm", dependencies: ["FuzzDriver", .product(name: "APIModels", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzEC2", dependencies: ["FuzzDriver", .product(name: "APIModels", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzCBOR", dependencies: ["FuzzDriver", .product(name: "APIModels", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzPolicy", dependencies: ["FuzzDriver", .product(name: "Policy", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzSAML", dependencies: ["FuzzDriver", .product(name: "SAML", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzLint",
            dependencies: [
                "FuzzDriver", .product(name: "Lint", package: "gatehouse"),
                .product(name: "Policy", package: "gatehouse"),
            ]),
        .executableTarget(
            name: "FuzzKeyMaterial",
            dependencies: ["FuzzDriver", .product(name: "KeyMaterial", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzLake", dependencies: ["FuzzDriver", .product(name: "LakeQuery", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzEventPatterns",
            dependencies: ["FuzzDriver", .product(name: "EventPatterns", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzLogPatterns",
            dependencies: ["FuzzDriver", .product(name: "LogPatterns", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzLogQueries", dependencies: ["FuzzDriver", .product(name: "LogQueries", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzLogMasking", dependencies: ["FuzzDriver", .product(name: "LogMasking", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzNames", dependencies: ["FuzzDriver", .product(name: "NameService", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzConfigSelect",
            dependencies: ["FuzzDriver", .product(name: "ConfigSelect", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzGuardRules",
            dependencies: ["FuzzDriver", .product(name: "GuardRules", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzThreatLists",
            dependencies: ["FuzzDriver", .product(name: "ThreatDetection", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzVersions",
            dependencies: ["FuzzDriver", .product(name: "Advisories", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzManifests",
            dependencies: ["FuzzDriver", .product(name: "Advisories", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzImages",
            dependencies: ["FuzzDriver", .product(name: "Advisories", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzAdvisories",
            dependencies: ["FuzzDriver", .product(name: "Advisories", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzMetricMath", dependencies: ["FuzzDriver", .product(name: "MetricMath", package: "gatehouse")]),
        // What no module exports is compiled here as well, by links to its files.
        .executableTarget(
            name: "FuzzPackTemplates",
            dependencies: [
                "FuzzDriver", .product(name: "GuardRules", package: "gatehouse"),
                .product(name: "Yams", package: "Yams"),
            ]),
        .executableTarget(name: "FuzzSchedules", dependencies: ["FuzzDriver"]),
        .executableTarget(
            name: "FuzzMapping", dependencies: ["FuzzDriver", .product(name: "Mapping", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzWebACL", dependencies: ["FuzzDriver", .product(name: "WAF", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzWebAuthn",
            dependencies: [
                "FuzzDriver", .product(name: "WebAuthn", package: "gatehouse"),
                .product(name: "APIModels", package: "gatehouse"),
            ]),
        .executableTarget(
            name: "FuzzCoreRules", dependencies: ["FuzzDriver", .product(name: "CoreRuleSet", package: "gatehouse")]),
        .executableTarget(
            name: "FuzzSimulation", dependencies: ["FuzzDriver", .product(name: "Simulation", package: "gatehouse")]),
    ],
    swiftLanguageModes: [.v6]
)
