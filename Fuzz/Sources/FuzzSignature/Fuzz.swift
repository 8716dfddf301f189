import FuzzDriver
import Signature

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is an Authorization header, or with a first byte of 1 the query string of a presigned URL. What is found is
/// verified too, so that the canonical request is made of it.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    guard let form = bytes.first else { return 0 }
    let text = String(decoding: bytes.dropFirst(), as: UTF8.self)
    var request = SignableRequest(
        method: "POST", path: "/", query: "", headers: [("host", "localhost"), ("x-amz-date", "20261121T000000Z")],
        body: [])
    if form == 1 {
        request.query = text
    } else {
        request.headers.append((name: "authorization", value: text))
    }
    guard let claims = try? SignatureClaims.find(in: request) else { return 0 }
    try? SignatureVerifier(cachedKeys: 1)
        .verify(claims, of: request, secretAccessKey: "secret", now: Double(claims.timestamp))
    return 0
}
