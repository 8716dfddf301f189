import FuzzDriver
import Wire

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// A service whose bodies have XML of every kind.
private let service = ServiceShape(
    schema: #"""
        service id=zoo signing=zoo endpoint=zoo version=2026-11-21 serviceID=Zoo protocol=rest-xml bareErrors
        structure Animal namespace=xsi=http://www.w3.org/2001/XMLSchema-instance
          Type String location=header locationName=x-zoo-type
          Kind String locationName=xsi:type attribute
          Name! String locationName=name
          Born Timestamp
          Legs Integer
          Weight Double
          Tame Boolean
          Picture Blob
          Parent Animal
          Children AnimalList
          Names StringList
          Flat StringList flattened
          FlatNamed NamedList flattened
          Facts StringMap
          FlatFacts StringMap flattened
        structure PutRequest payload=Animal
          Id! String location=uri locationName=id
          Animal Animal locationName=Animal
        list AnimalList member=Animal
        list StringList member=String max=3
        list NamedList member=String element=Item
        map StringMap key=String value=String
        string String max=20
        integer Integer
        double Double
        boolean Boolean
        timestamp Timestamp
        blob Blob
        operation Feed method=POST uri=/feed input=Animal output=Animal
        operation Put method=PUT uri=/animals/{id+} input=PutRequest
        """#)

/// The input is a body, read twice; what can be read is written, and must be the same when it is read again.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let body = Array(UnsafeBufferPointer(start: start, count: count))
    let rest = ProtocolName.restXML.wireProtocol
    for (name, method, path) in [("Feed", "POST", "/feed"), ("Put", "PUT", "/animals/a/b/")] {
        guard let operation = service.operation(named: name) else { return 0 }
        let request = WireRequest(method: method, path: path, headers: [("x-zoo-type", "t")], body: body)
        guard let input = try? rest.decode(request, as: operation, of: service) else { continue }
        try? validate(input, of: operation)
        guard operation.output != nil else { continue }
        let answer = rest.encode(input, of: operation, of: service, requestID: "x")
        let again = WireRequest(method: method, path: path, headers: answer.headers, body: answer.body)
        precondition((try? rest.decode(again, as: operation, of: service)) != nil, "what was written can't be read")
    }
    return 0
}
