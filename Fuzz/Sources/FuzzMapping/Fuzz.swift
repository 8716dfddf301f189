import FuzzDriver
import Mapping
import Wire

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

private let models = ServiceModels.aws
private let mapper = RequestMapper()
/// All that were read: of the program's own, only some are kept. libFuzzer calls from one thread.
private nonisolated(unsafe) var shapes: [String: ServiceShape] = [:]

private func shape(of entry: ServiceModels.Entry) -> ServiceShape? {
    if let shape = shapes[entry.id] { return shape }
    shapes[entry.id] = models.service(entry.id)
    return shapes[entry.id]
}

/// The input chooses an operation of any service and what its members hold. Whatever that is, the answer is accesses whose
/// actions and ARNs are well-formed, or a reason.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var choices = Choices(UnsafeBufferPointer(start: start, count: count))
    let entry = models.entries[choices.number(below: models.entries.count)]
    guard let service = shape(of: entry), !service.operationNames.isEmpty,
        let operation = service.operation(
            named: service.operationNames[choices.number(below: service.operationNames.count)])
    else { return 0 }
    let input = choices.structure(operation.input ?? .empty, depth: 0)
    let place = Place(region: "eu-central-1", account: "111122223333")
    check(mapper.map(operation, of: entry, input, in: place), operation)
    if let request = DynamoDBRequest(operation, input, in: place) {
        check(request.map(keys: [:]), operation)
        check(request.map(keys: [:], absent: Set(request.tables)), operation)
    }
    if var launch = EC2Launch(operation, input) {
        // Endpoints may answer anything.
        let answers = ["DescribeLaunchTemplateVersions", "DescribeSecurityGroups"].map { name in
            choices.structure(service.operation(named: name)?.output ?? .empty, depth: 0)
        }
        let isTaken = launch.take(template: answers[0]) == nil
        if launch.take(groups: answers[1]) == nil || isTaken {
            check(launch.map(by: mapper, of: entry, operation, in: place), operation)
        }
    }
    if let copy = S3Copy(operation, input) {
        let asked = mapper.map(operation, of: entry, input, in: place)
        check(copy.addingTags([(key: "Team", value: "a")], to: asked, in: place), operation)
    }
    return 0
}

private func check(_ answer: MappedRequest, _ operation: OperationShape) {
    switch answer {
    case .unmapped(let reason):
        precondition(!reason.isEmpty)
    case .accesses(let accesses, _):
        precondition(!accesses.isEmpty && accesses.count <= 10_000)
        for access in accesses {
            let action = access.action.split(separator: ":", omittingEmptySubsequences: false)
            guard action.count == 2, action.allSatisfy({ !$0.isEmpty }),
                access.resource == "*" || isWellFormed(access.resource),
                access.context.keys.allSatisfy({ $0.contains(":") && !$0.utf8.contains { (0x41...0x5A).contains($0) } })
            else { fatalError("\(operation.serviceID) \(operation.name): \(access)") }
        }
    }
}

private func isWellFormed(_ arn: String) -> Bool {
    let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    return parts.count == 6 && parts[0] == "arn" && parts[1] == "aws" && !parts[2].isEmpty
        && (parts[4].isEmpty || parts[4] == "aws" || (parts[4].utf8.count == 12 && parts[4].allSatisfy(\.isNumber)))
        && !parts[5].isEmpty && parts[5].utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
}

/// Takes what to do from the input, byte by byte. What it does not say is 0.
private struct Choices {
    private var rest: Slice<UnsafeBufferPointer<UInt8>>
    /// So that one input makes no more values than that.
    private var room = 2_000

    init(_ bytes: UnsafeBufferPointer<UInt8>) { rest = bytes[...] }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    mutating func number(below limit: Int) -> Int { (Int(byte()) << 8 | Int(byte())) % limit }

    mutating func structure(_ shape: StructureShape, depth: Int) -> Structure {
        var structure = Structure(shape)
        for (index, member) in shape.members.enumerated() where byte() % 3 != 0 {
            structure[member: index] = value(member.shape, depth: depth + 1)
        }
        return structure
    }

    private mutating func value(_ shape: Shape, depth: Int) -> Value? {
        guard depth < 8, room > 0 else { return nil }
        room -= 1
        switch shape {
        case .string(let string): return .string(text(string))
        case .integer: return .integer(Int(Int8(bitPattern: byte())))
        case .double: return .double(byte() == 0 ? .infinity : Double(byte()))
        case .boolean: return .boolean(byte() & 1 == 0)
        case .timestamp, .blob: return nil
        case .list(let list):
            return .list((0..<(byte() % 4)).map { _ in value(list.element, depth: depth + 1) ?? .null })
        case .map(let map):
            return .map(
                (0..<(byte() % 4)).map { _ in
                    MapEntry(key: text(nil), value: value(map.value, depth: depth + 1) ?? .null)
                })
        case .structure(let inner): return .structure(structure(inner, depth: depth + 1))
        }
    }

    private static let texts = [
        "orders", "", "*", "a?c", "..", "/", "/aws/lambda/f", "a/b", "a:b", "a b", " ", "\n", "\u{0}", "ä", "${x}",
        "arn:aws:sqs:eu-central-1:444455556666:orders", "arn:aws:lambda:us-east-1:111122223333:function:f:1",
        "arn:aws:iam::111122223333:role/path/r", "arn:aws:s3:::bucket/key", "arn:aws:sns:eu-central-1:1:t", "arn:",
        "arn:aws",
        "arn:aws:::::", "arn:aws-cn:sqs:cn-north-1:111122223333:q",
        "https://sqs.eu-central-1.amazonaws.com/111122223333/q",
        "111122223333:function:f:1", "i-0123456789abcdef0", "my-secret-AbCdEf", "111122223333",
    ]

    private mutating func text(_ shape: StringShape?) -> String {
        let choice = Int(byte())
        if choice < Self.texts.count { return Self.texts[choice] }
        if choice < 64, let values = shape?.values, !values.isEmpty { return values[choice % values.count] }
        let length = Int(byte()) % 24
        defer { rest = rest.dropFirst(length) }
        return String(decoding: rest.prefix(length), as: UTF8.self)
    }
}
