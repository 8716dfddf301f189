import FuzzDriver
import Policy

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is a policy document; the first byte picks its type. What parses is compiled and asked, too.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    guard let first = bytes.first else { return 0 }
    let types: [PolicyType] = [
        .identity, .resource, .permissionsBoundary, .session, .serviceControl, .resourceControl, .endpoint, .roleTrust,
    ]
    let type = types[Int(first) % types.count]
    let text = String(decoding: bytes.dropFirst(), as: UTF8.self)
    guard let document = try? PolicyDocument(parsing: text, as: type) else { return 0 }
    let policy = CompiledPolicy(document, source: PolicySource(type: .identity, name: "fuzz"))
    let request = AuthorizationRequest(
        principal: Principal(kind: .user, arn: "arn:aws:iam::111122223333:user/a", accountID: "111122223333"),
        action: "iam:GetUser", resource: "arn:aws:iam::111122223333:user/a")
    let context = DictionaryContext([
        "aws:username": .one("a"), "aws:SourceIp": .one("127.0.0.1"), "aws:CurrentTime": .one("2026-11-21T00:00:00Z"),
        "aws:TagKeys": .many(["a", "b"]),
    ])
    _ = PolicyEvaluator.explain(request, PolicyInputs(identity: [policy]), context)
    return 0
}
