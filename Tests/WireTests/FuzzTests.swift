import CloudTrailAPI
import IAMAPI
import STSAPI
import Testing

@testable import Wire

/// Random and damaged messages: what matters is that each gets an answer or a 4xx, and nothing traps.
@Suite struct FuzzTests {
    @Test func damagedForms() throws {
        let seed = Seeded.freshSeed()
        var random = Seeded(seed)
        let query = QueryProtocol()
        let pieces = [
            "Tags", ".member", ".1", ".99999999999999999999", ".Key", "=", "&", "%", "%4", "%C3", "+", "..", "UserName",
            "Path",
            "Action", "Version", "a", "\u{0}", ".entry", ".-1", "ContextEntries", ".ContextKeyValues",
        ]
        for _ in 0..<5000 {
            let body = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
            for operation in [IAM.CreateUser.shape, IAM.SimulateCustomPolicy.shape] {
                expectClientError("seed \(seed)") {
                    let input = try query.decode(form(body), as: operation, of: IAM.service)
                    try validate(input, of: operation)
                }
                expectClientError("seed \(seed)") { _ = try query.operationName(of: form(body), for: IAM.service) }
            }
        }
    }

    @Test func damagedJSON() throws {
        let seed = Seeded.freshSeed()
        var random = Seeded(seed)
        let operation = CloudTrail.PutEventSelectors.shape
        for _ in 0..<3000 {
            var writer = JSONWriter()
            writer.structure(randomStructure(try #require(operation.input), using: &random))
            var body = writer.bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) where !body.isEmpty {
                let position = Int.random(in: 0..<body.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: body[position] = UInt8.random(in: .min ... .max, using: &random)
                case 1: body.remove(at: position)
                case 2: body.removeLast(position)
                default: body.insert("{}[]\",:\\0".utf8.randomElement(using: &random) ?? 0, at: position)
                }
            }
            expectClientError("seed \(seed)") {
                let input = try JSONProtocol().decode(
                    WireRequest(body: body), as: operation, of: CloudTrail.service)
                try validate(input, of: operation)
            }
        }
    }

    @Test func randomBytes() {
        let seed = Seeded.freshSeed()
        var random = Seeded(seed)
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                UInt8.random(in: .min ... .max, using: &random)
            }
            _ = try? JSONValue(parsing: bytes)
            _ = Base64.decode(bytes)
            let text = String(decoding: bytes, as: UTF8.self)
            _ = Timestamp(parsing: text)
            _ = Pattern(text).matches(text)
            expectClientError("seed \(seed)") {
                _ = try QueryProtocol().decode(
                    WireRequest(query: text, body: bytes), as: STS.AssumeRole.shape, of: STS.service)
            }
        }
    }

    /// Bodies that would be dear if an index, a count or a depth were taken at its word.
    @Test func hostileForms() throws {
        let query = QueryProtocol()
        let sparse = (0..<10_000).map { "&Tags.member.\(999_999_999 - $0).Key=k" }.joined()
        let input = IAM.CreateUserRequest(try query.decode(form(sparse), as: IAM.CreateUser.shape, of: IAM.service))
        #expect(input.tags?.count == 10_000)
        let tooMany = String(repeating: "a&", count: 100_000)
        #expect(throws: ServiceError.self) {
            try query.decode(form(tooMany), as: IAM.CreateUser.shape, of: IAM.service)
        }
        let empty = String(repeating: "&", count: 1_000_000)
        #expect(throws: Never.self) { try query.decode(form(empty), as: IAM.CreateUser.shape, of: IAM.service) }
    }

    @Test func base64Text() {
        let seed = Seeded.freshSeed()
        var random = Seeded(seed)
        for length in 0..<100 {
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let text = WireTests.base64(bytes)
            #expect(String(decoding: Base64.encode(bytes), as: UTF8.self) == text, "seed \(seed)")
            #expect(Base64.decode(text.utf8) == bytes, "seed \(seed)")
        }
        for bad in ["A", "AA", "AAA", "AA=A", "AB==", "AAB=", "====", "A===", "AA==AA==", "A-B_", "AAAA\n"] {
            #expect(Base64.decode(bad.utf8) == nil, "\(bad)")
        }
    }

    private func expectClientError(_ comment: Comment, _ body: () throws -> Void) {
        do {
            try body()
        } catch let error as ServiceError {
            #expect((400..<500).contains(error.status), comment)
        } catch {
            Issue.record(error, comment)
        }
    }
}
