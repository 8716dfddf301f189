import LinearScan
import Policy

/// One decision with N attached policies of one statement each, of which one matches, and one more that denies
/// something else.
enum Scaling {
    enum Shape: String, CaseIterable {
        /// Each policy allows the actions of its own service.
        case services = "each its own service"
        /// All allow the same action, each on its own bucket.
        case buckets = "one action, each its own bucket"

        func statement(_ number: Int) -> (action: String, resource: String) {
            switch self {
            case .services: ("service\(number):Get*", "arn:aws:service\(number):::thing-\(number)/*")
            case .buckets: ("s3:GetObject", "arn:aws:s3:::bucket-\(number)/*")
            }
        }

        func request(_ number: Int) -> (action: String, resource: String) {
            switch self {
            case .services: ("service\(number):GetThing", "arn:aws:service\(number):::thing-\(number)/reports/2026.csv")
            case .buckets: ("s3:GetObject", "arn:aws:s3:::bucket-\(number)/reports/2026.csv")
            }
        }
    }

    static func measure(_ shape: Shape) {
        var own: [Double] = []
        for count in [10, 100, 1_000, 10_000] {
            let mine = gatehouse(shape, count)
            let scan = scan(shape, count)
            own.append(mine)
            print("| \(count), \(shape.rawValue) | \(text(mine)) ns | \(text(scan)) ns | \(text(scan / mine, 1))× |")
        }
        print("| 10,000 against 10, \(shape.rawValue) | \(text(own[3] / own[0], 2))× | | |")
        let change = attachment(shape, 10_000)
        print("| attach one more to 10,000, \(shape.rawValue) | \(text(change / 1e3, 1)) µs | | |")
    }

    /// The statements in the order of attachment. The one that matches stands in the middle.
    private static func statements(_ shape: Shape, _ count: Int) -> [(action: String, resource: String)] {
        (0..<count).map(shape.statement)
    }

    private static func gatehouse(_ shape: Shape, _ count: Int) -> Double {
        let policies =
            statements(shape, count).map { Documents.policy(Documents.statement("Allow", $0.action, $0.resource)) }
            + [Documents.policy(Documents.statement("Deny", "iam:*", "*"))]
        let asked = shape.request(count / 2)
        let request = AuthorizationRequest(
            principal: Documents.alice, action: asked.action, resource: asked.resource)
        let inputs = PolicyInputs(identity: policies)
        let context = DictionaryContext([:])
        precondition(PolicyEvaluator.evaluate(request, inputs, context).isAllowed)
        return nanoseconds { _ = PolicyEvaluator.evaluate(request, inputs, context) }
    }

    /// The nanoseconds that it takes to make the set with one policy more.
    private static func attachment(_ shape: Shape, _ count: Int) -> Double {
        let set = PolicySet(
            statements(shape, count).map { Documents.policy(Documents.statement("Allow", $0.action, $0.resource)) })
        let more = shape.statement(count)
        let policy = Documents.policy(Documents.statement("Allow", more.action, more.resource))
        return nanoseconds { _ = set.adding(policy) }
    }

    private static func scan(_ shape: Shape, _ count: Int) -> Double {
        let list = CStatements(
            statements(shape, count).map { (false, $0.action, $0.resource) } + [(true, "iam:*", "*")])
        let asked = shape.request(count / 2)
        return asked.action.withCString { action in
            asked.resource.withCString { resource in
                precondition(list.decide(action, resource) == LINEAR_SCAN_ALLOW)
                return nanoseconds { _ = list.decide(action, resource) }
            }
        }
    }
}

/// Statements as the C code wants them.
private final class CStatements {
    private let statements: UnsafeMutableBufferPointer<linear_scan_statement>

    init(_ list: [(isDeny: Bool, action: String, resource: String)]) {
        func pattern(_ text: String) -> UnsafePointer<UnsafePointer<CChar>?> {
            let bytes = text.utf8CString
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
            for (index, byte) in bytes.enumerated() { copy[index] = byte }
            let list = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: 1)
            list.initialize(to: UnsafePointer(copy))
            return UnsafePointer(list)
        }
        statements = .allocate(capacity: list.count)
        for (index, entry) in list.enumerated() {
            statements.initializeElement(
                at: index,
                to: linear_scan_statement(
                    is_deny: entry.isDeny, action_count: 1, actions: pattern(entry.action), resource_count: 1,
                    resources: pattern(entry.resource), condition_count: 0, conditions: nil))
        }
    }

    func decide(_ action: UnsafePointer<CChar>, _ resource: UnsafePointer<CChar>) -> linear_scan_outcome {
        linear_scan_decide(statements.baseAddress, statements.count, action, resource, nil, 0)
    }
}
