import Testing

@testable import WAF

@Suite("Fingerprints of TLS")
struct TLSFingerprintsTests {
    private static func number(_ number: Int) -> [UInt8] { [UInt8(number >> 8 & 255), UInt8(number & 255)] }
    private static func vector(_ content: [UInt8]) -> [UInt8] { number(content.count) + content }

    /// A ClientHello.
    static func hello(
        version: Int = 0x0303, ciphers: [Int], extensions: [(type: Int, content: [UInt8])]?, session: [UInt8] = []
    ) -> [UInt8] {
        var body = number(version) + [UInt8](repeating: 7, count: 32) + [UInt8(session.count)] + session
        body += vector(ciphers.flatMap(number)) + [1, 0]
        if let extensions { body += vector(extensions.flatMap { number($0.type) + vector($0.content) }) }
        return [1, 0] + number(body.count) + body
    }

    @Test("JA3: the examples of its description")
    func ja3() {
        let old = [47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4]
        let extensions: [(Int, [UInt8])] = [
            (0, Self.vector([0] + Self.vector(Array("a.example".utf8)))),
            (10, Self.vector([23, 24, 25].flatMap(Self.number))),
            (11, [1, 0]),
        ]
        #expect(
            TLSFingerprints(Self.hello(version: 769, ciphers: old, extensions: extensions))?.ja3
                == "ada70206e40642a3e4461f35503241d5")
        let bare = TLSFingerprints(
            Self.hello(version: 769, ciphers: [4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99], extensions: nil))
        #expect(bare?.ja3 == "de350869b8c85de67a350c8d186f11e6")
        #expect(bare?.ja4.hasPrefix("t10i110000_") == true && bare?.ja4.hasSuffix("_000000000000") == true)
    }

    @Test("JA4: the example of its description, whatever the order, with made-up values besides")
    func ja4() {
        let ciphers = [
            0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d,
            0x002f,
            0x0035,
        ]
        let signatures = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601]
        var extensions: [(type: Int, content: [UInt8])] = [
            0x1b, 0, 0x33, 0x10, 0x4469, 0x17, 0x2d, 0x0d, 5, 0x23, 0x12, 0x2b, 0xff01, 0x0b, 0x0a, 0x15,
        ].map { type in
            switch type {
            case 0x0d: (type, Self.vector(signatures.flatMap(Self.number)))
            case 0x10: (type, Self.vector([2] + Array("h2".utf8) + [8] + Array("http/1.1".utf8)))
            case 0x2b: (type, [6] + [0x5a5a, 0x0304, 0x0303].flatMap(Self.number))
            default: (type, [])
            }
        }
        let wanted = "t13d1516h2_8daaf6152771_e5627efa2ab1"
        #expect(TLSFingerprints(Self.hello(ciphers: ciphers, extensions: extensions))?.ja4 == wanted)
        extensions = [(0xaaaa, [])] + extensions.reversed() + [(0x1a1a, [0])]
        let grease = Self.hello(ciphers: [0x0a0a] + ciphers.reversed(), extensions: extensions, session: [1, 2, 3])
        #expect(TLSFingerprints(grease)?.ja4 == wanted)
        func name(_ text: [UInt8]) -> Substring? {
            TLSFingerprints(Self.hello(ciphers: [1], extensions: [(16, Self.vector([UInt8(text.count)] + text))]))?.ja4
                .prefix(10).suffix(2)
        }
        #expect(
            name(Array("http/1.1".utf8)) == "h1" && name([0xab]) == "ab" && name([0x20, 0x61]) == "21"
                && name([]) == "00")
    }

    @Test("what offers thousands of things has none, and is not worked through")
    func tooMany() {
        func isRead(_ count: Int, in type: Int? = nil) -> Bool {
            let numbers = (0..<count).flatMap { Self.number($0 * 2 + 1) }
            let bytes = Self.hello(
                ciphers: type == nil ? (0..<count).map { $0 * 2 + 1 } : [1],
                extensions: type.map { [($0, Self.vector(numbers))] })
            return TLSFingerprints(bytes) != nil
        }
        for type in [nil, 10, 13] { #expect(isRead(512, in: type) && !isRead(513, in: type)) }
        func hasExtensions(_ count: Int) -> Bool {
            TLSFingerprints(Self.hello(ciphers: [1], extensions: (0..<count).map { (100 + $0, []) })) != nil
        }
        #expect(hasExtensions(512) && !hasExtensions(4000))
    }

    @Test("what is no ClientHello has none, and no bytes trap")
    func others() {
        let whole = Self.hello(
            ciphers: [1, 2], extensions: [(0, []), (10, [0, 9, 1]), (16, [255, 255]), (43, [3, 3])])
        for count in whole.indices { #expect(TLSFingerprints(whole.prefix(count)) == nil) }
        #expect(TLSFingerprints([2] + whole.dropFirst()) == nil)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var bytes = whole
            for _ in 0..<3 {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = TLSFingerprints(bytes)
        }
    }
}
