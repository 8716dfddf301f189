import Catalogue
import Testing
import Wire

@testable import Mapping

/// What holds for every operation of every service, whatever its input: inputs are made at random from the models.
struct MappingPropertyTests {
    /// A generator whose numbers are the same in each run.
    struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    /// Texts as members have them, and as attackers would.
    private static let texts = [
        "name", "team/app", "/a/b", "i-0123", "mi-1", "sg-1", "subnet-1", "ami-1", "x:1", "default", "", " ", "*", "?",
        "..", "a/../b",
        "a\u{0}b", "arn:", "arn:aws", "arn:aws:sqs:eu-central-1:111122223333:orders",
        "arn:aws:iam::111122223333:role/a/r",
        "arn:aws:lambda:eu-west-1:444455556666:function:f:live", "arn:aws:s3:::bucket/key", "arn:aws-cn:sqs:x:1:y",
        "arn:aws:ec2:eu-central-1:111122223333:instance/i-1", "https://h/111122223333/orders", "444455556666", "true",
        "日本",
        "{\"source\": [\"a\", {\"prefix\": \"b\"}]}", "eyJzb3VyY2VBcm4iOiAiYXJuOmF3czpzcXM6OjpxIn0=", ":", "/",
        "a:b:c:d:e:f:g:h",
        String(repeating: "a", count: 3_000), "arn:aws:states:eu-central-1:111122223333:stateMachine:m:PROD",
    ]

    private static func value(_ shape: Shape, _ depth: Int, _ random: inout Generator) -> Value {
        switch shape {
        case .string(let string) where !string.values.isEmpty && Int.random(in: 0..<4, using: &random) > 0:
            .string(string.values.randomElement(using: &random) ?? "")
        case .string: .string(texts.randomElement(using: &random) ?? "")
        case .integer: .integer(Int.random(in: Int.min...Int.max, using: &random))
        case .double: .double([0, .nan, .infinity, -1e300, 0.5].randomElement(using: &random) ?? 0)
        case .boolean: .boolean(.random(using: &random))
        case .timestamp: .timestamp(Timestamp(secondsSinceEpoch: 0))
        case .blob: .blob([1, 2])
        case .list(let list):
            .list(
                depth > 4
                    ? []
                    : (0..<Int.random(in: 0...3, using: &random)).map { _ in value(list.element, depth + 1, &random) })
        case .map(let map):
            .map(
                depth > 4
                    ? []
                    : (0..<Int.random(in: 0...2, using: &random)).map { _ in
                        MapEntry(
                            key: texts.randomElement(using: &random) ?? "", value: value(map.value, depth + 1, &random))
                    })
        case .structure(let structure): .structure(self.structure(structure, depth + 1, &random))
        }
    }

    private static func structure(_ shape: StructureShape, _ depth: Int, _ random: inout Generator) -> Structure {
        var structure = Structure(shape)
        guard depth < 6 else { return structure }
        for (place, member) in shape.members.enumerated() where Int.random(in: 0..<10, using: &random) < 6 {
            // Now and then of another kind than the model says.
            structure[member: place] =
                Int.random(in: 0..<50, using: &random) == 0 ? .integer(7) : value(member.shape, depth, &random)
        }
        return structure
    }

    /// Every service for one in sixteen of its operations, and those that are mapped exactly for all.
    @Test("No input traps; ARNs are well-formed and of a type that the action is on")
    func everyOperation() {
        let mapper = RequestMapper()
        let place = Inputs.place
        var random = Generator(state: 20_261_129)
        var mapped = 0
        for entry in ServiceModels.aws.entries {
            let isExact = ExactCoverageTests.services.contains(entry.id)
            guard let service = ServiceModels.aws.service(entry.id) else { continue }
            for (number, name) in service.operationNames.enumerated() where isExact || number % 16 == 0 {
                guard let operation = service.operation(named: name) else { continue }
                for round in 0..<(isExact ? 3 : 2) {
                    let input = Self.structure(operation.input ?? .empty, 0, &random)
                    let asked = mapper.map(operation, of: entry, input, in: place)
                    if round == 0, asked != mapper.map(operation, of: entry, input, in: place) {
                        Issue.record("\(entry.id) \(name) asks for something else the second time")
                    }
                    guard case .accesses(let accesses, let source) = asked else { continue }
                    mapped += 1
                    if accesses.isEmpty { Issue.record("\(entry.id) \(name) asks for nothing") }
                    for access in accesses { check(access, source, entry.id, name) }
                }
            }
        }
        // Most inputs are hostile; that none is mapped would mean that nothing was shown.
        #expect(mapped > 1_000)
    }

    private func check(_ access: MappedAccess, _ source: MappingSource, _ service: String, _ name: String) {
        guard access.resource != "*" else { return }
        guard let arn = ARNText(access.resource), arn.partition == "aws" else {
            Issue.record("\(service) \(name): \(access.action) on \(access.resource.debugDescription), which is no ARN")
            return
        }
        for key in access.context.keys where key != key.lowercased() { Issue.record("\(service) \(name): key \(key)") }
        guard let colon = access.action.firstIndex(of: ":"),
            let known = ServiceCatalogue.aws.service(access.action[..<colon]),
            let action = known.action(access.action[access.action.index(after: colon)...])
        else {
            if !ExactCoverageTests.newer.contains(access.action) {
                Issue.record("\(service) \(name): there is no action \(access.action)")
            }
            return
        }
        // The public data that the table is made of knows more of some services than the reference.
        guard source != .table else { return }
        // The reference itself is the oracle: one of the action's types has such ARNs.
        let types = action.resourceTypes.compactMap {
            known.resourceTypes.indices.contains($0) ? known.resourceTypes[$0] : nil
        }
        // A type that is newer than the reference that ships.
        if access.action == "ec2:CreateTags",
            !known.resourceTypes.contains(where: { arn.resource.hasPrefix($0.name + "/") })
        {
            return
        }
        let isRight =
            types.contains { type in
                type.arn.service == arn.service && type.resourcePattern.overlaps(Wildcards(String(arn.resource)))
                    && type.arn.region.isEmpty == arn.region.isEmpty
            } || access.gap == .roleOfInstanceProfile || Self.others.contains(access.action)
        if !isRight { Issue.record("\(service) \(name): \(access.action) is not on \(access.resource)") }
    }

    /// Actions of which the reference says that they are on versions and aliases alone, but a request need not name one.
    private static let others: Set<String> = [
        "lambda:DeleteProvisionedConcurrencyConfig", "lambda:GetProvisionedConcurrencyConfig",
        "lambda:PutProvisionedConcurrencyConfig",
    ]
}
