import Crypto

/// The fingerprints of a client's TLS: what it offers in its first message, in short. Programs of one kind have the same.
///
/// JA3: <https://github.com/salesforce/ja3>. JA4: <https://github.com/FoxIO-LLC/ja4/blob/main/technical_details/JA4.md>.
public struct TLSFingerprints: Sendable, Equatable {
    /// 32 hexadecimal digits: the MD5 of what is offered.
    public let ja3: String
    /// 36 characters.
    public let ja4: String

    /// - Parameter hello: the handshake message ClientHello, with its type and length, from however many records.
    /// - Returns: nil for anything else, and for one that offers more than any program does.
    /// - Complexity: bounded: of each kind at most 512 numbers are looked at.
    public init?(_ hello: some Sequence<UInt8>) {
        guard let offer = ClientHello(Array(hello)) else { return nil }
        ja3 = Self.digits(Insecure.MD5.hash(data: Array(offer.ja3.utf8)))
        ja4 = offer.ja4 { Self.digits(SHA256.hash(data: Array($0.utf8))) }
    }

    private static func digits(_ hash: some Sequence<UInt8>) -> String {
        String(decoding: hash.flatMap(ClientHello.hex), as: UTF8.self)
    }
}

/// The message by which a TLS client begins (RFC 8446, 4.1.2).
private struct ClientHello {
    private var version: UInt16 = 0
    private var ciphers: [UInt16] = []
    private var extensions: [UInt16] = []
    private var groups: [UInt16] = []
    private var pointFormats: [UInt8] = []
    private var versions: [UInt16] = []
    private var signatures: [UInt16] = []
    /// The first protocol of ALPN.
    private var applicationProtocol: [UInt8] = []
    private var hasServerName = false

    /// Of each kind; TLS has fewer.
    private static let mostNumbers = 512

    init?(_ bytes: [UInt8]) {
        var message = Bytes(bytes[...])
        guard message.byte() == 1, let body = message.vector(lengthBytes: 3) else { return nil }
        var hello = Bytes(body)
        guard let version = hello.number(), hello.take(32) != nil, hello.vector(lengthBytes: 1) != nil,
            let ciphers = hello.vector(lengthBytes: 2), ciphers.count <= 2 * Self.mostNumbers,
            hello.vector(lengthBytes: 1) != nil
        else { return nil }
        self.version = version
        self.ciphers = Self.numbers(ciphers)
        guard let all = hello.vector(lengthBytes: 2) else { return }
        var rest = Bytes(all)
        while let type = rest.number(), let content = rest.vector(lengthBytes: 2) {
            guard !Self.isGrease(type) else { continue }
            extensions.append(type)
            take(type, content)
            guard extensions.count <= Self.mostNumbers,
                max(groups.count, versions.count, signatures.count) <= Self.mostNumbers
            else { return nil }
        }
    }

    private mutating func take(_ type: UInt16, _ content: ArraySlice<UInt8>) {
        var bytes = Bytes(content)
        switch type {
        case 0: hasServerName = true
        case 10: groups = Self.numbers(bytes.vector(lengthBytes: 2) ?? [])
        case 11: pointFormats = Array(bytes.vector(lengthBytes: 1) ?? [])
        case 13: signatures = Self.numbers(bytes.vector(lengthBytes: 2) ?? [])
        case 16:
            var names = Bytes(bytes.vector(lengthBytes: 2) ?? [])
            applicationProtocol = Array(names.vector(lengthBytes: 1) ?? [])
        case 43: versions = Self.numbers(bytes.vector(lengthBytes: 1) ?? [])
        default: break
        }
    }

    /// Without what clients make up so that servers get used to it (RFC 8701).
    private static func numbers(_ bytes: ArraySlice<UInt8>) -> [UInt16] {
        var reader = Bytes(bytes)
        var numbers: [UInt16] = []
        while let number = reader.number() { if !isGrease(number) { numbers.append(number) } }
        return numbers
    }

    private static func isGrease(_ number: UInt16) -> Bool { number & 0x0F0F == 0x0A0A && number >> 8 == number & 0xFF }

    static func hex(_ byte: UInt8) -> [UInt8] {
        [byte >> 4, byte & 15].map { $0 < 10 ? UInt8(ascii: "0") + $0 : UInt8(ascii: "a") - 10 + $0 }
    }

    // MARK: Fingerprints

    var ja3: String {
        func list(_ numbers: [some BinaryInteger]) -> String { numbers.map { String($0) }.joined(separator: "-") }
        return "\(version),\(list(ciphers)),\(list(extensions)),\(list(groups)),\(list(pointFormats))"
    }

    func ja4(_ hash: (String) -> String) -> String {
        func short(_ list: String) -> String { list.isEmpty ? "000000000000" : String(hash(list).prefix(12)) }
        func list(_ numbers: [UInt16]) -> String {
            var text: [UInt8] = []
            text.reserveCapacity(numbers.count * 5)
            for number in numbers {
                if !text.isEmpty { text.append(UInt8(ascii: ",")) }
                text += Self.hex(UInt8(number >> 8))
                text += Self.hex(UInt8(number & 0xFF))
            }
            return String(decoding: text, as: UTF8.self)
        }
        func count(_ numbers: [UInt16]) -> String {
            let text = String(min(99, numbers.count))
            return text.count == 1 ? "0" + text : text
        }
        // Server name and ALPN are in the first part.
        var offered = list(extensions.filter { $0 != 0 && $0 != 16 }.sorted())
        if !offered.isEmpty, !signatures.isEmpty { offered += "_" + list(signatures) }
        return "t" + versionName + (hasServerName ? "d" : "i") + count(ciphers) + count(extensions) + protocolName
            + "_" + short(list(ciphers.sorted())) + "_" + short(offered)
    }

    private var versionName: String {
        switch versions.max() ?? version {
        case 0x0304: "13"
        case 0x0303: "12"
        case 0x0302: "11"
        case 0x0301: "10"
        case 0x0300: "s3"
        case 0x0002: "s2"
        default: "00"
        }
    }

    /// The first and the last character: `h2`, `h1` for `http/1.1`.
    private var protocolName: String {
        guard let first = applicationProtocol.first, let last = applicationProtocol.last else { return "00" }
        func isPlain(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
        }
        let plain = isPlain(first) && isPlain(last)
        return String(decoding: plain ? [first, last] : [Self.hex(first)[0], Self.hex(last)[1]], as: UTF8.self)
    }

    /// Bytes from the front, never beyond the end.
    private struct Bytes {
        private var rest: ArraySlice<UInt8>

        init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

        mutating func byte() -> UInt8? { rest.popFirst() }

        mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
            guard rest.count >= count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }

        mutating func number() -> UInt16? {
            take(2).map { $0.reduce(0) { $0 << 8 | UInt16($1) } }
        }

        /// What has its length before it.
        mutating func vector(lengthBytes: Int) -> ArraySlice<UInt8>? {
            guard let length = take(lengthBytes) else { return nil }
            return take(length.reduce(0) { $0 << 8 | Int($1) })
        }
    }
}
