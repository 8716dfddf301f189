import FuzzDriver
import Mapping
import Policy
import Wire

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The first byte picks the request, the rest is an expression or a statement of it. Whatever is mapped has the attributes of
/// the key, no leading key that is not in the request, and an event that doesn't hold what is no key's.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    guard let first = bytes.first else { return 0 }
    let sample = samples[Int(first) % samples.count]
    guard let service = ServiceModels.aws.service("dynamodb"),
        let operation = service.operation(named: sample.operation)
    else { fatalError("the model lacks \(sample.operation)") }
    let text = String(decoding: bytes.dropFirst(), as: UTF8.self)
    guard
        var input = try? ProtocolName.json.wireProtocol.decode(
            WireRequest(body: Array(sample.input.utf8)), as: operation, of: service)
    else { fatalError("a sample can't be read") }
    input[sample.member] = .string(text)
    guard let request = DynamoDBRequest(operation, input, in: place) else { fatalError("not DynamoDB's") }
    let asked = request.map(keys: keys)
    let shown = DynamoDBEvents.requestParameters(of: operation, input, in: place, keys: keys)
    precondition(shown != nil, "no parameters of a data event")
    guard case .accesses(let accesses, by: .exact) = asked else { return 0 }
    precondition(!accesses.isEmpty, "nothing is asked")
    for access in accesses {
        precondition(access.resource.hasPrefix("arn:aws:dynamodb:eu-west-1:111122223333:table/"), "another resource")
        if case .many(let values)? = access.context["dynamodb:leadingkeys"] {
            precondition(!values.isEmpty && values.allSatisfy { !$0.isEmpty }, "a leading key is empty")
        } else {
            precondition(
                sample.operation == "Scan" || access.context["dynamodb:fulltablescan"] == .one("true"),
                "leading keys are missing")
        }
        guard sample.operation == "GetItem" || sample.operation == "UpdateItem" else { continue }
        guard case .many(let attributes)? = access.context["dynamodb:attributes"], attributes.contains("pk") else {
            preconditionFailure("the key's attribute is missing")
        }
    }
    return 0
}

private let place = Place(region: "eu-west-1", account: "111122223333")
private let keys = ["arn:aws:dynamodb:eu-west-1:111122223333:table/tab": TableKeys(partition: "pk", sort: "sk")]

private let key = #""TableName":"tab","Key":{"pk":{"S":"x"},"sk":{"N":"1"}}"#
private let placeholders =
    ##""ExpressionAttributeNames":{"#a":"pk","#b":"b.c"},"ExpressionAttributeValues":{":v":{"S":"v"},":w":{"N":"1"}}"##

/// Requests that lack one expression.
private let samples: [(operation: String, member: String, input: String)] = [
    ("GetItem", "ProjectionExpression", "{\(key),\(placeholders)}"),
    ("UpdateItem", "UpdateExpression", "{\(key),\(placeholders)}"),
    ("UpdateItem", "ConditionExpression", "{\(key),\(placeholders)}"),
    ("Query", "KeyConditionExpression", #"{"TableName":"tab",\#(placeholders)}"#),
    ("Scan", "FilterExpression", #"{"TableName":"tab",\#(placeholders)}"#),
    ("ExecuteStatement", "Statement", "{}"),
    ("ExecuteStatement", "Statement", #"{"Parameters":[{"S":"v"},{"N":"1"}]}"#),
]
