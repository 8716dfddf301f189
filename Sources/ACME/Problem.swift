public import Wire

/// An error as ACME tells it: a problem document (RFC 7807) of a type of RFC 8555, section 6.7.
public struct Problem: Error, Sendable, Equatable, Codable {
    /// The types, by the last part of their URNs.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case accountDoesNotExist, alreadyReplaced, alreadyRevoked, badCSR, badNonce, badPublicKey, badRevocationReason
        case badSignatureAlgorithm, caa, compound, connection, dns, externalAccountRequired, incorrectResponse
        case invalidContact, malformed, orderNotReady, rateLimited, rejectedIdentifier, serverInternal, tls,
            unauthorized
        case unsupportedContact, unsupportedIdentifier, userActionRequired

        /// The HTTP status that such a problem has as an answer.
        var status: Int {
            switch self {
            case .externalAccountRequired, .orderNotReady, .unauthorized, .userActionRequired, .caa: 403
            case .alreadyReplaced: 409
            case .rateLimited: 429
            case .serverInternal: 500
            default: 400
            }
        }
    }

    /// A part of a problem, about one of the names of an order.
    public struct Part: Sendable, Equatable, Codable {
        public var kind: Kind
        public var detail: String
        /// The name; with `*.` for a wildcard.
        public var name: String

        /// - Parameters: see the properties.
        public init(_ kind: Kind, _ detail: String, name: String) {
            (self.kind, self.detail, self.name) = (kind, detail, name)
        }
    }

    public var kind: Kind
    /// For people.
    public var detail: String
    /// The HTTP status.
    public var status: Int
    /// One for each name that there is something to say of.
    public var parts: [Part]
    /// Where what is in the way already is: the `Location` of the answer.
    public var location: String?

    /// - Parameters: see the properties; without a `status` it is the type's own.
    public init(_ kind: Kind, _ detail: String, status: Int? = nil, parts: [Part] = [], location: String? = nil) {
        self.kind = kind
        self.detail = detail
        self.status = status ?? kind.status
        self.parts = parts
        self.location = location
    }

    /// What can't be understood, or is not allowed to be so.
    public static func malformed(_ detail: String) -> Problem { Problem(.malformed, detail) }

    /// The document in JSON.
    public var document: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }

    /// Writes the document as a value.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", Self.urn(kind))
        writer.member("detail", detail)
        writer.key("status")
        writer.integer(status)
        if kind == .badSignatureAlgorithm {
            writer.key("algorithms")
            writer.beginArray()
            for algorithm in AccountKey.algorithms { writer.string(algorithm) }
            writer.endArray()
        }
        if !parts.isEmpty {
            writer.key("subproblems")
            writer.beginArray()
            for part in parts {
                writer.beginObject()
                writer.member("type", Self.urn(part.kind))
                writer.member("detail", part.detail)
                writer.key("identifier")
                writer.beginObject()
                writer.member("type", "dns")
                writer.member("value", part.name)
                writer.endObject()
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
    }

    private static func urn(_ kind: Kind) -> String { "urn:ietf:params:acme:error:\(kind.rawValue)" }
}
