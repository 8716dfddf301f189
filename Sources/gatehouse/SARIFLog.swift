import FoundationEssentials
import Server

/// OASIS: Static Analysis Results Interchange Format 2.1.0.
struct SARIFLog: Encodable {
    struct Message: Encodable { let text: String }
    struct Rule: Encodable {
        let id: String
        let shortDescription: Message
        let helpUri: String
        let defaultConfiguration: [String: String]
        /// More words; nil: there are none.
        var fullDescription: Message?
        var properties: Properties?
    }
    /// What GitHub reads besides.
    struct Properties: Encodable {
        let securitySeverity: String
        let tags: [String]

        enum CodingKeys: String, CodingKey {
            case securitySeverity = "security-severity"
            case tags
        }
    }
    struct Driver: Encodable {
        let name: String
        let version: String
        let rules: [Rule]
    }
    struct Tool: Encodable { let driver: Driver }
    struct Region: Encodable {
        let startLine: Int
        let startColumn: Int
    }
    struct Artifact: Encodable { let uri: String }
    struct PhysicalLocation: Encodable {
        let artifactLocation: Artifact
        let region: Region
    }
    struct LogicalLocation: Encodable { let fullyQualifiedName: String }
    struct Location: Encodable {
        /// nil: it is in no file.
        let physicalLocation: PhysicalLocation?
        /// nil for the document as a whole.
        let logicalLocations: [LogicalLocation]?
    }
    struct Result: Encodable {
        let ruleId: String
        let ruleIndex: Int
        let level: String
        let message: Message
        let locations: [Location]
    }
    struct Run: Encodable {
        let tool: Tool
        let columnKind = "unicodeCodePoints"
        let results: [Result]
    }

    let schema = "https://json.schemastore.org/sarif-2.1.0.json"
    let version = "2.1.0"
    let runs: [Run]

    enum CodingKeys: String, CodingKey {
        case schema = "$schema"
        case version, runs
    }

    /// - Parameter driver: the command that found it.
    init(driver: String, rules: [Rule], results: [Result]) {
        runs = [Run(tool: Tool(driver: Driver(name: driver, version: Version.text, rules: rules)), results: results)]
    }
}

extension SARIFLog.Location {
    /// What is in no file.
    init(named name: String) {
        physicalLocation = nil
        logicalLocations = [SARIFLog.LogicalLocation(fullyQualifiedName: name)]
    }

    /// - Parameter name: what the place is called within the document; nil for the document as a whole.
    init(_ file: String, line: Int, column: Int, name: String?) {
        physicalLocation = SARIFLog.PhysicalLocation(
            artifactLocation: SARIFLog.Artifact(uri: file.uriReference),
            region: SARIFLog.Region(startLine: line, startColumn: column))
        logicalLocations = name.map { [SARIFLog.LogicalLocation(fullyQualifiedName: $0)] }
    }
}

extension String {
    /// RFC 3986: a path in which only what a URI may hold stands for itself.
    fileprivate var uriReference: String {
        utf8.map { byte in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || "!$&'()*+,-./;=@_~".utf8.contains(byte)
            let digits = String(byte, radix: 16, uppercase: true)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + digits
        }.joined()
    }
}
