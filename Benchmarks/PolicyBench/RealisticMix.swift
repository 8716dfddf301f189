import Directory
import Dispatch
import Policy

/// The caller is a role session with five AWS managed policies, three inline policies, a boundary and a session
/// policy, in an account three levels below its organization's root; conditions have variables.
enum RealisticMix {
    static let managed = [
        "AmazonS3ReadOnlyAccess", "AmazonEC2ReadOnlyAccess", "CloudWatchReadOnlyAccess", "AmazonSQSFullAccess",
        "AWSLambda_ReadOnlyAccess",
    ]

    static func inputs() -> PolicyInputs {
        let attached = managed.map { name in
            Documents.compile(ManagedPolicyCatalog.aws.entry(arn: "arn:aws:iam::aws:policy/\(name)")?.document ?? "")
        }
        let inline = [
            Documents.policy(
                Documents.statement(
                    "Allow", "s3:PutObject", "arn:aws:s3:::home/${aws:PrincipalTag/user}/*",
                    condition: #"{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:db8::/32"]}}"#)),
            Documents.policy(Documents.statement("Deny", "s3:Delete*", "*")),
            Documents.policy(
                Documents.statement(
                    "Deny", "*", "*", condition: #"{"BoolIfExists":{"aws:SecureTransport":"false"}}"#)),
        ]
        let boundary = Documents.policy(
            Documents.statement("Allow", "s3:*", "*"), Documents.statement("Allow", "sqs:*", "*"),
            type: .permissionsBoundary)
        let session = Documents.policy(
            Documents.statement(
                "Allow", "s3:*", "*",
                condition: #"{"StringEquals":{"aws:PrincipalTag/team":"${aws:ResourceTag/team}"}}"#),
            type: .session)
        let full = Documents.policy(Documents.statement("Allow", "*", "*"), type: .serviceControl)
        let regions = Documents.policy(
            Documents.statement(
                "Deny", "*", "*",
                condition: #"{"StringNotEquals":{"aws:RequestedRegion":["eu-central-1","eu-west-1"]}}"#),
            type: .serviceControl)
        return PolicyInputs(
            identity: attached + inline, boundaries: [boundary], session: [session],
            serviceControl: [[full], [full, regions], [full]])
    }

    /// Each request brings its own values, as from the network.
    static func question() -> (AuthorizationRequest, DictionaryContext) {
        let request = AuthorizationRequest(
            principal: Principal(
                kind: .roleSession, arn: "arn:aws:sts::111122223333:assumed-role/Writer/alice",
                accountID: Documents.account, roleARN: "arn:aws:iam::111122223333:role/Writer",
                uniqueID: "AROAWRITER"),
            action: "s3:PutObject", resource: "arn:aws:s3:::home/alice/reports/2026.csv")
        return (request, context)
    }

    private static var context: DictionaryContext {
        DictionaryContext([
            "aws:PrincipalTag/user": .one("alice"), "aws:PrincipalTag/team": .one("red"),
            "aws:ResourceTag/team": .one("red"), "aws:SourceIp": .one("203.0.113.7"),
            "aws:SecureTransport": .one("true"), "aws:RequestedRegion": .one("eu-central-1"),
        ])
    }

    static func measure() {
        let inputs = inputs()
        let (request, context) = question()
        precondition(PolicyEvaluator.evaluate(request, inputs, context).isAllowed)
        var times: [UInt64] = []
        // Reading the clock costs about as much as a tenth of a decision, so a sample is the mean of eight.
        for _ in 0..<40_000 {
            let start = now()
            for _ in 0..<8 { _ = PolicyEvaluator.evaluate(request, inputs, context) }
            times.append((now() - start) / 8)
        }
        times.sort()
        let named = throughputs { _ = PolicyEvaluator.evaluate($0, inputs, $1) }
        let unnamed = throughputs { _ = PolicyEvaluator.allows($0, inputs, $1) }
        print("\n| Realistic mix | |\n|---|---|")
        print("| median | \(times[times.count / 2]) ns |")
        print("| 99th percentile, of means of 8 | \(times[times.count * 99 / 100]) ns |")
        print("| decisions a second on 1 thread; on 2 | \(named) |")
        print("| the same, without the statement's name | \(unnamed) |")
        print(
            "| allocations for each decision | \(text(allocations { _ = PolicyEvaluator.evaluate(request, inputs, context) }, 2)) |"
        )
    }

    /// Decisions a second on one thread and on two, which take turns so that a busy machine is unfair to both.
    private static func throughputs(_ decide: @Sendable (AuthorizationRequest, DictionaryContext) -> Void) -> String {
        var best = (one: 0.0, two: 0.0)
        for _ in 0..<8 {
            best.one = max(best.one, throughput(threads: 1, decide))
            best.two = max(best.two, throughput(threads: 2, decide))
        }
        let ratio = text(best.two / best.one, 2)
        return "\(text(best.one / 1e6, 2)); \(text(best.two / 1e6, 2)) million (\(ratio)×)"
    }

    private static func throughput(
        threads: Int, _ decide: @Sendable (AuthorizationRequest, DictionaryContext) -> Void
    ) -> Double {
        let each = 400_000
        let start = now()
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            let (request, context) = question()
            for _ in 0..<each { decide(request, context) }
        }
        return Double(threads * each) / (Double(now() - start) / 1e9)
    }
}
