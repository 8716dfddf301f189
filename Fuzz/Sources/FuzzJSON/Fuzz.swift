import CloudTrailAPI
import FuzzDriver
import Wire

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is the body of a JSON request; the first byte picks the operation.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    guard let first = bytes.first else { return 0 }
    let names = CloudTrail.service.operationNames
    let name = names[Int(first) % names.count]
    guard let operation = CloudTrail.service.operation(named: name) else { return 0 }
    let request = WireRequest(
        method: "POST", path: "/", query: "", headers: [("content-type", "application/x-amz-json-1.1")],
        body: Array(bytes.dropFirst()))
    guard let input = try? ProtocolName.json.wireProtocol.decode(request, as: operation, of: CloudTrail.service) else {
        return 0
    }
    try? validate(input, of: operation)
    return 0
}
