import CLibCrypto

/// The group in which Cognito's clients prove passwords: RFC 3526's of 3,072 bits with the generator 2. All arithmetic is
/// OpenSSL's. Numbers are bytes, the most significant first.
/// <https://www.rfc-editor.org/rfc/rfc3526#section-4>
enum SRPGroup {
    /// Of the modulus, in bytes.
    static let size = 384
    static let generator: [UInt8] = [2]

    /// N: a prime.
    static let modulus: [UInt8] =
        SRPNumber.bytes(
            hex: """
                FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD\
                EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED\
                EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F\
                83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B\
                E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510\
                15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7\
                ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C\
                BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF
                """) ?? []

    /// base ^ exponent mod N, of ``size`` bytes; in a time that doesn't depend on the values. nil: OpenSSL has no memory.
    static func power(_ base: [UInt8], _ exponent: [UInt8]) -> [UInt8]? {
        result { libcrypto_mod_exp(base, base.count, exponent, exponent.count, modulus, modulus.count, $0) }
    }

    static func product(_ a: [UInt8], _ b: [UInt8]) -> [UInt8]? {
        result { libcrypto_mod_mul(a, a.count, b, b.count, modulus, modulus.count, $0) }
    }

    static func sum(_ a: [UInt8], _ b: [UInt8]) -> [UInt8]? {
        result { libcrypto_mod_add(a, a.count, b, b.count, modulus, modulus.count, $0) }
    }

    private static func result(_ calculate: (UnsafeMutablePointer<UInt8>) -> Bool) -> [UInt8]? {
        var isDone = false
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            isDone = calculate(start)
            count = isDone ? size : 0
        }
        return isDone ? bytes : nil
    }
}

/// How numbers are written.
enum SRPNumber {
    /// The bytes of hexadecimal digits; nil where there are others, or none. An odd number of digits begins with a half byte.
    static func bytes(hex: String) -> [UInt8]? {
        guard !hex.isEmpty else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(hex.utf8.count / 2 + 1)
        var high: UInt8? = hex.utf8.count.isMultiple(of: 2) ? nil : 0
        for digit in hex.utf8 {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = digit - UInt8(ascii: "A") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }

    /// Two lower-case digits a byte.
    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// What is hashed of a number: as few bytes as hold it together with a sign, so that the first bit is always 0.
    static func padded(_ number: some Sequence<UInt8>) -> [UInt8] {
        let shortest = Array(number.drop { $0 == 0 })
        guard let first = shortest.first else { return [0] }
        return first >= 0x80 ? [0] + shortest : shortest
    }

    static func isZero(_ number: [UInt8]) -> Bool { number.allSatisfy { $0 == 0 } }
}
