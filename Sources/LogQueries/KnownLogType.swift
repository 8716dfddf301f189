/// The fields of lines that are no JSON, and whose form is known: flow logs of VPCs, query logs of Route 53, and what Lambda writes
/// of its invocations.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html>
enum KnownLogType {
    private static let flowNames = [
        "version", "accountId", "interfaceId", "srcAddr", "dstAddr", "srcPort", "dstPort", "protocol", "packets",
        "bytes",
        "startTime", "endTime", "action", "logStatus",
    ]
    private static let queryNames = [
        "version", "queryTimestamp", "hostZoneId", "queryName", "queryType", "responseCode", "protocol", "edgeLocation",
        "resolverIp", "ednsClientSubnet",
    ]

    static func fields(of message: String) -> [String: QueryValue] {
        switch message.utf8.first {
        case UInt8(ascii: "2"): flow(words(message))
        case UInt8(ascii: "1"): query(words(message))
        case UInt8(ascii: "S"), UInt8(ascii: "E"), UInt8(ascii: "R"): invocation(message)
        default: [:]
        }
    }

    private static func words(_ message: String) -> [Substring] {
        // Enough of them to tell that there are too many.
        message.split(maxSplits: 16, omittingEmptySubsequences: true) { $0 == " " || $0 == "\n" }
    }

    private static func named(_ names: [String], _ words: [Substring]) -> [String: QueryValue] {
        Dictionary(
            zip(names, words).compactMap { name, word in
                word == "-" ? nil : (name, QueryValue.number(String(word)).map { .number($0) } ?? .text(String(word)))
            }
        ) { first, _ in first }
    }

    /// `2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK`
    private static func flow(_ words: [Substring]) -> [String: QueryValue] {
        guard words.count == flowNames.count, words[0] == "2", words[2].hasPrefix("eni-") else { return [:] }
        var fields = named(flowNames, words)
        // An account's number may begin with zeros.
        fields["accountId"] = .text(String(words[1]))
        return fields
    }

    /// `1.0 2017-12-13T08:16:02.130Z Z123412341234 example.com A NOERROR UDP FRA6 192.168.1.1 -`
    private static func query(_ words: [Substring]) -> [String: QueryValue] {
        guard words.count == queryNames.count, words[0] == "1.0" || words[0] == "1.1", words[2].hasPrefix("Z") else {
            return [:]
        }
        return named(queryNames, words)
    }

    /// `REPORT RequestId: 8f507cfc-…  Duration: 12.7 ms  Billed Duration: 100 ms  Memory Size: 128 MB  Max Memory Used: 29 MB`
    private static func invocation(_ message: String) -> [String: QueryValue] {
        for type in ["START", "END", "REPORT"] where message.hasPrefix("\(type) RequestId: ") {
            var fields: [String: QueryValue] = ["@type": .text(type)]
            fields["@requestId"] = word(after: " RequestId: ", in: message).map { .text($0) }
            guard type == "REPORT" else { return fields }
            fields["@duration"] = number(after: "\tDuration: ", in: message)
            fields["@billedDuration"] = number(after: "Billed Duration: ", in: message)
            fields["@memorySize"] = number(after: "Memory Size: ", in: message, times: 1_000_000)
            fields["@maxMemoryUsed"] = number(after: "Max Memory Used: ", in: message, times: 1_000_000)
            fields["@initDuration"] = number(after: "Init Duration: ", in: message)
            fields["@xrayTraceId"] = word(after: "XRAY TraceId: ", in: message).map { .text($0) }
            fields["@xraySegmentId"] = word(after: "SegmentId: ", in: message).map { .text($0) }
            return fields
        }
        return [:]
    }

    private static func word(after label: String, in message: String) -> String? {
        guard let found = TextSearch.first(label, in: message) else { return nil }
        let word = message[found.upperBound...].prefix { !$0.isWhitespace }
        return word.isEmpty ? nil : String(word)
    }

    private static func number(after label: String, in message: String, times factor: Double = 1) -> QueryValue? {
        word(after: label, in: message).flatMap { QueryValue.number($0) }.map { QueryValue(finite: $0 * factor) }
    }
}

/// Where one text is in another.
enum TextSearch {
    /// The first place; nil: there is none.
    static func first(_ text: String, in whole: String, from start: String.Index? = nil) -> Range<String.Index>? {
        let (needle, bytes) = (Array(text.utf8), whole.utf8)
        guard let first = needle.first else { return nil }
        var place = start ?? whole.startIndex
        while let found = bytes[place...].firstIndex(of: first) {
            if bytes[found...].starts(with: needle) { return found..<bytes.index(found, offsetBy: needle.count) }
            place = bytes.index(after: found)
        }
        return nil
    }
}
