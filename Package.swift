// swift-tools-version:6.2
import PackageDescription

/// What is used of other packages in more than one place.
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioExtras = Target.Dependency.product(name: "NIOExtras", package: "swift-nio-extras")
let nioHPACK = Target.Dependency.product(name: "NIOHPACK", package: "swift-nio-http2")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")

/// The API model of a service.
func api(_ name: String, in folder: String? = nil) -> Target {
    .target(name: "\(name)API", dependencies: ["Wire"], path: "Sources/API/\(folder ?? name)")
}

/// A service.
func service(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: "\(name)Service", dependencies: dependencies, path: "Sources/Services/\(name)")
}

/// The services of the tests that have every shape, one for each protocol.
let shapes = [
    "ShapesCBOR", "ShapesControl", "ShapesEC2", "ShapesJSON10", "ShapesJSON11", "ShapesMeter", "ShapesQuery",
    "ShapesRESTJSON", "ShapesRESTXML",
]

let shapesAPIs: [Target.Dependency] = shapes.map { .target(name: "\($0)API") }

let package = Package(
    name: "gatehouse",
    products: [
        .executable(name: "gatehouse", targets: ["gatehouse"]),
        .library(name: "Policy", targets: ["Policy"]),
        .library(name: "Reasoning", targets: ["Reasoning"]),
        .library(name: "Lint", targets: ["Catalogue", "Lint"]),
        .library(name: "Mapping", targets: ["Mapping", "Wire"]),
        .library(name: "Simulation", targets: ["Simulation"]),
        .library(name: "Signature", targets: ["Signature"]),
        .library(name: "KeyMaterial", targets: ["KeyMaterial"]),
        .library(name: "SAML", targets: ["SAML"]),
        .library(name: "WebAuthn", targets: ["WebAuthn"]),
        .library(name: "LakeQuery", targets: ["LakeQuery"]),
        .library(name: "ACME", targets: ["ACME"]),
        .library(name: "WAF", targets: ["WAF"]),
        .library(name: "LogPatterns", targets: ["LogPatterns"]),
        .library(name: "LogQueries", targets: ["LogQueries"]),
        .library(name: "LogMasking", targets: ["LogMasking"]),
        .library(name: "EventPatterns", targets: ["EventPatterns", "Wire"]),
        .library(name: "GuardRules", targets: ["GuardRules", "Wire"]),
        .library(name: "ThreatDetection", targets: ["ThreatDetection"]),
        .library(name: "NameService", targets: ["NameService"]),
        .library(name: "ConfigSelect", targets: ["ConfigSelect", "Wire"]),
        .library(name: "MetricMath", targets: ["MetricMath"]),
        .library(name: "Advisories", targets: ["Advisories", "PackageVersions", "Packages", "SBOM"]),
        .library(name: "CoreRuleSet", targets: ["CoreRuleSet", "WAF"]),
        // What the programs in Fuzz/ need besides.
        .library(name: "Server", targets: ["Server"]),
        .library(name: "APIModels", targets: ["Wire", "IAMAPI", "STSAPI", "CloudTrailAPI", "AccountAPI", "S3API"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin.git", from: "1.5.0"),
        .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
    ],
    targets: [
        // The engine: no HTTP, no services.
        .target(name: "Policy"),
        // What policies mean for all requests at once.
        .target(name: "Reasoning", dependencies: ["Policy"]),
        // Ways by which a principal can reach more than it has. No I/O.
        .target(name: "Escalation", dependencies: ["Catalogue", "Policy", "Reasoning"]),
        .target(name: "Signature", dependencies: [crypto]),
        .target(name: "Catalogue", dependencies: ["BundledData"]),
        .target(name: "Lint", dependencies: ["Catalogue", "Policy"]),
        // The questions of Access Analyzer's custom policy checks, and its words for the answers.
        .target(name: "CustomChecks", dependencies: ["Catalogue", "Policy", "Reasoning"]),
        .target(name: "Simulation", dependencies: ["Policy", "Wire"]),
        // What would have a denied request allowed, and a decision as it is drawn. No I/O.
        .target(name: "Remedies", dependencies: ["Catalogue", "Policy", "Wire"]),
        .target(name: "Learning", dependencies: ["Catalogue", "Directory", "Ledger", "Policy", "Wire"]),
        .target(name: "Wire", dependencies: ["CCBOR", "CXMLTree"]),
        // What requests to any AWS service ask for. No I/O.
        .target(name: "Mapping", dependencies: ["BundledData", "Catalogue", "Compression", "Policy", "Wire"]),
        .target(
            name: "CCBOR",
            // What `pkg-config libcbor` says: the headers lie where every compiler looks.
            linkerSettings: [.linkedLibrary("cbor")]),
        .target(name: "CXMLTree", dependencies: ["CLibXML2"]),
        .target(name: "Keyring", dependencies: ["CLibCrypto", crypto]),
        .target(
            name: "Bodies",
            dependencies: ["CCRC", "CMalloc", "Fetch", "Keyring", "Signature", "Wire", crypto, nioCore, nioPosix]),
        .target(name: "CCRC"),
        .target(name: "CMalloc"),
        .target(name: "Ledger", dependencies: ["CLibPQ", "CSQLiteSetup", "Keyring", grdb, grdbSQLite]),
        .systemLibrary(name: "CSQLiteSetup"),
        .target(name: "LakeQuery", dependencies: ["CSQLiteSetup", "Wire", grdbSQLite]),
        // libpq is loaded when a database is named.
        .target(name: "CLibPQ", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        .target(name: "Directory", dependencies: ["BundledData", "Policy", "Ledger", "Keyring"]),

        // Keys for others, and what is done with them: no service, no ledger.
        .target(name: "KeyMaterial", dependencies: ["CLibCrypto", "Keyring", crypto, asn1]),
        .target(
            name: "CLibCrypto",
            // What `pkg-config libcrypto` says: the headers lie where every compiler looks.
            linkerSettings: [.linkedLibrary("crypto")]),

        // What clients of ACME sign (RFC 8555): no service, no ledger.
        .target(name: "ACME", dependencies: ["Wire", crypto, cryptoExtras]),
        // What the domain name system says, as far as certificates depend on it.
        .target(name: "DomainRecords", dependencies: ["CLDNS"]),
        .target(name: "CLDNS", linkerSettings: [.linkedLibrary("ldns")]),
        // The resolver of names that instances of EC2 ask.
        .target(name: "NameService", dependencies: ["CLDNS", "Fetch", "Ledger", "Platform", "VPC", nioCore, nioPosix]),

        // Certificates, lists of revoked ones, and answers about them: no service, no ledger.
        .target(name: "CertificateIssuing", dependencies: ["CCertificates", crypto, cryptoExtras, asn1, x509]),
        .target(name: "CCertificates", linkerSettings: [.linkedLibrary("crypto")]),

        // A key that never leaves a hardware token.
        .target(name: "HardwareToken", dependencies: ["CPKCS11", "Keyring"]),
        .target(
            name: "CPKCS11",
            // What `pkg-config p11-kit-1 --cflags` says: the standard's header alone is needed, no library.
            cSettings: [.unsafeFlags(["-isystem", "/usr/include/p11-kit-1"])]),

        // How other servers are asked, and who vouches for people from elsewhere.
        // libcurl's headers alone are needed: it is loaded when it is used.
        .target(name: "CMail", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        .target(
            name: "Fetch",
            dependencies: ["CMail", "Wire", crypto, nioCore, nioHTTP1, nioPosix, nioSSL, nioTLS, x509]),
        .target(name: "OIDC", dependencies: ["Fetch", "Wire", crypto, cryptoExtras, jwtKit, x509]),

        // Budgets of clients, fair shares, and attacks told from what is usual. No I/O, no clock.
        .target(name: "Shield", dependencies: ["WAF"]),
        .target(
            name: "PacketFilter",
            dependencies: ["CProgram", "Shield", "WAF", logging, nioPosix, serviceLifecycle]),
        .target(name: "CProgram"),
        // How packages' versions are ordered. No I/O.
        .target(name: "PackageVersions"),
        // What is installed in folders, images and archives.
        .target(
            name: "Packages",
            dependencies: ["CArchive", "CSQLiteSetup", "Compression", "PackageVersions", "Wire", grdbSQLite]),
        // Documents for people, as PDF. libharu is loaded when one is made; its headers alone are needed.
        .target(name: "Documents", dependencies: ["CPDF"]),
        .target(name: "CPDF", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        // libarchive is loaded when an archive is read; its headers alone are needed.
        .target(name: "CArchive", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        // What is known of vulnerabilities, and which packages have them.
        .target(
            name: "Advisories", dependencies: ["Compression", "PackageVersions", "Packages", "Wire"],
            linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
        .target(name: "SBOM", dependencies: ["Packages", "Wire"]),
        // VPCs as values, and what can reach what in them. No I/O, no clock.
        .target(name: "VPC", dependencies: ["Policy"]),
        // Instances as processes of this machine: namespaces, interfaces, tables of nftables made of security groups and ACLs.
        .target(
            name: "InstanceRuntime", dependencies: ["CProgram", "VPC", logging, nioCore, nioPosix]),
        // What an instance's metadata shows, by path. No I/O, no clock.
        .target(name: "InstanceMetadata", dependencies: ["Wire"]),
        // The web application firewall: what web ACLs say of requests. No I/O.
        .target(name: "WAF", dependencies: ["CLibInjection", "CRE2", crypto]),
        // Filter patterns of CloudWatch Logs. No I/O.
        .target(name: "LogPatterns", dependencies: ["WAF", "Wire"]),
        // What CloudWatch computes of metrics, and the states of alarms. No I/O, no clock.
        .target(name: "MetricMath", dependencies: ["Wire"]),
        // EventBridge's event patterns and input transformers, SNS's filter policies. No I/O.
        .target(name: "EventPatterns", dependencies: ["WAF", "Wire"]),
        // CloudWatch Logs Insights: its query language and what a query does with events. No I/O.
        .target(name: "LogQueries", dependencies: ["LogPatterns", "WAF", "Wire"]),
        // CloudWatch Logs' data protection: what managed and own data identifiers find, and the masking of it. No I/O.
        .target(name: "LogMasking", dependencies: ["WAF", "Wire"]),
        // The language of AWS CloudFormation Guard. No I/O.
        .target(name: "GuardRules", dependencies: ["WAF", "Wire"]),
        // AWS Config's SQL, in words of the ledger's database. No I/O.
        .target(name: "ConfigSelect", dependencies: ["Wire"]),
        // What GuardDuty looks for in calls. No I/O, no clock.
        .target(name: "ThreatDetection", dependencies: ["Policy", "WAF", "Wire"]),
        // libmodsecurity, which has libinjection in it, is loaded when it is used.
        .target(name: "CLibInjection", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),
        // libpsl is loaded when it is asked.
        .target(name: "CPublicSuffix", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        // The OWASP Core Rule Set, as far as requests go: a reader of its rules, and what asks them. Its files are not here.
        .target(name: "CoreRuleSet", dependencies: ["CXMLTree", "WAF"]),

        // What a service is written against, and the generated API models.
        .target(
            name: "Platform",
            dependencies: [
                "Bodies", "CLibCrypto", "Directory", "DomainRecords", "Fetch", "HardwareToken", "OIDC", "Policy",
                "Ledger", "Keyring", "Signature", "VPC", "WebAuthn", "Wire", crypto, cryptoExtras, logging,
            ]),
        api("IAM"),
        api("STS"),
        api("CloudTrail"),
        api("CloudTrailData"),
        api("Organizations"),
        api("Account", in: "AccountManagement"),
        api("KMS"),
        api("CertificateManager"),
        api("ACMPCA"),
        api("GuardDuty"),
        api("Inspector2"),
        api("S3"),
        api("AccessAnalyzer"),
        api("S3Control"),
        api("Artifact"),
        api("WellArchitected"),
        api("Signin"),
        api("Support"),
        api("TrustedAdvisor"),
        api("CognitoIDP"),
        api("CognitoIdentity"),
        api("WAFV2"),
        api("ShieldAdvanced"),
        api("CloudWatchLogs"),
        api("CloudWatch"),
        api("EventBridge"),
        api("SNS"),
        .target(name: "EC2API", dependencies: ["Wire"], path: "Sources/API/EC2", exclude: ["Operations.txt"]),
        api("SQS"),
        api("AWSConfig"),
        api("Budgets"),
        api("CostAndUsageReport"),
        api("CostExplorer"),
        api("DataExports"),
        api("FreeTier"),

        .target(name: "SAML", dependencies: ["CXMLSecurity", "CXMLTree", "Wire"]),
        // Passkeys: what browsers and authenticators say, verified. No I/O.
        .target(name: "WebAuthn", dependencies: ["CCBOR", "Wire", crypto, cryptoExtras]),
        .target(
            name: "CXMLSecurity",
            dependencies: ["CLibXML2", "CXMLTree"],
            // What `pkg-config xmlsec1 --cflags` says; SwiftPM takes no definitions from there.
            cSettings: [
                .unsafeFlags(["-isystem", "/usr/include/xmlsec1"]), .define("XMLSEC_CRYPTO_OPENSSL"),
                .define("XMLSEC_NO_CRYPTO_DYNAMIC_LOADING"), .define("XMLSEC_NO_SIZE_T"),
                .define("XMLSEC_NO_GOST"), .define("XMLSEC_NO_GOST2012"), .define("XMLSEC_OPENSSL3_ENGINES"),
                .define("__XMLSEC_FUNCTION__", to: "__func__"),
            ],
            linkerSettings: [.linkedLibrary("xmlsec1-openssl"), .linkedLibrary("xmlsec1")]),
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxmlsec1-dev"])]),

        // The services.
        service(
            "IAM",
            [
                "Catalogue", "Fetch", "Learning", "OIDC", "Platform", "QRCodes", "SAML", "IAMAPI", "WebAuthn", crypto,
                cryptoExtras, x509,
            ]),
        service("STS", ["OIDC", "Platform", "SAML", "STSAPI", crypto]),
        service("Organizations", ["Platform", "OrganizationsAPI"]),
        service(
            "S3",
            [
                "Bodies", "Catalogue", "Compression", "Fetch", "KMSAPI", "Platform", "S3API", "S3ControlAPI", "SNSAPI",
                "SQSAPI", "STSAPI", crypto,
            ]),
        service("Account", ["Platform", "AccountAPI"]),
        service("Signin", ["OIDC", "Platform", "SigninAPI", crypto]),
        service(
            "CognitoIDP",
            [
                "CLibCrypto", "CloudWatchLogsAPI", "CognitoIDPAPI", "Compression", "Directory", "Fetch", "KMSAPI",
                "KeyMaterial", "Keyring", "Ledger", "OIDC", "Platform", "Policy", "S3API", "SAML", "STSAPI", "WebAuthn",
                "Wire", crypto, cryptoExtras, jwtKit, x509,
            ]),
        service(
            "CognitoIdentity",
            [
                "CognitoIdentityAPI", "Directory", "Ledger", "OIDC", "Platform", "Policy", "SAML", "STSAPI", "Wire",
                crypto,
            ]),
        service(
            "WAFV2",
            [
                "CMaxMind", "CPublicSuffix", "CloudWatchLogsAPI", "Compression", "CoreRuleSet", "Directory", "Keyring",
                "Ledger", "Pages", "Platform", "Policy", "S3API", "WAF", "WAFV2API", "WebACLAssets", "Wire", crypto,
            ]),
        .target(name: "WebACLAssets"),
        // libmaxminddb is loaded when it is used; its header alone is needed.
        .target(name: "CMaxMind", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        service(
            "Shield",
            [
                "Directory", "Ledger", "Platform", "Policy", "S3API", "Shield", "ShieldAdvancedAPI", "WAF", "WAFV2API",
                "Wire",
            ]),
        service(
            "CloudWatchLogs",
            [
                "Bodies", "CloudWatchLogsAPI", "Compression", "Directory", "Fetch", "KMSAPI", "Ledger", "LogMasking",
                "LogPatterns", "LogQueries", "Platform", "Policy", "S3API", "STSAPI", "Wire", crypto,
            ]),
        service(
            "CloudWatch",
            [
                "CloudWatchAPI", "Directory", "Ledger", "MetricMath", "Platform", "Policy", "SNSAPI", "Wire", crypto,
            ]),
        service(
            "EventBridge",
            [
                "CloudWatchLogsAPI", "Directory", "EventBridgeAPI", "EventPatterns", "Fetch", "KMSAPI", "Ledger",
                "Platform", "Policy", "SNSAPI", "SQSAPI", "STSAPI", "Wire",
            ]),
        service(
            "SNS",
            [
                "Directory", "EventPatterns", "Fetch", "KMSAPI", "Ledger", "LogMasking", "OIDC", "Platform", "Policy",
                "SNSAPI", "SQSAPI", "Wire", crypto, cryptoExtras, x509,
            ]),
        service("SQS", ["Directory", "KMSAPI", "Keyring", "Ledger", "Platform", "Policy", "SQSAPI", "Wire", crypto]),
        // What an account should have or be: the checks of audits, and the conditions of AWS Config's managed rules.
        .target(
            name: "Posture",
            dependencies: [
                "CustomChecks", "Directory", "Ledger", "LogPatterns", "Platform", "Policy", "Reasoning", "Remedies",
                "Wire", crypto,
            ]),
        service(
            "Config",
            [
                "AWSConfigAPI", "AccountAPI", "CloudTrailAPI", "CloudWatchAPI", "CloudWatchLogsAPI", "Compression",
                "ConfigSelect", "CustomChecks", "Directory", "EC2API", "Fetch", "GuardDutyAPI", "GuardRules", "IAMAPI",
                "KMSAPI", "Ledger", "OrganizationsAPI", "Platform", "Policy", "Posture", "Reasoning", "S3API",
                "S3ControlAPI", "SNSAPI", "STSAPI", "ShieldAdvancedAPI", "WAFV2API", "Wire", crypto,
                .product(name: "Yams", package: "Yams"),
            ]),
        service(
            "Artifact",
            [
                "ArtifactAPI", "BundledData", "Compression", "Directory", "Documents", "KMSAPI", "Ledger", "Platform",
                "Policy", "Posture", "Wire", crypto,
            ]),
        service(
            "WellArchitected",
            ["Directory", "Documents", "Ledger", "Platform", "Policy", "Posture", "WellArchitectedAPI", "Wire", crypto]),
        service(
            "EC2",
            [
                "CloudWatchLogsAPI", "Compression", "Directory", "EC2API", "KMSAPI", "Ledger", "Platform", "Policy",
                "S3API", "STSAPI", "VPC", "Wire", crypto, cryptoExtras,
            ]),
        service(
            "Support",
            ["Directory", "Ledger", "Platform", "Posture", "SupportAPI", "TrustedAdvisorAPI", "Wire", crypto]),
        service("KMS", ["Fetch", "HardwareToken", "KeyMaterial", "Platform", "Signature", "KMSAPI", crypto, x509]),
        service(
            "CloudTrail",
            [
                "CloudTrailAPI", "CloudTrailDataAPI", "CloudWatchLogsAPI", "Compression", "KMSAPI", "KeyMaterial",
                "LakeQuery", "OrganizationsAPI", "Platform", "S3API", "SNSAPI", "STSAPI", crypto,
            ]),

        service(
            "AccessAnalyzer",
            [
                "AccessAnalyzerAPI", "Catalogue", "CloudTrailAPI", "CustomChecks", "IAMAPI", "Learning", "Lint",
                "Platform", "Reasoning", "S3API", "STSAPI", crypto,
            ]),

        service(
            "ACMPCA",
            [
                "ACMPCAAPI", "CertificateIssuing", "Directory", "HardwareToken", "KeyMaterial", "Ledger", "OIDC",
                "Platform", "Policy", "S3API", "Wire", nioCore, x509,
            ]),

        service(
            "ACM",
            [
                "ACME", "ACMPCAAPI", "CPublicSuffix", "CertificateIssuing", "CertificateManagerAPI", "Directory",
                "DomainRecords", "Fetch", "Keyring", "KeyMaterial", "Ledger", "OIDC", "Platform", "Policy", "STSAPI",
                "Wire", crypto, cryptoExtras, nioCore, x509,
            ]),

        service(
            "GuardDuty",
            [
                "Compression", "Directory", "GuardDutyAPI", "Ledger", "OrganizationsAPI", "Platform", "Policy", "S3API",
                "ThreatDetection", "WAF", "Wire", crypto,
            ]),
        service(
            "Inspector2",
            [
                "Advisories", "CProgram", "Directory", "Inspector2API", "KMSAPI", "Ledger", "OrganizationsAPI",
                "Packages",
                "Platform", "Policy", "S3API", "SBOM", "VPC", "Wire", crypto,
            ]),

        // What calls cost: exact amounts, prices, filters, forecasts, lines of reports. No I/O, no clock.
        .target(name: "Costs"),
        // Every call, counted from the event history; and bills made of that.
        .target(name: "Metering", dependencies: ["Costs", "Directory", "Ledger", "Platform", "Wire", crypto]),
        service("CostExplorer", ["CostExplorerAPI", "Costs", "FreeTierAPI", "Ledger", "Metering", "Platform", "Wire"]),
        service(
            "Budgets",
            [
                "BudgetsAPI", "Costs", "Directory", "IAMAPI", "Ledger", "Metering", "OrganizationsAPI", "Platform",
                "Policy",
                "SNSAPI", "STSAPI", "Wire",
            ]),
        service(
            "CostAndUsageReport",
            [
                "CProgram", "Compression", "CostAndUsageReportAPI", "Costs", "DataExportsAPI", "Directory", "Ledger",
                "Metering", "Platform", "Policy", "S3API", "Wire", crypto, nioPosix,
            ]),

        // Encryption in transit: the certificates that the server shows.
        .target(
            name: "TransportSecurity",
            dependencies: ["Ledger", "Platform", "Wire", crypto, logging, nioCore, nioSSL, x509]),

        // The way of a request, and the program.
        .target(name: "Gate", dependencies: ["Learning", "Platform", "Remedies", logging]),
        // Connections as they are taken from the network: how many, for how long, encrypted or not.
        .target(name: "Intake", dependencies: ["Platform", logging, nioCore, nioHTTP2, nioSSL, nioTLS]),
        .target(
            name: "Edge",
            dependencies: [
                "Compression", "Gate", "Intake", "Platform", "Signature", "TransportSecurity", "Wire", logging, nioCore,
                nioExtras, nioHTTP1, nioHTTP2, nioPosix, nioSSL, nioTLS, serviceLifecycle,
            ]),
        // The reverse proxy before the operator's own web applications.
        .target(
            name: "WebFront",
            dependencies: [
                "CertificateIssuing", "Fetch", "Intake", "Platform", "TransportSecurity", "WAF", "Wire", crypto,
                logging, nioCore, nioExtras, nioHTTP1, nioHPACK, nioHTTP2, nioPosix, nioSSL, nioTLS, serviceLifecycle,
                asn1, unixSignals, x509,
            ]),
        // Other endpoints behind Gatehouse.
        .target(
            name: "Upstreams",
            dependencies: [
                "Bodies", "Catalogue", "Directory", "Fetch", "Ledger", "Mapping", "Platform", "Policy", "Signature",
                "Wire", logging, asn1, x509,
            ]),
        // What all sites for people are made of: forms, templates, what browsers keep.
        .target(name: "Pages", dependencies: ["Keyring", "Platform", "Wire", crypto, mustache]),
        // The pages on which the users of user pools sign in, and the OAuth 2.0 endpoints beside them.
        .target(
            name: "ManagedLogin",
            dependencies: [
                "CognitoIDPService", "Keyring", "ManagedLoginAssets", "Pages", "Platform", "QRCodes", "WebAuthn",
                "Wire", mustache,
            ]),
        // Its templates, style and script as files, compiled in as they are (C23 #embed).
        .target(name: "ManagedLoginAssets"),
        // Sign-in and pages for people.
        .target(
            name: "Console",
            dependencies: [
                "AccessAnalyzerAPI", "AccessAnalyzerService", "AccountAPI", "Catalogue", "CloudTrailAPI",
                "ConsoleAssets", "Directory", "Gate", "IAMAPI", "IAMService", "KMSAPI", "Keyring", "Ledger", "Lint",
                "OrganizationsAPI", "Pages", "Platform", "Policy", "Remedies", "S3API", "S3ControlAPI", "STSAPI",
                "STSService", "SigninService", "Simulation", "WebAuthn", "Wire", logging, crypto, nioCore, mustache,
            ]),
        // The console's templates, style and script as files, compiled in as they are (C23 #embed).
        .target(name: "ConsoleAssets"),
        // The metadata service of EC2's instances: its addresses, tokens, credentials and signatures.
        .target(
            name: "MetadataService",
            dependencies: [
                "CertificateIssuing", "Directory", "Edge", "Gate", "InstanceMetadata", "Keyring", "Ledger", "OIDC",
                "Platform", "STSAPI", "VPC", "Wire", asn1, crypto, cryptoExtras, logging, x509,
            ]),
        .target(
            name: "Server",
            dependencies: [
                "Bodies", "Catalogue", "Console", "DomainRecords", "Edge", "Escalation", "Fetch", "Gate",
                "HardwareToken", "InstanceRuntime", "Keyring", "Learning", "Ledger", "ManagedLogin", "MetadataService",
                "NameService",
                "OIDC", "Platform", "Posture", "Remedies", "Signature", "Upstreams", "VPC", "Wire", "IAMService",
                "STSService",
                "CloudTrailService", "OrganizationsService",
                "AccountService", "GuardDutyService", "Inspector2Service", "KMSService", "S3Service",
                "AccessAnalyzerService",
                "CognitoIDPService",
                "CognitoIdentityService", "SigninService", "ACMPCAService", "ACMService", "PacketFilter", "Shield",
                "ShieldService", "WAF", "WAFV2Service", "WebFront", "CloudWatchLogsService", "CloudWatchService",
                "ArtifactService", "ConfigService", "EC2Service", "EventBridgeService", "SNSService", "SQSService",
                "SupportService", "TransportSecurity", "WellArchitectedService", "BudgetsService",
                "CostAndUsageReportService",
                "CostExplorerService", "Costs", "Metering",
                crypto, logging, serviceLifecycle, asn1, unixSignals, x509,
            ]),
        .executableTarget(
            name: "gatehouse",
            dependencies: [
                "Catalogue", "Costs", "CustomChecks", "Directory", "DomainRecords", "Edge", "Escalation", "Fetch",
                "Gate",
                "HardwareToken", "InstanceRuntime", "Keyring", "Learning", "Lint", "Mapping", "NoICUData", "Platform",
                "Policy", "Posture", "Reasoning", "Remedies", "Server", "Signature", "Simulation", "TransportSecurity",
                "Upstreams", "VPC",
                "WAF", "WAFV2Service", "WebFront", "Wire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"), logging, nioCore,
                nioPosix, serviceLifecycle, unixSignals, x509,
            ]),

        // What `make bench` measures with, and against.
        .executableTarget(
            name: "BareHTTP",
            dependencies: [
                "KeyMaterial", .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"), logging, nioCore, nioPosix,
            ],
            path: "Benchmarks/BareHTTP"),
        .target(name: "LinearScan", path: "Benchmarks/LinearScan"),
        .executableTarget(
            name: "PolicyBench",
            dependencies: ["Policy", "Directory", "Ledger", "LinearScan"],
            path: "Benchmarks/PolicyBench"),
        .executableTarget(name: "WAFBench", dependencies: ["CoreRuleSet", "WAF"], path: "Benchmarks/WAFBench"),
        .executableTarget(
            name: "EventsBench", dependencies: ["EventPatterns", "Wire"], path: "Benchmarks/EventsBench"),
        .executableTarget(
            name: "AdvisoriesBench", dependencies: ["Advisories", "Packages"], path: "Benchmarks/AdvisoriesBench"),
        .executableTarget(
            name: "ReachBench", dependencies: ["VPC"], path: "Benchmarks/ReachBench",
            linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),

        .executableTarget(
            name: "ReasonBench",
            dependencies: ["BundledData", "Catalogue", "Policy", "PolicyCases", "Reasoning"],
            path: "Benchmarks/ReasonBench"),

        // Facts about AWS as files, compiled in as they are (C23 #embed).
        .target(name: "BundledData"),
        .target(name: "NoICUData"),
        .systemLibrary(name: "CQREncode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),
        .target(name: "QRCodes", dependencies: ["CPNG", "CQREncode"]),
        .target(name: "Compression", dependencies: ["CZlib"]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),

        // Services of the tests, and a Gatehouse that has them: what one service is to another is shown by these.
        .target(name: "VaultAPI", dependencies: ["Wire"], path: "Tests/Probe/API/Vault"),
        .target(name: "DepotAPI", dependencies: ["Wire"], path: "Tests/Probe/API/Depot"),
        .target(name: "CourierAPI", dependencies: ["Wire"], path: "Tests/Probe/API/Courier"),
        .target(name: "VaultService", dependencies: ["Platform", "VaultAPI"], path: "Tests/Probe/Vault"),
        .target(
            name: "CourierService",
            dependencies: ["Platform", "CourierAPI", "KMSAPI", "VaultAPI"],
            path: "Tests/Probe/Courier"),
        .target(name: "DepotService", dependencies: ["Platform", "DepotAPI", crypto], path: "Tests/Probe/Depot"),
        .target(name: "ShapesService", dependencies: ["Platform", "Wire"] + shapesAPIs, path: "Tests/Probe/Shapes"),
        .executableTarget(
            name: "probe-server",
            dependencies: [
                "CourierService", "DepotService", "Edge", "Server", "ShapesService", "VaultService", logging,
                serviceLifecycle,
            ],
            path: "Tests/Probe/Server"),

        .testTarget(name: "CatalogueTests", dependencies: ["Catalogue"]),
        .testTarget(name: "CertificateIssuingTests", dependencies: ["CertificateIssuing", crypto, asn1, x509]),
        .testTarget(name: "DomainRecordsTests", dependencies: ["DomainRecords"]),
        .testTarget(name: "NameServiceTests", dependencies: ["NameService"]),
        .testTarget(name: "FetchTests", dependencies: ["Fetch", crypto, nioCore, nioHTTP1, nioPosix, nioSSL, x509]),
        .testTarget(name: "KeyringTests", dependencies: ["Keyring", crypto]),
        .testTarget(name: "KeyMaterialTests", dependencies: ["CLibCrypto", "KeyMaterial", crypto, cryptoExtras]),
        .testTarget(name: "HardwareTokenTests", dependencies: ["HardwareToken", "Keyring"]),
        // Bounds of time that hold on a busy machine.
        .target(name: "ProcessorTime", path: "Tests/ProcessorTime"),
        .testTarget(name: "LintTests", dependencies: ["BundledData", "Catalogue", "Lint", "Policy", "ProcessorTime"]),
        .testTarget(
            name: "MappingTests",
            dependencies: ["BundledData", "Catalogue", "Compression", "Mapping", "Policy", "Wire"]),
        // Random policies and requests, and an evaluator that is slow and plain, for the tests of both modules.
        .target(name: "PolicyCases", dependencies: ["Policy"], path: "Tests/PolicyCases"),
        .testTarget(name: "PolicyTests", dependencies: ["Policy", "PolicyCases", "ProcessorTime"]),
        .testTarget(name: "CustomChecksTests", dependencies: ["CustomChecks", "Policy", "Reasoning"]),
        .testTarget(name: "EscalationTests", dependencies: ["Catalogue", "Escalation", "Policy", "Reasoning"]),
        .testTarget(
            name: "ReasoningTests", dependencies: ["Reasoning", "Policy", "PolicyCases"],
            resources: [.copy("Published")]),
        .testTarget(
            name: "PostureTests", dependencies: ["Directory", "LogPatterns", "Platform", "Posture", "Wire"]),
        .testTarget(name: "RemediesTests", dependencies: ["Policy", "PolicyCases", "Remedies"]),
        .testTarget(name: "SAMLTests", dependencies: ["ProcessorTime", "SAML"], resources: [.copy("Documents")]),
        // A browser and an authenticator in software, for the tests of all that take passkeys.
        .target(
            name: "SoftwareAuthenticator",
            dependencies: ["CCBOR", "WebAuthn", "Wire", crypto, cryptoExtras],
            path: "Tests/SoftwareAuthenticator"),
        .testTarget(name: "WebAuthnTests", dependencies: ["SoftwareAuthenticator", "WebAuthn", "Wire"]),
        .testTarget(name: "SignatureTests", dependencies: ["Signature"], resources: [.copy("Vectors")]),
        .testTarget(
            name: "WireTests",
            dependencies: ["Wire", "IAMAPI", "STSAPI", "CloudTrailAPI", "AccountAPI"] + shapesAPIs),
        .testTarget(name: "BodiesTests", dependencies: ["Bodies", "Fetch", crypto]),
        .testTarget(name: "LedgerTests", dependencies: ["Ledger", "Keyring", grdb]),
        .testTarget(name: "DirectoryTests", dependencies: ["Directory"]),
        .testTarget(
            name: "PlatformTests",
            dependencies: [
                "Directory", "Keyring", "Ledger", "OIDC", "Platform", "SoftwareAuthenticator", "WebAuthn", "Wire",
                logging,
            ]),
        .testTarget(name: "LearningTests", dependencies: ["Learning", "Policy", "Wire"]),
        .testTarget(name: "SimulationTests", dependencies: ["Simulation", "Policy", "Wire"]),
        .testTarget(
            name: "KMSTests",
            dependencies: ["KMSService", "KeyMaterial", "Directory", "Keyring", "Ledger", "OIDC", "Platform", "Wire"]),
        .testTarget(
            name: "S3Tests",
            dependencies: [
                "S3Service", "Bodies", "CloudWatchAPI", "Directory", "Keyring", "Ledger", "OIDC", "Platform", "Policy",
                "Wire",
                crypto, logging,
            ]),
        .testTarget(name: "LakeQueryTests", dependencies: ["LakeQuery"]),
        .testTarget(name: "CloudTrailTests", dependencies: ["CloudTrailService", "Compression", "Ledger", "Wire"]),
        .testTarget(
            name: "AccessAnalyzerTests",
            dependencies: [
                "AccessAnalyzerAPI", "AccessAnalyzerService", "Directory", "Learning", "Ledger", "Lint", "Platform",
                "Policy", "Reasoning",
            ]),
        .testTarget(name: "OrganizationsTests", dependencies: ["OrganizationsService", "Platform"]),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "CourierService", "Directory", "Edge", "Gate", "IAMService", "Ledger", "Platform", "Policy", "Remedies",
                "Server", "Shield", "ShieldService", "SoftwareAuthenticator", "VaultService", "WAF", "WAFV2API",
                "WAFV2Service", "WebAuthn", logging,
            ]),
        .testTarget(
            name: "WebFrontTests",
            dependencies: [
                "CertificateIssuing", "Intake", "Platform", "Server", "WAF", "WebFront", crypto, logging, nioCore,
                .product(name: "NIOEmbedded", package: "swift-nio"), nioHPACK, nioHTTP2, nioPosix, x509,
            ]),
        .testTarget(
            name: "UpstreamsTests",
            dependencies: ["Directory", "Keyring", "Ledger", "Mapping", "Platform", "Policy", "Upstreams", "Wire"]),
        .testTarget(name: "OIDCTests", dependencies: ["Fetch", "OIDC", "Wire", jwtKit]),
        .testTarget(name: "ACMTests", dependencies: ["ACMService"]),
        .testTarget(name: "ACMETests", dependencies: ["ACME", "Wire", crypto]),
        .testTarget(
            name: "CognitoIDPTests",
            dependencies: [
                "CognitoIDPAPI", "CognitoIDPService", "Directory", "Keyring", "Ledger", "OIDC", "Platform", "Wire",
                crypto,
            ],
            resources: [.copy("srp.json")]),
        .testTarget(name: "ManagedLoginTests", dependencies: ["CognitoIDPService", "ManagedLogin", "Pages", "Wire"]),
        .testTarget(
            name: "CognitoIdentityTests",
            dependencies: ["CognitoIdentityService", "Keyring", "Ledger", "OIDC", "Platform", "Policy", "Wire"]),
        .testTarget(name: "WAFTests", dependencies: ["ProcessorTime", "WAF"]),
        .testTarget(name: "LogPatternsTests", dependencies: ["LogPatterns"]),
        .testTarget(
            name: "CloudWatchLogsTests",
            dependencies: [
                "CloudWatchLogsAPI", "CloudWatchLogsService", "Directory", "Keyring", "Ledger", "OIDC", "Platform",
                "Wire", crypto, logging,
            ]),
        .testTarget(name: "MetricMathTests", dependencies: ["MetricMath"]),
        .testTarget(name: "CostsTests", dependencies: ["Costs"]),
        .testTarget(name: "MeteringTests", dependencies: ["Ledger", "Metering", "Wire"]),
        .testTarget(name: "InstanceMetadataTests", dependencies: ["InstanceMetadata"]),
        .testTarget(name: "EventPatternsTests", dependencies: ["EventPatterns", "Wire"]),
        .testTarget(name: "VPCTests", dependencies: ["VPC"]),
        .testTarget(name: "LogQueriesTests", dependencies: ["LogQueries"]),
        .testTarget(name: "LogMaskingTests", dependencies: ["LogMasking"]),
        .testTarget(name: "GuardRulesTests", dependencies: ["GuardRules", "Wire"]),
        .testTarget(name: "ConfigSelectTests", dependencies: ["ConfigSelect", "Wire"]),
        .testTarget(
            name: "CloudWatchTests",
            dependencies: [
                "CloudWatchAPI", "CloudWatchService", "Directory", "Keyring", "Ledger", "MetricMath", "OIDC",
                "Platform", "Wire", logging,
            ]),
        .testTarget(
            name: "EventBridgeTests",
            dependencies: [
                "Directory", "EventBridgeAPI", "EventBridgeService", "Keyring", "Ledger", "OIDC", "Platform", "Wire",
                logging,
            ]),
        .testTarget(name: "SNSTests", dependencies: ["SNSService", "EventPatterns", "Ledger", "Platform", "Wire"]),
        .testTarget(
            name: "EC2Tests",
            dependencies: ["EC2API", "EC2Service", "Directory", "Ledger", "Platform", "VPC", "Wire"]),
        .testTarget(
            name: "SQSTests",
            dependencies: ["SQSService", "Directory", "Keyring", "Ledger", "OIDC", "Platform", "SQSAPI", "Wire"]),
        .testTarget(
            name: "ConfigServiceTests",
            dependencies: [
                "AWSConfigAPI", "ConfigService", "Directory", "Keyring", "Ledger", "OIDC", "Platform", "Posture",
                "Wire",
                logging,
            ]),
        // Packages and vulnerabilities by themselves, for tests that compare them with other programs.
        .executableTarget(
            name: "package-tool", dependencies: ["Advisories", "PackageVersions", "Packages", "SBOM", "Wire"],
            path: "Tests/PackageTool"),
        .testTarget(name: "PackageVersionsTests", dependencies: ["PackageVersions"]),
        .testTarget(name: "PackagesTests", dependencies: ["Packages"]),
        .testTarget(
            name: "AdvisoriesTests", dependencies: ["Advisories", "PackageVersions", "Packages", "SBOM", "Wire"]),
        // The Core Rule Set by itself, for tests that compare it with libmodsecurity, and for measurements.
        .executableTarget(name: "core-rules", dependencies: ["CoreRuleSet", "WAF"], path: "Tests/CoreRules"),
        .testTarget(name: "CoreRuleSetTests", dependencies: ["CoreRuleSet", "ProcessorTime", "WAF"]),
        .testTarget(name: "PacketFilterTests", dependencies: ["CProgram", "PacketFilter", "Shield", "WAF", logging]),
        .testTarget(name: "InstanceRuntimeTests", dependencies: ["InstanceRuntime", "VPC", logging]),
        .testTarget(name: "ArtifactTests", dependencies: ["ArtifactService", "Wire"]),
        .testTarget(name: "DocumentsTests", dependencies: ["Documents"]),
        .testTarget(name: "WellArchitectedTests", dependencies: ["WellArchitectedService"]),
        // Attacks and quiet days as events, for tests and for the table of what is found.
        .target(
            name: "ThreatScenarios", dependencies: ["ThreatDetection", "WAF", "Wire"], path: "Tests/ThreatScenarios"),
        .testTarget(
            name: "ThreatDetectionTests", dependencies: ["ThreatDetection", "ThreatScenarios", "WAF", "Wire"]),
        .executableTarget(
            name: "GuardDutyBench", dependencies: ["ThreatDetection", "ThreatScenarios", "WAF", "Wire"],
            path: "Benchmarks/GuardDutyBench"),
        .testTarget(
            name: "Inspector2Tests",
            dependencies: ["Advisories", "Inspector2API", "Inspector2Service", "Ledger", "Wire"]),
        .testTarget(name: "ShieldTests", dependencies: ["Shield", "ShieldService", "WAF", "WAFV2Service"]),
        .testTarget(name: "SigninTests", dependencies: ["SigninAPI", "SigninService", "Wire"]),
        .testTarget(name: "TransportSecurityTests", dependencies: ["TransportSecurity", nioSSL, x509]),

        // What the documentation of the modules shows, compiled and run.
        .testTarget(
            name: "ExampleTests",
            dependencies: [
                "Bodies", "Catalogue", "ConfigSelect", "CoreRuleSet", "Directory", "Escalation", "EventPatterns",
                "IAMAPI", "KeyMaterial", "Keyring", "Learning", "Ledger", "Lint", "LogMasking", "LogPatterns",
                "LogQueries", "MetricMath", "OIDC", "Platform", "Policy", "Reasoning", "Remedies", "Signature",
                "Simulation", "WAF", "Wire", logging,
            ]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu2x
)

// An asynchronous function stays where its caller is, instead of hopping to the global executor and asking at each return
// whether it is there: forty times for each call of KMS (SE-0461).
for target in package.targets where [.regular, .executable, .test].contains(target.type) {
    target.swiftSettings = (target.swiftSettings ?? []) + [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]
}

for name in shapes {
    package.targets.append(.target(name: "\(name)API", dependencies: ["Wire"], path: "Tests/Probe/API/\(name)"))
}
