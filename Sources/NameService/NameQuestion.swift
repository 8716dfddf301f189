import CLDNS

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What somebody asks a name server. Packets are read and written by ldns.
public struct NameQuestion: Sendable, Hashable {
    /// In lower case, without a full stop at the end.
    public let name: String
    /// Its number: 1 for A, 12 for PTR, 28 for AAAA; see RFC 1035 and others.
    public let type: UInt16

    /// - Parameters: see the properties.
    public init(name: String, type: UInt16) {
        self.name = name
        self.type = type
    }
}

/// What a name server says.
public enum NameAnswer: Sendable, Hashable {
    /// There is such a name; it may have no records of the type.
    case records([NameRecord])
    case noSuchName
    /// It answers nothing of the kind.
    case refused
}

/// A record of the name that was asked for.
public enum NameRecord: Sendable, Hashable {
    /// A: an IPv4 address.
    case address(String)
    /// PTR: a name, without a full stop at the end.
    case pointer(String)
}

/// Answers packets of the domain name system (RFC 1035).
public enum NameMessages {
    /// Seconds for which an answer may be remembered.
    private static let lifetime: UInt32 = 60

    /// The packet that answers another; nil: nothing is to be answered.
    /// - Parameters:
    ///   - isDatagram: whether it goes by UDP, so that it may not be long.
    ///   - answer: what is said of a question; nil: nothing.
    public static func reply(
        to bytes: some Sequence<UInt8>, isDatagram: Bool, _ answer: (NameQuestion) -> NameAnswer?
    ) -> [UInt8]? {
        let bytes = Array(bytes)
        guard
            let question = bytes.withUnsafeBufferPointer({ bytes in
                bytes.baseAddress.flatMap { dns_question_read($0, bytes.count) }
            })
        else { return nil }
        defer { dns_question_free(question) }
        let code = dns_question_code(question)
        guard code == Int32(dns_no_error), let text = dns_question_name(question) else {
            return write(question, code, [], isDatagram)
        }
        let name = String(cString: text).lowercased()
        let asked = NameQuestion(
            name: name.hasSuffix(".") ? String(name.dropLast()) : name, type: dns_question_type(question))
        switch answer(asked) {
        case nil: return nil
        case .refused: return write(question, Int32(dns_refused), [], isDatagram)
        case .noSuchName: return write(question, Int32(dns_no_such_name), [], isDatagram)
        case .records(let records): return write(question, Int32(dns_no_error), records, isDatagram)
        }
    }

    private static func write(
        _ question: OpaquePointer, _ code: Int32, _ records: [NameRecord], _ isDatagram: Bool
    ) -> [UInt8]? {
        let texts = records.map { record in
            switch record {
            case .address(let address): (type: dns_a, value: strdup(address))
            case .pointer(let name): (type: dns_ptr, value: strdup(name + "."))
            }
        }
        defer { for text in texts { free(text.value) } }
        let answers = texts.compactMap { text in
            text.value.map { dns_answer(type: UInt16(text.type), lifetime: lifetime, value: $0) }
        }
        var length = 0
        let written = answers.withUnsafeBufferPointer { answers in
            dns_question_answer(question, code, answers.baseAddress, answers.count, isDatagram, &length)
        }
        guard let written else { return nil }
        defer { free(written) }
        return Array(UnsafeBufferPointer(start: written, count: length))
    }
}
