import CLDNS

/// What ldns has read.
enum ReadRecords {
    /// Takes the records over, and frees ldns's.
    static func taken(_ records: OpaquePointer) -> [DomainRecord] {
        defer { dns_free(records) }
        return (0..<dns_count(records)).compactMap { index in
            guard let kind = DomainRecord.Kind(rawValue: dns_type(records, index)) else { return nil }
            var length = 0
            let start = dns_value(records, index, &length)
            let bytes = Array(UnsafeBufferPointer(start: start, count: length))
            guard let value = value(bytes, kind) else { return nil }
            return DomainRecord(name: plainName(String(cString: dns_name(records, index))), kind: kind, value: value)
        }
    }

    private static func value(_ bytes: [UInt8], _ kind: DomainRecord.Kind) -> DomainRecord.Value? {
        switch kind {
        case .address, .longAddress: return .address(String(decoding: bytes, as: UTF8.self))
        case .alias: return .alias(plainName(String(decoding: bytes, as: UTF8.self)))
        case .text: return .text(bytes)
        case .authorization:
            guard let flags = bytes.first else { return nil }
            let parts = bytes.dropFirst().split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[1].last == 0 else { return nil }
            return .authorization(
                property: String(decoding: parts[0], as: UTF8.self).lowercased(),
                value: String(decoding: parts[1].dropLast(), as: UTF8.self), isCritical: flags & 0x80 != 0)
        }
    }

    /// Has a function of ldns's write why it failed.
    static func reason<T>(_ body: (UnsafeMutablePointer<CChar>, Int) -> T) -> (result: T, reason: String) {
        var text = [CChar](repeating: 0, count: 256)
        let result = body(&text, text.count)
        return (result, String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
}
