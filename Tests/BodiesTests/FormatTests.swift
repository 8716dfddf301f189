import Crypto
import Foundation
import Testing

@testable import Bodies

/// What was written years ago must be readable: the expected bytes are from a program in Python that was written by the
/// module's documentation, with another library.
@Suite struct FormatTests {
    private static let id = "000102030405060708090a0b0c0d0e0f"
    private static let check = "qcS3HYuPtsxeWjtK7F5avg=="
    private static let secret = SymmetricKey(data: [UInt8](0..<32))

    @Test(arguments: [
        (
            "hello",
            "47415445424f44590110000000000000000102030405060708090a0b0c0d0e0f7f18737d842fa807ff0948261fcf15502e81f00e09"
        ),
        ("", "47415445424f44590110000000000000000102030405060708090a0b0c0d0e0f29aedd7899e687027e6a3b24cc1f2570"),
    ])
    func aSmallBody(plaintext: String, file: String) throws {
        let seal = BodySeal(try #require(BodyID(Self.id)), Self.secret)
        let sealed = seal.header + (try seal.seal(Array(plaintext.utf8), 0, isLast: true))
        #expect(sealed.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == file)

        let json = #"{"id":"\#(Self.id)","length":\#(plaintext.utf8.count),"check":"\#(Self.check)"}"#
        let body = try JSONDecoder().decode(StoredBody.self, from: Data(json.utf8))
        let store = BodyStore(memoryLimit: 0)
        #expect(try store.open(sealed, of: body, key: Self.secret) == Array(plaintext.utf8))
    }

    @Test func aBodyOfThreeChunks() throws {
        let seal = BodySeal(try #require(BodyID(Self.id)), Self.secret)
        let plaintext = (0..<150_000).map { UInt8($0 % 251) }
        var sealed = seal.header
        for index in 0..<3 {
            let chunk = Array(plaintext.dropFirst(index * 65_536).prefix(65_536))
            sealed += try seal.seal(chunk, index, isLast: index == 2)
        }
        #expect(
            SHA256.hash(data: sealed).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                == "f66b80308f0463654e759e745ed033bfc9a2bd599cfbb38aa7352a65b08779ee")
        #expect(Data(seal.check).base64EncodedString() == Self.check)
    }
}
