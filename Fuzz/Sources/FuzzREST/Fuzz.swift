import FuzzDriver
import Wire

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// A service with a binding of every kind.
private let service = ServiceShape(
    schema: #"""
        service id=zoo signing=zoo endpoint=zoo version=2026-11-21 serviceID=Zoo protocol=rest-json
        structure Request
          Id! String location=uri locationName=id
          Limits IntegerList location=querystring locationName=limit
          Since Timestamp location=querystring locationName=since
          Others StringMap location=querystring
          Names StringList location=header locationName=x-zoo-names
          Days TimestampList location=header locationName=x-zoo-days
          Facts String location=header locationName=x-zoo-facts json
          Metadata StringMap location=headers locationName=x-zoo-meta-
          Born Timestamp
          Children StringList
        list StringList member=String
        list IntegerList member=Integer
        list TimestampList member=Timestamp
        map StringMap key=String value=String
        string String
        integer Integer
        timestamp Timestamp
        operation One method=POST uri=/one/{id}/end?a input=Request
        operation Two method=POST uri=/two/{id+}/end input=Request
        """#)

/// The input's lines are: path, query string, value of every header; what follows is the body.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 3, omittingEmptySubsequences: false)
    guard lines.count == 4 else { return 0 }
    let header = String(decoding: lines[2], as: UTF8.self)
    let request = WireRequest(
        method: "POST", path: String(decoding: lines[0], as: UTF8.self),
        query: String(decoding: lines[1], as: UTF8.self),
        headers: ["x-zoo-names", "x-zoo-days", "x-zoo-facts", "x-zoo-meta-a"].map { ($0, header) },
        body: Array(lines[3]))
    let rest = ProtocolName.restJSON.wireProtocol
    guard let name = try? rest.operationName(of: request, for: service),
        let operation = service.operation(named: name),
        let input = try? rest.decode(request, as: operation, of: service)
    else { return 0 }
    try? validate(input, of: operation)
    return 0
}
