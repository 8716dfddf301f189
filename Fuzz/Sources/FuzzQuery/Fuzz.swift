import FuzzDriver
import IAMAPI
import Wire

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is the body of a query request; the first byte picks the operation.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    guard let first = bytes.first else { return 0 }
    let names = IAM.service.operationNames
    let name = names[Int(first) % names.count]
    guard let operation = IAM.service.operation(named: name) else { return 0 }
    let request = WireRequest(
        method: "POST", path: "/", query: "", headers: [("content-type", "application/x-www-form-urlencoded")],
        body: Array(bytes.dropFirst()))
    let query = ProtocolName.query.wireProtocol
    _ = try? query.operationName(of: request, for: IAM.service)
    guard let input = try? query.decode(request, as: operation, of: IAM.service) else { return 0 }
    try? validate(input, of: operation)
    return 0
}
