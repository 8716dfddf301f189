import FuzzDriver
import KeyMaterial

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The key of the first seed, and a wrapping key and a curve's key that are new each time.
private let symmetric = try? KeyMaterial(importing: Array(100..<132), as: .symmetricDefault)
private let wrapping = try? WrappingKey.generate(.rsa2048)
private let sender = try? wrapping.map { try KeyMaterial(stored: $0.stored(), as: .rsa2048) }
private let curve = try? KeyMaterial.generate(.eccNISTP256)

/// After a byte that says what it is: a ciphertext, a key of one of the specs, the public key of somebody else, wrapped key
/// material as it comes, and key material that was wrapped as it should be.
///
/// No ciphertext opens but the one that was made, and what is taken for a key is written as it is read.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let symmetric, let wrapping, let sender, let curve else { fatalError("there are no keys to fuzz with") }
    let bytes = UnsafeBufferPointer(start: start, count: count)
    guard let first = bytes.first else { return 0 }
    let rest = Array(bytes.dropFirst())
    switch first {
    case UInt8(ascii: "c"):
        guard let ciphertext = try? Ciphertext(rest) else { break }
        let context = EncryptionContext(["Stage": "prod", "Department": "finance"])
        if let plaintext = try? symmetric.decrypt(ciphertext, context: context),
            plaintext != Array("attack at dawn".utf8)
        {
            fatalError("forged: \(plaintext)")
        }
    case UInt8(ascii: "p"): _ = try? curve.sharedSecret(with: rest)
    case UInt8(ascii: "u"): _ = try? wrapping.unwrap(rest, .rsaAESKeyWrapSHA256, as: .eccNISTP256)
    case UInt8(ascii: "w"):
        guard let wrapped = try? sender.encrypt(rest, .rsaesOAEPSHA256) else { break }
        _ = try? wrapping.unwrap(wrapped, .rsaesOAEPSHA256, as: .eccNISTP256)
    default:
        let specs = KeySpec.allCases
        let spec = specs[Int(first) % specs.count]
        guard let key = try? KeyMaterial(importing: rest, as: spec) else { break }
        guard let stored = try? key.stored(), let again = try? KeyMaterial(importing: stored, as: spec),
            (try? again.stored()) == stored
        else { fatalError("a key of \(spec) is not read as it is written") }
    }
    return 0
}
