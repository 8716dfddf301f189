import Crypto
import Keyring
import Testing

/// Against the implementation of another library.
@Suite struct AESGCMTests {
    private static let lengths = [0, 1, 15, 16, 17, 31, 32, 33, 255, 256, 257, 4096, 65_536]

    private static func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: .min ... .max) } }

    @Test(arguments: lengths) func anotherLibraryOpensWhatIsSealed(_ count: Int) throws {
        let (key, nonce) = (SymmetricKey(size: .bits256), Self.bytes(12))
        let (plaintext, place) = (Self.bytes(count), Self.bytes(Int.random(in: 0..<100)))
        var sealed = nonce
        try AESGCM.seal(plaintext.span.bytes, using: key, nonce: nonce, authenticating: place, into: &sealed)
        let box = try AES.GCM.SealedBox(combined: sealed)
        #expect(try Array(AES.GCM.open(box, using: key, authenticating: place)) == plaintext)
    }

    @Test(arguments: lengths) func itOpensWhatAnotherLibrarySealed(_ count: Int) throws {
        let (key, nonce) = (SymmetricKey(size: .bits256), Self.bytes(12))
        let (plaintext, context) = (Self.bytes(count), Self.bytes(Int.random(in: 0..<100)))
        let box = try AES.GCM.seal(
            plaintext, using: key, nonce: AES.GCM.Nonce(data: nonce), authenticating: context)
        let sealed = Array(box.ciphertext + box.tag)
        var opened: [UInt8] = [7]
        try AESGCM.open(
            sealed.span.bytes, using: key, nonce: nonce.span.bytes, authenticating: context, into: &opened)
        #expect(opened == [7] + plaintext)
    }

    private static func isRefused(
        _ sealed: [UInt8], _ key: SymmetricKey, _ nonce: [UInt8], _ context: [UInt8]
    ) -> Bool {
        var opened: [UInt8] = []
        do throws(KeyringError) {
            try AESGCM.open(
                sealed.span.bytes, using: key, nonce: nonce.span.bytes, authenticating: context, into: &opened)
            return false
        } catch {
            return error.kind == .notAuthentic && opened.isEmpty
        }
    }

    @Test func whateverIsChangedNothingIsOpened() throws {
        let (key, nonce, context) = (SymmetricKey(size: .bits256), Self.bytes(12), Self.bytes(20))
        var sealed: [UInt8] = []
        try AESGCM.seal(Self.bytes(40).span.bytes, using: key, nonce: nonce, authenticating: context, into: &sealed)
        #expect(!Self.isRefused(sealed, key, nonce, context))
        for bit in 0..<sealed.count * 8 {
            var changed = sealed
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(Self.isRefused(changed, key, nonce, context))
        }
        for count in 0..<sealed.count { #expect(Self.isRefused(Array(sealed.prefix(count)), key, nonce, context)) }
        #expect(Self.isRefused(sealed, SymmetricKey(size: .bits256), nonce, context))
        #expect(Self.isRefused(sealed, SymmetricKey(size: .bits128), nonce, context))
        #expect(Self.isRefused(sealed, key, Self.bytes(12), context))
        #expect(Self.isRefused(sealed, key, Self.bytes(11), context))
        #expect(Self.isRefused(sealed, key, nonce, context + [0]))
        #expect(Self.isRefused(sealed, key, nonce, []))
    }

    @Test func keysAndNoncesOfOtherLengthsSealNothing() {
        var sealed: [UInt8] = []
        let wrong: [(SymmetricKeySize, Int)] = [(.bits128, 12), (.bits192, 12), (.bits256, 11), (.bits256, 13)]
        for (size, count) in wrong {
            let plaintext: [UInt8] = [1]
            #expect(throws: KeyringError.self) {
                try AESGCM.seal(
                    plaintext.span.bytes, using: SymmetricKey(size: size), nonce: Self.bytes(count),
                    authenticating: [], into: &sealed)
            }
        }
        #expect(sealed.isEmpty)
    }
}
