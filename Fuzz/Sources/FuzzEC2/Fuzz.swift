import FuzzDriver
import Wire

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// A service whose forms have parameters of every kind.
private let service = ServiceShape(
    schema: #"""
        service id=zoo signing=zoo endpoint=zoo version=2026-11-21 serviceID=Zoo protocol=ec2
        structure Animal
          Name! String locationName=name
          Asked String queryName=AskedAs
          Born Timestamp
          Legs Integer
          Weight Double
          Tame Boolean
          Picture Blob
          Parent Animal
          Children AnimalList
          Names StringList locationName=nameSet
          Lists StringListList
          Facts StringMap
        list AnimalList member=Animal element=item
        list StringList member=String element=item max=3
        list StringListList member=StringList
        map StringMap key=String value=String
        string String max=20
        integer Integer
        double Double
        boolean Boolean
        timestamp Timestamp
        blob Blob
        operation Feed input=Animal output=Animal
        """#)

/// The input is the body of a form; what can be read is written as an answer.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let body = Array(UnsafeBufferPointer(start: start, count: count))
    let request = WireRequest(headers: [("content-type", "application/x-www-form-urlencoded")], body: body)
    let ec2 = ProtocolName.ec2.wireProtocol
    _ = try? ec2.operationName(of: request, for: service)
    guard let operation = service.operation(named: "Feed"),
        let input = try? ec2.decode(request, as: operation, of: service)
    else { return 0 }
    try? validate(input, of: operation)
    _ = ec2.encode(input, of: operation, of: service, requestID: "x")
    return 0
}
