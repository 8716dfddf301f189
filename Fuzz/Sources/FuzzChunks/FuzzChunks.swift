import FuzzDriver
import Signature

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is a body in chunks: its first byte says in which form (signed, signed with trailers, unsigned with
/// trailers), the second how long the request says that its content is, the third in what pieces it comes.
///
/// However it is cut, the same must come of it; and what is taken is as long as announced.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard bytes.count > 3 else { return 0 }
    let forms = [
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    ]
    let length = Int(bytes[1])
    guard let proof = proof(forms[Int(bytes[0]) % forms.count], length: length) else { fatalError("no proof") }
    let body = Array(bytes[3...])
    let whole = taken(body, body.count, proof)
    let cut = taken(body, Int(bytes[2] % 16) + 1, proof)
    precondition(whole == cut, "it matters how a body is cut")
    if let whole { precondition(whole.content.count == length, "\(whole.content.count) bytes were taken, not \(length)") }
    return 0
}

private struct Taken: Equatable {
    var content: [UInt8]
    var trailers: [String]
}

/// What comes of a body that comes in pieces of a size; nil if it is refused.
private func taken(_ body: [UInt8], _ size: Int, _ proof: BodyProof) -> Taken? {
    var (proof, content) = (proof, [UInt8]())
    var rest = body[...]
    do {
        while !rest.isEmpty {
            let piece = rest.prefix(size)
            rest = rest.dropFirst(piece.count)
            try proof.take(Array(piece), into: &content)
        }
        return Taken(content: content, trailers: try proof.finish().map { "\($0.name):\($0.value)" })
    } catch {
        return nil
    }
}

private func proof(_ form: String, length: Int) -> BodyProof? {
    let signer = SignatureSigner(
        credentials: SigningCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "secret"), region: "us-east-1",
        service: "s3")
    var request = SignableRequest(
        method: "PUT", path: "/key",
        headers: [
            ("host", "localhost"), ("x-amz-content-sha256", form), ("x-amz-decoded-content-length", "\(length)"),
        ], body: nil)
    if form.hasSuffix("TRAILER") { request.headers.append((name: "x-amz-trailer", value: "x-amz-checksum-crc32")) }
    request.headers += signer.sign(request, timestamp: 1_800_000_000)
    guard let claims = try? SignatureClaims.find(in: request) else { return nil }
    return try? SignatureVerifier(cachedKeys: 1)
        .verify(claims, of: request, secretAccessKey: "secret", now: 1_800_000_000, expectedService: "s3")
}
