import FoundationEssentials
import Wire

/// What a form that a browser posts may have in it, as whoever signed it has said.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>
struct FormPolicy: Sendable {
    private enum Condition: Sendable {
        case equal(field: String, value: String)
        case begins(field: String, with: String)

        var field: String {
            switch self {
            case .equal(let field, _), .begins(let field, _): field
            }
        }

        /// As complaints quote it.
        var text: String {
            var writer = JSONWriter()
            writer.beginArray()
            switch self {
            case .equal(let field, let value):
                writer.string("eq")
                writer.string("$" + field)
                writer.string(value)
            case .begins(let field, let start):
                writer.string("starts-with")
                writer.string("$" + field)
                writer.string(start)
            }
            writer.endArray()
            return String(decoding: writer.bytes, as: UTF8.self)
        }

        func holds(_ value: String) -> Bool {
            switch self {
            case .equal(_, let wanted): return value.utf8.elementsEqual(wanted.utf8)
            case .begins("content-type", let start):
                // Of several types each has to be right.
                return value.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { item in
                    item.drop { $0 == " " }.utf8.starts(with: start.utf8)
                }
            case .begins(_, let start): return value.utf8.starts(with: start.utf8)
            }
        }
    }

    /// Fields that no condition has to be about: what is signed, how, and what it is signed for.
    private static let uncovered: Set<String> = ["policy", "x-amz-signature", "file", "awsaccesskeyid", "signature"]

    /// Seconds since 1970.
    private let expiration: Double
    private let conditions: [Condition]
    /// Bytes of the file.
    let size: ClosedRange<Int64>?

    /// Reads a policy.
    /// - Parameter text: JSON, in Base64.
    /// - Throws: InvalidPolicyDocument.
    init(_ text: String) throws(ServiceError) {
        guard let json = Data(base64Encoded: text), let document = try? JSONValue(parsing: Array(json)),
            case .object(let members) = document
        else { throw .invalidPolicy("Invalid JSON.") }
        guard case .string(let expires)? = document["expiration"] else {
            throw .invalidPolicy("Policy missing expiration.")
        }
        guard let moment = Timestamp(parsing: expires) else {
            throw .invalidPolicy("Invalid 'expiration' value: '\(expires)'")
        }
        guard case .array(let items)? = document["conditions"] else {
            throw .invalidPolicy("Policy missing conditions.")
        }
        if let other = members.first(where: { !["expiration", "conditions"].contains($0.key) }) {
            throw .invalidPolicy("Unexpected: '\(other.key)'")
        }
        expiration = moment.secondsSinceEpoch
        var conditions: [Condition] = []
        var size: ClosedRange<Int64>?
        for item in items {
            switch item {
            case .object(let members):
                guard members.count == 1, let member = members.first, case .string(let value) = member.value else {
                    throw .invalidPolicy(
                        "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.")
                }
                conditions.append(.equal(field: member.key.lowercased(), value: value))
            case .array(let parts):
                guard parts.count == 3, case .string(let name) = parts[0] else {
                    throw .invalidPolicy("Invalid Condition: wrong number of arguments.")
                }
                if name.lowercased() == "content-length-range" {
                    size = try Self.range(parts[1], parts[2])
                    continue
                }
                guard case .string(let field) = parts[1], field.hasPrefix("$"), case .string(let value) = parts[2]
                else {
                    throw .invalidPolicy(
                        "Invalid Condition: the second argument has to be a field, with a $ before it.")
                }
                let plain = String(field.dropFirst()).lowercased()
                switch name.lowercased() {
                case "eq": conditions.append(.equal(field: plain, value: value))
                case "starts-with": conditions.append(.begins(field: plain, with: value))
                default: throw .invalidPolicy("Invalid Condition: unknown operation '\(name)'.")
                }
            default: throw .invalidPolicy("Invalid Condition: conditions are objects and arrays.")
            }
        }
        self.conditions = conditions
        self.size = size
    }

    /// Two numbers, which may be written as texts.
    private static func range(_ least: JSONValue, _ most: JSONValue) throws(ServiceError) -> ClosedRange<Int64> {
        func number(_ value: JSONValue) -> Int64? {
            switch value {
            case .integer(let number): Int64(exactly: number)
            case .string(let text): Int64(text)
            default: nil
            }
        }
        guard let least = number(least), let most = number(most), least >= 0, most >= least else {
            throw .invalidPolicy("Invalid content-length-range: two numbers are needed, the smaller one first.")
        }
        return least...most
    }

    /// Makes sure that a form keeps to the policy.
    /// - Parameter fields: by names in lower case, with the bucket among them.
    /// - Throws: AccessDenied.
    func check(_ fields: [String: String], at time: Double) throws(ServiceError) {
        guard time < expiration else { throw .againstPolicy("Policy expired.") }
        for condition in conditions where !condition.holds(fields[condition.field] ?? "") {
            throw .againstPolicy("Policy Condition failed: \(condition.text)")
        }
        let covered = Set(conditions.map(\.field)).union(Self.uncovered)
        let extra = fields.keys.filter { $0 != "bucket" && !covered.contains($0) && !$0.hasPrefix("x-ignore-") }
        guard extra.isEmpty else {
            throw .againstPolicy("Extra input fields: \(extra.sorted().joined(separator: ", "))")
        }
    }
}

extension ServiceError {
    fileprivate static func invalidPolicy(_ message: String) -> ServiceError {
        .s3("InvalidPolicyDocument", "Invalid Policy: \(message)")
    }

    fileprivate static func againstPolicy(_ message: String) -> ServiceError {
        .s3("AccessDenied", "Invalid according to Policy: \(message)", status: 403)
    }
}
