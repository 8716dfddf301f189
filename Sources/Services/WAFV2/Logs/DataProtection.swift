import Crypto
import WAF
import WAFV2API

/// What nobody is told of requests, neither by logs nor by samples: the owner of a web ACL says so.
/// <https://docs.aws.amazon.com/waf/latest/APIReference/API_DataProtectionConfig.html>
struct DataProtection: Sendable {
    private struct Field: Sendable {
        let type: String
        /// nil: all that there are.
        let keys: Set<String>?
        let isHashed: Bool
        /// Whether what rules found there is protected as well.
        let hidesDetails: Bool

        init(_ view: WAFV2.DataProtection) {
            type = view.field.fieldType
            keys = view.field.fieldKeys.flatMap { $0.isEmpty ? nil : Set($0.map { $0.lowercased() }) }
            isHashed = view.action == "HASH"
            hidesDetails = !(view.excludeRuleMatchDetails ?? false)
        }

        func has(_ name: [UInt8]) -> Bool { keys?.contains(String(decoding: name, as: UTF8.self).lowercased()) ?? true }

        /// What stands in the place of a value: the hash in hexadecimal digits, as AWS's example has it.
        func cover(_ value: [UInt8]) -> [UInt8] {
            guard isHashed else { return Array(Redaction.text.utf8) }
            return SHA256.hash(data: value).flatMap { byte in
                let digits = Array("0123456789abcdef".utf8)
                return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }

        /// Covers the values of `name=value`.
        func cover(pairs text: [UInt8], at separator: Unicode.Scalar) -> [UInt8] {
            let parts = text.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false).map { part in
                guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { return Array(part) }
                let name = part[..<equals].drop { $0 == 0x20 || $0 == 0x09 }
                let end = name.lastIndex { $0 != 0x20 && $0 != 0x09 }.map { name.index(after: $0) } ?? name.startIndex
                guard has(Array(name[..<end])) else { return Array(part) }
                return Array(part[...equals]) + cover(Array(part[part.index(after: equals)...]))
            }
            return Array(parts.joined(separator: [UInt8(ascii: separator)]))
        }
    }

    private let fields: [Field]

    /// - Parameter view: nil: nothing is protected.
    init(_ view: WAFV2.DataProtectionConfig?) { fields = (view?.dataProtections ?? []).map { Field($0) } }

    /// Whether what rules found in one of these kinds of fields is protected.
    func hidesDetails(of types: [String]) -> Bool { fields.contains { $0.hidesDetails && types.contains($0.type) } }

    /// A request as it may be shown. Bodies never are.
    func shown(_ request: WebRequest) -> WebRequest {
        guard !fields.isEmpty else { return request }
        var shown = request
        for field in fields {
            switch field.type {
            case "SINGLE_HEADER":
                shown.headers = shown.headers.map { header in
                    field.has(header.name)
                        ? WebRequest.Header(name: header.name, value: field.cover(header.value)) : header
                }
            case "SINGLE_COOKIE":
                shown.headers = shown.headers.map { header in
                    String(decoding: header.name, as: UTF8.self).lowercased() == "cookie"
                        ? WebRequest.Header(name: header.name, value: field.cover(pairs: header.value, at: ";"))
                        : header
                }
            case "SINGLE_QUERY_ARGUMENT": shown.query = shown.query.map { field.cover(pairs: $0, at: "&") }
            case "QUERY_STRING": shown.query = shown.query.map { field.cover($0) }
            default: continue
            }
        }
        return shown
    }
}
