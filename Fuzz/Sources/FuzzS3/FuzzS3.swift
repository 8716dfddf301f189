import FuzzDriver
import S3API
import Wire

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input's lines are: method, path, query string, value of every header that S3 takes from a request; what follows is the
/// body. What can be read as a configuration must be the same when it is kept and read again.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 4, omittingEmptySubsequences: false)
    guard lines.count == 5 else { return 0 }
    let header = String(decoding: lines[3], as: UTF8.self)
    let request = WireRequest(
        method: String(decoding: lines[0], as: UTF8.self), path: String(decoding: lines[1], as: UTF8.self),
        query: String(decoding: lines[2], as: UTF8.self), headers: headers.map { ($0, header) }, body: Array(lines[4]))
    let rest = S3.service.wireProtocol(of: request)
    guard let name = try? rest.operationName(of: request, for: S3.service),
        let operation = S3.service.operation(named: name),
        let input = try? rest.decode(request, as: operation, of: S3.service)
    else { return 0 }
    try? validate(input, of: operation)
    guard let payload = input.shape.payload, case .structure(let kept)? = input[member: payload] else { return 0 }
    let again = try? Structure(json: kept.json, of: kept.shape)
    precondition(again?.json == kept.json, "what was kept can't be read")
    return 0
}

private let headers = [
    "range", "if-match", "if-modified-since", "expires", "x-amz-copy-source", "x-amz-copy-source-range", "x-amz-tagging",
    "x-amz-object-lock-retain-until-date", "x-amz-meta-a", "x-amz-object-attributes", "x-amz-checksum-crc32",
]
