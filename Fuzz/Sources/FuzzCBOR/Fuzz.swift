import FuzzDriver
import Wire

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// A service whose bodies have values of every kind.
private let service = ServiceShape(
    schema: #"""
        service id=zoo signing=zoo endpoint=zoo version=2026-11-21 serviceID=Zoo protocol=smithy-rpc-v2-cbor target=Zoo
        structure Animal
          Name! String
          Born Timestamp
          Legs Integer
          Count Long
          Weight Double
          Height Float
          Tame Boolean
          Picture Blob
          Parent Animal
          Children AnimalList
          Names StringList
          Holes SparseList
          Facts StringMap
          Gaps SparseMap
        list AnimalList member=Animal
        list StringList member=String max=3
        list SparseList member=String sparse
        map StringMap key=String value=String
        map SparseMap key=String value=Integer sparse
        string String max=20
        integer Integer
        long Long
        double Double
        float Float
        boolean Boolean
        timestamp Timestamp
        blob Blob
        operation Feed input=Animal output=Animal
        """#)

/// The input is a body. What can be read is written, and that must be read as what was written: the same bytes again.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let body = Array(UnsafeBufferPointer(start: start, count: count))
    let cbor = ProtocolName.cbor.wireProtocol
    guard let operation = service.operation(named: "Feed"),
        let input = try? cbor.decode(WireRequest(body: body), as: operation, of: service)
    else { return 0 }
    try? validate(input, of: operation)
    let first = cbor.encode(input, of: operation, of: service, requestID: "x").body
    guard let again = try? cbor.decode(WireRequest(body: first), as: operation, of: service) else {
        preconditionFailure("what was written can't be read")
    }
    precondition(first == cbor.encode(again, of: operation, of: service, requestID: "x").body)
    return 0
}
