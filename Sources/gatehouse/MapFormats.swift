import FoundationEssentials
import Mapping

extension MapRequests.Format {
    /// What operations ask for.
    func render(_ operations: [MappedOperation]) throws -> String {
        if self == .json { return try Self.encoded(operations.map(JSONOperation.init)) }
        return operations.map(Self.text).joined(separator: "\n")
    }

    /// How much of each service is mapped.
    func render(_ coverage: MappingCoverage) throws -> String {
        switch self {
        case .text: Self.text(coverage)
        case .json: try Self.encoded((coverage.rows + [coverage.total]).map(JSONRow.init))
        case .markdown: coverage.markdown
        }
    }

    private static func encoded(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

// MARK: One operation

extension MapRequests.Format {
    private static func text(_ operation: MappedOperation) -> String {
        let description = operation.description
        var lines = ["\(operation.service) \(operation.name): \(description.summary)"]
        if description.coverage != .unmapped {
            for access in description.accesses {
                lines.append(([access.action] + access.conditions).joined(separator: " ").indented(by: 2))
                lines += access.resources.map { "on \($0)".indented(by: 4) }
                lines += access.keys.map { "with \($0.name) = \($0.value)".indented(by: 4) }
            }
        }
        lines += description.refusals.map { refusal in
            (["denied"] + refusal.conditions + ["because \(refusal.reason)"]).joined(separator: " ").indented(by: 2)
        }
        if description.coverage == .unmapped {
            lines.append(
                "To have it mapped, say in the configuration: map \(operation.service) \(operation.name) = ACTION on RESOURCE"
                    .indented(by: 2))
        }
        return lines.joined(separator: "\n")
    }
}

extension MappingDescription {
    fileprivate var summary: String {
        guard coverage != .unmapped, let source else { return "not mapped, so that every request is denied" }
        return source.words
    }
}

extension String {
    fileprivate func indented(by count: Int) -> String { String(repeating: " ", count: count) + self }
}

private struct JSONOperation: Encodable {
    var service: String
    var operation: String
    var coverage: String
    var source: String?
    var accesses: [Access]
    var refusals: [Refusal]

    struct Access: Encodable {
        var action: String
        var resources: [String]
        var conditions: [String]
        var keys: [String: [String]]
    }

    struct Refusal: Encodable {
        var reason: String
        var conditions: [String]
    }

    init(_ operation: MappedOperation) {
        let description = operation.description
        service = operation.service
        self.operation = operation.name
        coverage = description.coverage.rawValue
        source = description.source?.rawValue
        accesses = description.accesses.map { access in
            Access(
                action: access.action, resources: access.resources, conditions: access.conditions,
                keys: Dictionary(grouping: access.keys, by: \.name).mapValues { $0.map(\.value) })
        }
        refusals = description.refusals.map { Refusal(reason: $0.reason, conditions: $0.conditions) }
    }
}

// MARK: All services

private struct JSONRow: Encodable {
    var service: String
    var operations: Int
    var resources: Int
    var all: Int
    var unmapped: Int
    var sources: [String: Int]
    var unmappedOperations: [String]

    init(_ row: MappingCoverage.Row) {
        service = row.service
        operations = row.total
        resources = row.count(of: .resources)
        all = row.count(of: .all)
        unmapped = row.count(of: .unmapped)
        sources = Dictionary(uniqueKeysWithValues: row.sources.map { ($0.key.rawValue, $0.value) })
        unmappedOperations = row.unmapped
    }
}

extension MapRequests.Format {
    private static let columns = ["operations", "resources", "*", "not mapped"]

    private static func text(_ coverage: MappingCoverage) -> String {
        let rows = coverage.rows + [coverage.total]
        let width = rows.map(\.service.utf8.count).max() ?? 0
        func line(_ first: String, _ others: [String]) -> String {
            first + String(repeating: " ", count: max(0, width - first.utf8.count))
                + others.map { String(repeating: " ", count: max(1, 12 - $0.utf8.count)) + $0 }.joined()
        }
        return
            ([line("service", columns)] + rows.map { line($0.service, $0.numbers.map { "\($0)" }) })
            .joined(separator: "\n")
    }
}
