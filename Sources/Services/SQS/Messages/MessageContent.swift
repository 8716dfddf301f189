import Crypto
import Wire

/// What a message says: its body, and the attributes that its sender gave it.
struct MessageContent: Sendable, Equatable {
    var body: String
    /// In the order of their names.
    var attributes: [MessageAttribute]

    /// Bytes, as they count for how large a message may be.
    var size: Int { attributes.reduce(body.utf8.count) { $0 + $1.size } }
}

/// One attribute of a message.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>
struct MessageAttribute: Sendable, Equatable {
    enum Value: Sendable, Equatable {
        case text(String)
        case binary([UInt8])

        var bytes: [UInt8] {
            switch self {
            case .text(let text): Array(text.utf8)
            case .binary(let bytes): bytes
            }
        }
    }

    let name: String
    /// `String`, `Number` or `Binary`, with a label of the sender's behind it or not.
    let type: String
    let value: Value

    var size: Int { name.utf8.count + type.utf8.count + value.bytes.count }
}

// MARK: - Digests

extension MessageContent {
    var bodyMD5: String { Self.hexadecimal(Insecure.MD5.hash(data: Array(body.utf8))) }

    /// The digest of attributes; nil where there are none.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation>
    /// - Parameter attributes: in the order of their names.
    static func md5(_ attributes: [MessageAttribute]) -> String? {
        guard !attributes.isEmpty else { return nil }
        var output = LengthPrefixed()
        for attribute in attributes {
            output.append(Array(attribute.name.utf8))
            output.append(Array(attribute.type.utf8))
            output.append(attribute.value)
        }
        return hexadecimal(Insecure.MD5.hash(data: output.bytes))
    }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

// MARK: - As it is stored

extension MessageContent {
    var bytes: [UInt8] {
        var output = LengthPrefixed()
        output.append(Array(body.utf8))
        for attribute in attributes {
            output.append(Array(attribute.name.utf8))
            output.append(Array(attribute.type.utf8))
            output.append(attribute.value)
        }
        return output.bytes
    }

    /// nil for bytes that are no content.
    init?(_ bytes: [UInt8]) {
        var input = LengthPrefixedInput(rest: bytes[...])
        guard let body = input.text() else { return nil }
        self.body = body
        attributes = []
        while !input.rest.isEmpty {
            guard let name = input.text(), let type = input.text(), let value = input.value() else { return nil }
            attributes.append(MessageAttribute(name: name, type: type, value: value))
        }
    }
}

/// Bytes with their number before them.
private struct LengthPrefixed {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ data: [UInt8]) {
        withUnsafeBytes(of: UInt32(clamping: data.count).bigEndian) { bytes.append(contentsOf: $0) }
        bytes += data
    }

    mutating func append(_ value: MessageAttribute.Value) {
        switch value {
        case .text: bytes.append(1)
        case .binary: bytes.append(2)
        }
        append(value.bytes)
    }
}

private struct LengthPrefixedInput {
    var rest: ArraySlice<UInt8>

    mutating func data() -> [UInt8]? {
        guard rest.count >= 4 else { return nil }
        let count = Int(rest.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
        rest = rest.dropFirst(4)
        guard count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func text() -> String? { data().map { String(decoding: $0, as: UTF8.self) } }

    mutating func value() -> MessageAttribute.Value? {
        guard let kind = rest.popFirst(), let bytes = data() else { return nil }
        switch kind {
        case 1: return .text(String(decoding: bytes, as: UTF8.self))
        case 2: return .binary(bytes)
        default: return nil
        }
    }
}
