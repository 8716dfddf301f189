// swift-tools-version:6.2
import PackageDescription

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
        .library(name: "ConfigSelect", targets: ["ConfigSelect", "Wire"]),
        .library(name: "MetricMath", targets: ["MetricMath"]),
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
        .target(name: "Signature", dependencies: [.product(name: "Crypto", package: "swift-crypto")]),
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
        .target(
            name: "Keyring",
            dependencies: ["CLibCrypto", .product(name: "Crypto", package: "swift-crypto")]),
        .target(
            name: "Bodies",
            dependencies: [
                "CCRC", "CMalloc", "Fetch", "Keyring", "Signature", "Wire",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .target(name: "CCRC"),
        .target(name: "CMalloc"),
        .target(
            name: "Ledger",
            dependencies: [
                "CLibPQ", "CSQLiteSetup", "Keyring",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]),
        .systemLibrary(name: "CSQLiteSetup"),
        .target(
            name: "LakeQuery",
            dependencies: ["CSQLiteSetup", "Wire", .product(name: "GRDBSQLite", package: "GRDB.swift")]),
        // libpq is loaded when a database is named.
        .target(name: "CLibPQ", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        .target(
            name: "Directory",
            dependencies: ["BundledData", "Policy", "Ledger", "Keyring"]),

        // Keys for others, and what is done with them: no service, no ledger.
        .target(
            name: "KeyMaterial",
            dependencies: [
                "CLibCrypto", "Keyring",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ]),
        .target(
            name: "CLibCrypto",
            // What `pkg-config libcrypto` says: the headers lie where every compiler looks.
            linkerSettings: [.linkedLibrary("crypto")]),

        // What clients of ACME sign (RFC 8555): no service, no ledger.
        .target(
            name: "ACME",
            dependencies: [
                "Wire", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ]),
        // What the domain name system says, as far as certificates depend on it.
        .target(name: "DomainRecords", dependencies: ["CLDNS"]),
        .target(name: "CLDNS", linkerSettings: [.linkedLibrary("ldns")]),

        // Certificates, lists of revoked ones, and answers about them: no service, no ledger.
        .target(
            name: "CertificateIssuing",
            dependencies: [
                "CCertificates", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ]),
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
            dependencies: [
                "CMail", "Wire",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "X509", package: "swift-certificates"),
            ]),
        .target(
            name: "OIDC",
            dependencies: [
                "Fetch", "Wire",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "X509", package: "swift-certificates"),
            ]),

        // Budgets of clients, fair shares, and attacks told from what is usual. No I/O, no clock.
        .target(name: "Shield", dependencies: ["WAF"]),
        .target(
            name: "PacketFilter",
            dependencies: [
                "CProgram", "Shield", "WAF", .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .target(name: "CProgram"),
        // The web application firewall: what web ACLs say of requests. No I/O.
        .target(
            name: "WAF",
            dependencies: ["CLibInjection", "CRE2", .product(name: "Crypto", package: "swift-crypto")]),
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
                "Ledger", "Keyring", "Signature", "WebAuthn", "Wire",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .target(name: "IAMAPI", dependencies: ["Wire"], path: "Sources/API/IAM"),
        .target(name: "STSAPI", dependencies: ["Wire"], path: "Sources/API/STS"),
        .target(name: "CloudTrailAPI", dependencies: ["Wire"], path: "Sources/API/CloudTrail"),
        .target(name: "CloudTrailDataAPI", dependencies: ["Wire"], path: "Sources/API/CloudTrailData"),
        .target(name: "OrganizationsAPI", dependencies: ["Wire"], path: "Sources/API/Organizations"),
        .target(name: "AccountAPI", dependencies: ["Wire"], path: "Sources/API/AccountManagement"),
        .target(name: "KMSAPI", dependencies: ["Wire"], path: "Sources/API/KMS"),
        .target(
            name: "CertificateManagerAPI", dependencies: ["Wire"], path: "Sources/API/CertificateManager"),
        .target(name: "ACMPCAAPI", dependencies: ["Wire"], path: "Sources/API/ACMPCA"),
        .target(name: "S3API", dependencies: ["Wire"], path: "Sources/API/S3"),
        .target(name: "AccessAnalyzerAPI", dependencies: ["Wire"], path: "Sources/API/AccessAnalyzer"),
        .target(name: "S3ControlAPI", dependencies: ["Wire"], path: "Sources/API/S3Control"),
        .target(name: "SigninAPI", dependencies: ["Wire"], path: "Sources/API/Signin"),
        .target(name: "CognitoIDPAPI", dependencies: ["Wire"], path: "Sources/API/CognitoIDP"),
        .target(name: "CognitoIdentityAPI", dependencies: ["Wire"], path: "Sources/API/CognitoIdentity"),
        .target(name: "WAFV2API", dependencies: ["Wire"], path: "Sources/API/WAFV2"),
        .target(name: "ShieldAdvancedAPI", dependencies: ["Wire"], path: "Sources/API/ShieldAdvanced"),
        .target(name: "CloudWatchLogsAPI", dependencies: ["Wire"], path: "Sources/API/CloudWatchLogs"),
        .target(name: "CloudWatchAPI", dependencies: ["Wire"], path: "Sources/API/CloudWatch"),
        .target(name: "EventBridgeAPI", dependencies: ["Wire"], path: "Sources/API/EventBridge"),
        .target(name: "SNSAPI", dependencies: ["Wire"], path: "Sources/API/SNS"),
        .target(name: "SQSAPI", dependencies: ["Wire"], path: "Sources/API/SQS"),
        .target(name: "AWSConfigAPI", dependencies: ["Wire"], path: "Sources/API/AWSConfig"),

        .target(name: "SAML", dependencies: ["CXMLSecurity", "CXMLTree", "Wire"]),
        // Passkeys: what browsers and authenticators say, verified. No I/O.
        .target(
            name: "WebAuthn",
            dependencies: [
                "CCBOR", "Wire", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ]),
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
        .target(
            name: "IAMService",
            dependencies: [
                "Catalogue", "Fetch", "Learning", "OIDC", "Platform", "QRCodes", "SAML", "IAMAPI", "WebAuthn",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            path: "Sources/Services/IAM"),
        .target(
            name: "STSService",
            dependencies: [
                "OIDC", "Platform", "SAML", "STSAPI", .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Sources/Services/STS"),
        .target(
            name: "OrganizationsService", dependencies: ["Platform", "OrganizationsAPI"],
            path: "Sources/Services/Organizations"),
        .target(
            name: "S3Service",
            dependencies: [
                "Bodies", "Catalogue", "Compression", "Fetch", "KMSAPI", "Platform", "S3API", "S3ControlAPI", "SNSAPI",
                "SQSAPI", "STSAPI",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Sources/Services/S3"),
        .target(name: "AccountService", dependencies: ["Platform", "AccountAPI"], path: "Sources/Services/Account"),
        .target(
            name: "SigninService",
            dependencies: ["OIDC", "Platform", "SigninAPI", .product(name: "Crypto", package: "swift-crypto")],
            path: "Sources/Services/Signin"),
        .target(
            name: "CognitoIDPService",
            dependencies: [
                "CLibCrypto", "CloudWatchLogsAPI", "CognitoIDPAPI", "Compression", "Directory", "Fetch", "KMSAPI",
                "KeyMaterial", "Keyring", "Ledger", "OIDC", "Platform", "Policy", "S3API", "SAML", "STSAPI", "WebAuthn",
                "Wire",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            path: "Sources/Services/CognitoIDP"),
        .target(
            name: "CognitoIdentityService",
            dependencies: [
                "CognitoIdentityAPI", "Directory", "Ledger", "OIDC", "Platform", "Policy", "SAML", "STSAPI", "Wire",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Sources/Services/CognitoIdentity"),
        .target(
            name: "WAFV2Service",
            dependencies: [
                "CMaxMind", "CPublicSuffix", "CloudWatchLogsAPI", "Compression", "CoreRuleSet", "Directory", "Keyring",
                "Ledger", "Pages", "Platform", "Policy",
                "S3API", "WAF", "WAFV2API", "WebACLAssets", "Wire",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Sources/Services/WAFV2"),
        .target(name: "WebACLAssets"),
        // libmaxminddb is loaded when it is used; its header alone is needed.
        .target(name: "CMaxMind", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        .target(
            name: "ShieldService",
            dependencies: [
                "Directory", "Ledger", "Platform", "Policy", "S3API", "Shield", "ShieldAdvancedAPI", "WAF", "WAFV2API",
                "Wire",
            ],
            path: "Sources/Services/Shield"),
        .target(
            name: "CloudWatchLogsService",
            dependencies: [
                "Bodies", "CloudWatchLogsAPI", "Compression", "Directory", "Fetch", "KMSAPI", "Ledger", "LogMasking",
                "LogPatterns", "LogQueries", "Platform", "Policy", "S3API", "STSAPI", "Wire",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Sources/Services/CloudWatchLogs"),
        .target(
            name: "CloudWatchService",
            dependencies: [
                "CloudWatchAPI", "Directory", "Ledger", "MetricMath", "Platform", "Policy", "SNSAPI", "Wire",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Sources/Services/CloudWatch"),
        .target(
            name: "EventBridgeService",
            dependencies: [
                "CloudWatchLogsAPI", "Directory", "EventBridgeAPI", "EventPatterns", "Fetch", "KMSAPI", "Ledger",
                "Platform", "Policy",
                "SNSAPI",
                "SQSAPI", "STSAPI", "Wire",
            ],
            path: "Sources/Services/EventBridge"),
        .target(
            name: "SNSService",
            dependencies: [
                "Directory", "EventPatterns", "Fetch", "KMSAPI", "Ledger", "LogMasking", "OIDC", "Platform", "Policy",
                "SNSAPI",
                "SQSAPI", "Wire", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            path: "Sources/Services/SNS"),
        .target(
            name: "SQSService",
            dependencies: [
                "Directory", "KMSAPI", "Keyring", "Ledger", "Platform", "Policy", "SQSAPI", "Wire",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Sources/Services/SQS"),
        .target(
            name: "ConfigService",
            dependencies: [
                "AWSConfigAPI", "AccountAPI", "CloudTrailAPI", "CloudWatchAPI", "CloudWatchLogsAPI", "Compression",
                "ConfigSelect", "CustomChecks", "Directory", "Fetch", "GuardRules", "IAMAPI", "KMSAPI", "Ledger",
                "OrganizationsAPI", "Platform", "Policy", "Reasoning", "S3API", "S3ControlAPI", "SNSAPI", "STSAPI",
                "ShieldAdvancedAPI", "WAFV2API", "Wire", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Yams", package: "Yams"),
            ],
            path: "Sources/Services/Config"),
        .target(
            name: "KMSService",
            dependencies: [
                "Fetch", "HardwareToken", "KeyMaterial", "Platform", "Signature", "KMSAPI",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            path: "Sources/Services/KMS"),
        .target(
            name: "CloudTrailService",
            dependencies: [
                "CloudTrailAPI", "CloudTrailDataAPI", "CloudWatchLogsAPI", "Compression", "KMSAPI", "KeyMaterial",
                "LakeQuery", "OrganizationsAPI", "Platform", "S3API", "SNSAPI", "STSAPI",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Sources/Services/CloudTrail"),

        .target(
            name: "AccessAnalyzerService",
            dependencies: [
                "AccessAnalyzerAPI", "Catalogue", "CloudTrailAPI", "CustomChecks", "IAMAPI", "Learning", "Lint",
                "Platform", "Reasoning", "S3API", "STSAPI", .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Sources/Services/AccessAnalyzer"),

        .target(
            name: "ACMPCAService",
            dependencies: [
                "ACMPCAAPI", "CertificateIssuing", "Directory", "HardwareToken", "KeyMaterial", "Ledger", "OIDC",
                "Platform",
                "Policy", "S3API", "Wire", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            path: "Sources/Services/ACMPCA"),

        .target(
            name: "ACMService",
            dependencies: [
                "ACME", "ACMPCAAPI", "CPublicSuffix", "CertificateIssuing", "CertificateManagerAPI", "Directory",
                "DomainRecords", "Fetch",
                "Keyring", "KeyMaterial", "Ledger", "OIDC", "Platform", "Policy", "STSAPI", "Wire",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            path: "Sources/Services/ACM"),

        // Encryption in transit: the certificates that the server shows.
        .target(
            name: "TransportSecurity",
            dependencies: [
                "Ledger", "Platform", "Wire",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "X509", package: "swift-certificates"),
            ]),

        // The way of a request, and the program.
        .target(
            name: "Gate",
            dependencies: ["Learning", "Platform", "Remedies", .product(name: "Logging", package: "swift-log")]),
        // Connections as they are taken from the network: how many, for how long, encrypted or not.
        .target(
            name: "Intake",
            dependencies: [
                "Platform",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ]),
        .target(
            name: "Edge",
            dependencies: [
                "Compression", "Gate", "Intake", "Platform", "Signature", "TransportSecurity", "Wire",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        // The reverse proxy before the operator's own web applications.
        .target(
            name: "WebFront",
            dependencies: [
                "CertificateIssuing", "Fetch", "Intake", "Platform", "TransportSecurity", "WAF", "Wire",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "X509", package: "swift-certificates"),
            ]),
        // Other endpoints behind Gatehouse.
        .target(
            name: "Upstreams",
            dependencies: [
                "Bodies", "Catalogue", "Directory", "Fetch", "Ledger", "Mapping", "Platform", "Policy", "Signature",
                "Wire",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ]),
        // What all sites for people are made of: forms, templates, what browsers keep.
        .target(
            name: "Pages",
            dependencies: [
                "Keyring", "Platform", "Wire", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Mustache", package: "swift-mustache"),
            ]),
        // The pages on which the users of user pools sign in, and the OAuth 2.0 endpoints beside them.
        .target(
            name: "ManagedLogin",
            dependencies: [
                "CognitoIDPService", "Keyring", "ManagedLoginAssets", "Pages", "Platform", "QRCodes", "WebAuthn",
                "Wire",
                .product(name: "Mustache", package: "swift-mustache"),
            ]),
        // Its templates, style and script as files, compiled in as they are (C23 #embed).
        .target(name: "ManagedLoginAssets"),
        // Sign-in and pages for people.
        .target(
            name: "Console",
            dependencies: [
                "AccessAnalyzerAPI", "AccessAnalyzerService", "AccountAPI", "Catalogue", "CloudTrailAPI",
                "ConsoleAssets",
                "Directory", "Gate", "IAMAPI", "IAMService", "KMSAPI", "Keyring", "Ledger", "Lint", "OrganizationsAPI",
                "Pages", "Platform", "Policy", "Remedies", "S3API", "S3ControlAPI", "STSAPI", "STSService",
                "SigninService",
                "Simulation", "WebAuthn", "Wire", .product(name: "Logging", package: "swift-log"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Mustache", package: "swift-mustache"),
            ]),
        // The console's templates, style and script as files, compiled in as they are (C23 #embed).
        .target(name: "ConsoleAssets"),
        .target(
            name: "Server",
            dependencies: [
                "Bodies", "Catalogue", "Console", "DomainRecords", "Edge", "Escalation", "Fetch", "Gate",
                "HardwareToken", "Keyring", "Learning", "ManagedLogin", "OIDC", "Platform", "Remedies", "Signature",
                "Upstreams",
                "Wire", "IAMService",
                "STSService",
                "CloudTrailService",
                "OrganizationsService", "AccountService", "KMSService", "S3Service", "AccessAnalyzerService",
                "CognitoIDPService", "CognitoIdentityService", "SigninService", "ACMPCAService",
                "ACMService", "PacketFilter", "Shield", "ShieldService", "WAF", "WAFV2Service", "WebFront",
                "CloudWatchLogsService", "CloudWatchService", "ConfigService", "EventBridgeService", "SNSService",
                "SQSService", "TransportSecurity",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "X509", package: "swift-certificates"),
            ]),
        .executableTarget(
            name: "gatehouse",
            dependencies: [
                "Catalogue", "CustomChecks", "Directory", "DomainRecords", "Edge", "Escalation", "Fetch", "Gate",
                "HardwareToken", "Keyring",
                "Learning", "Lint", "Mapping", "NoICUData", "Policy", "Reasoning", "Remedies", "Server", "Signature",
                "Simulation", "TransportSecurity", "Upstreams", "WAF", "WAFV2Service", "WebFront", "Wire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "X509", package: "swift-certificates"),
            ]),

        // What `make bench` measures with, and against.
        .executableTarget(
            name: "BareHTTP",
            dependencies: [
                "KeyMaterial",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ], path: "Benchmarks/BareHTTP"),
        .target(name: "LinearScan", path: "Benchmarks/LinearScan"),
        .executableTarget(
            name: "PolicyBench", dependencies: ["Policy", "Directory", "Ledger", "LinearScan"],
            path: "Benchmarks/PolicyBench"),
        .executableTarget(name: "WAFBench", dependencies: ["CoreRuleSet", "WAF"], path: "Benchmarks/WAFBench"),
        .executableTarget(
            name: "EventsBench", dependencies: ["EventPatterns", "Wire"], path: "Benchmarks/EventsBench"),

        .executableTarget(
            name: "ReasonBench", dependencies: ["BundledData", "Catalogue", "Policy", "PolicyCases", "Reasoning"],
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
            name: "CourierService", dependencies: ["Platform", "CourierAPI", "KMSAPI", "VaultAPI"],
            path: "Tests/Probe/Courier"),
        .target(
            name: "DepotService",
            dependencies: ["Platform", "DepotAPI", .product(name: "Crypto", package: "swift-crypto")],
            path: "Tests/Probe/Depot"),
        .target(
            name: "ShapesService", dependencies: ["Platform", "Wire"] + shapesAPIs,
            path: "Tests/Probe/Shapes"),
        .executableTarget(
            name: "probe-server",
            dependencies: [
                "CourierService", "DepotService", "Edge", "Server", "ShapesService", "VaultService",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], path: "Tests/Probe/Server"),

        .testTarget(name: "CatalogueTests", dependencies: ["Catalogue"]),
        .testTarget(
            name: "CertificateIssuingTests",
            dependencies: [
                "CertificateIssuing", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ]),
        .testTarget(name: "DomainRecordsTests", dependencies: ["DomainRecords"]),
        .testTarget(
            name: "FetchTests",
            dependencies: [
                "Fetch", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "X509", package: "swift-certificates"),
            ]),
        .testTarget(
            name: "KeyringTests", dependencies: ["Keyring", .product(name: "Crypto", package: "swift-crypto")]),
        .testTarget(
            name: "KeyMaterialTests",
            dependencies: [
                "CLibCrypto", "KeyMaterial", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ]),
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
        .testTarget(name: "RemediesTests", dependencies: ["Policy", "PolicyCases", "Remedies"]),
        .testTarget(name: "SAMLTests", dependencies: ["ProcessorTime", "SAML"], resources: [.copy("Documents")]),
        // A browser and an authenticator in software, for the tests of all that take passkeys.
        .target(
            name: "SoftwareAuthenticator",
            dependencies: [
                "CCBOR", "WebAuthn", "Wire", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ], path: "Tests/SoftwareAuthenticator"),
        .testTarget(name: "WebAuthnTests", dependencies: ["SoftwareAuthenticator", "WebAuthn", "Wire"]),
        .testTarget(name: "SignatureTests", dependencies: ["Signature"], resources: [.copy("Vectors")]),
        .testTarget(
            name: "WireTests",
            dependencies: ["Wire", "IAMAPI", "STSAPI", "CloudTrailAPI", "AccountAPI"] + shapesAPIs),
        .testTarget(
            name: "BodiesTests",
            dependencies: ["Bodies", "Fetch", .product(name: "Crypto", package: "swift-crypto")]),
        .testTarget(
            name: "LedgerTests", dependencies: ["Ledger", "Keyring", .product(name: "GRDB", package: "GRDB.swift")]),
        .testTarget(name: "DirectoryTests", dependencies: ["Directory"]),
        .testTarget(
            name: "PlatformTests",
            dependencies: [
                "Directory", "Keyring", "Ledger", "OIDC", "Platform", "SoftwareAuthenticator", "WebAuthn", "Wire",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(name: "LearningTests", dependencies: ["Learning", "Policy", "Wire"]),
        .testTarget(name: "SimulationTests", dependencies: ["Simulation", "Policy", "Wire"]),
        .testTarget(
            name: "KMSTests",
            dependencies: ["KMSService", "KeyMaterial", "Directory", "Keyring", "Ledger", "OIDC", "Platform", "Wire"]),
        .testTarget(
            name: "S3Tests",
            dependencies: [
                "S3Service", "Bodies", "Directory", "Keyring", "Ledger", "Policy",
                .product(name: "Crypto", package: "swift-crypto"),
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
                "CourierService", "Directory", "Gate", "IAMService", "Ledger", "Platform", "Policy", "Remedies",
                "Server", "Shield", "ShieldService", "SoftwareAuthenticator", "VaultService", "WAF", "WAFV2API",
                "WAFV2Service", "WebAuthn",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "WebFrontTests",
            dependencies: [
                "CertificateIssuing", "Intake", "Platform", "Server", "WAF", "WebFront",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "X509", package: "swift-certificates"),
            ]),
        .testTarget(
            name: "UpstreamsTests",
            dependencies: ["Directory", "Keyring", "Ledger", "Mapping", "Platform", "Policy", "Upstreams", "Wire"]),
        .testTarget(
            name: "OIDCTests",
            dependencies: ["Fetch", "OIDC", "Wire", .product(name: "JWTKit", package: "jwt-kit")]),
        .testTarget(name: "ACMTests", dependencies: ["ACMService"]),
        .testTarget(
            name: "ACMETests",
            dependencies: ["ACME", "Wire", .product(name: "Crypto", package: "swift-crypto")]),
        .testTarget(
            name: "CognitoIDPTests",
            dependencies: [
                "CognitoIDPAPI", "CognitoIDPService", "Directory", "Keyring", "Ledger", "OIDC", "Platform", "Wire",
                .product(name: "Crypto", package: "swift-crypto"),
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
                "CloudWatchLogsAPI", "CloudWatchLogsService", "Directory", "Keyring", "Ledger", "OIDC", "Platform", "Wire",
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(name: "MetricMathTests", dependencies: ["MetricMath"]),
        .testTarget(name: "EventPatternsTests", dependencies: ["EventPatterns", "Wire"]),
        .testTarget(name: "LogQueriesTests", dependencies: ["LogQueries"]),
        .testTarget(name: "LogMaskingTests", dependencies: ["LogMasking"]),
        .testTarget(name: "GuardRulesTests", dependencies: ["GuardRules", "Wire"]),
        .testTarget(name: "ConfigSelectTests", dependencies: ["ConfigSelect", "Wire"]),
        .testTarget(
            name: "CloudWatchTests",
            dependencies: [
                "CloudWatchAPI", "CloudWatchService", "Directory", "Keyring", "Ledger", "MetricMath", "OIDC",
                "Platform", "Wire",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(name: "EventBridgeTests", dependencies: ["EventBridgeService", "Ledger", "Platform"]),
        .testTarget(name: "SNSTests", dependencies: ["SNSService", "EventPatterns", "Ledger", "Platform", "Wire"]),
        .testTarget(
            name: "SQSTests",
            dependencies: ["SQSService", "Directory", "Keyring", "Ledger", "OIDC", "Platform", "SQSAPI", "Wire"]),
        .testTarget(
            name: "ConfigServiceTests",
            dependencies: [
                "AWSConfigAPI", "ConfigService", "Directory", "Keyring", "Ledger", "OIDC", "Platform", "Wire",
                .product(name: "Logging", package: "swift-log"),
            ]),
        // The Core Rule Set by itself, for tests that compare it with libmodsecurity, and for measurements.
        .executableTarget(name: "core-rules", dependencies: ["CoreRuleSet", "WAF"], path: "Tests/CoreRules"),
        .testTarget(name: "CoreRuleSetTests", dependencies: ["CoreRuleSet", "ProcessorTime", "WAF"]),
        .testTarget(
            name: "PacketFilterTests",
            dependencies: [
                "CProgram", "PacketFilter", "Shield", "WAF", .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(name: "ShieldTests", dependencies: ["Shield", "ShieldService", "WAF", "WAFV2Service"]),
        .testTarget(name: "SigninTests", dependencies: ["SigninAPI", "SigninService", "Wire"]),
        .testTarget(
            name: "TransportSecurityTests",
            dependencies: [
                "TransportSecurity", .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "X509", package: "swift-certificates"),
            ]),

        // What the documentation of the modules shows, compiled and run.
        .testTarget(
            name: "ExampleTests",
            dependencies: [
                "Bodies", "Catalogue", "ConfigSelect", "CoreRuleSet", "Directory", "Escalation", "EventPatterns",
                "IAMAPI", "KeyMaterial", "Keyring", "Learning", "Ledger", "Lint", "LogMasking", "LogPatterns",
                "LogQueries", "MetricMath", "OIDC", "Platform", "Policy", "Reasoning", "Remedies", "Signature",
                "Simulation", "WAF", "Wire", .product(name: "Logging", package: "swift-log"),
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
