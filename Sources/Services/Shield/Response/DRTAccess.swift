import Directory
import Ledger
import Platform
import Policy
import S3API
import ShieldAdvancedAPI
import Wire

// How AWS's Shield response team would get in. Nobody comes here, but what the account has to prepare is checked all the same.
// <https://docs.aws.amazon.com/waf/latest/developerguide/ddos-srt-access.html>

private enum ResponseTeam {
    static let service = "drt.shield.amazonaws.com"
    static let policy = "arn:aws:iam::aws:policy/service-role/AWSShieldDRTAccessPolicy"
    /// <https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/API_AssociateDRTLogBucket.html>
    static let mostBuckets = 10
}

extension ShieldAdvanced.AssociateDRTRole: WriteOperation {
    /// Whoever gives the role away has to be allowed to, and to look at it.
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let role = input.roleArn
        return .required([
            call.shieldAccess("*"), call.dependency("iam:GetRole", on: role),
            call.dependency("iam:ListAttachedRolePolicies", on: role),
            call.dependency(
                "iam:PassRole", on: role, ["iam:passedtoservice": .one(ResponseTeam.service)]),
        ])
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var subscription = try records.subscription(call)
        guard ARN(parsing: input.roleArn)?.account == call.accountID,
            let id = call.directory.uniqueID(ofARN: input.roleArn), let role = call.directory.role(uniqueID: id)
        else { throw .shieldNotFound("The role \(input.roleArn) does not exist.", "Role") }
        guard role.attachedPolicies.contains(ResponseTeam.policy) else {
            throw .invalidParameter(
                "RoleArn", "The managed policy \(ResponseTeam.policy) must be attached to the role.")
        }
        let team = Caller(
            accountID: call.accountID,
            identity: .service(
                ServicePrincipal(ResponseTeam.service, sourceARN: nil, sourceAccount: call.accountID)))
        guard try call.made(by: team).decision(Access("sts:AssumeRole", on: input.roleArn)).isAllowed else {
            throw .invalidParameter("RoleArn", "The role must trust the service principal \(ResponseTeam.service).")
        }
        guard subscription.role != input.roleArn else {
            throw .shieldOperation("The role is already associated with the subscription.")
        }
        subscription.role = input.roleArn
        try records.put(subscription)
        return Output()
    }
}

extension ShieldAdvanced.DisassociateDRTRole: WriteOperation, OnAllOfShield {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var subscription = try records.subscription(call)
        guard subscription.role != nil else { throw .shieldOperation("No role is associated with the subscription.") }
        guard subscription.logBuckets.isEmpty else {
            throw .shieldOperation("Disassociate the log buckets before the role.")
        }
        subscription.role = nil
        try records.put(subscription)
        return Output()
    }
}

extension ShieldAdvanced.DescribeDRTAccess: ReadOperation, OnAllOfShield {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let subscription = try records.subscription(call)
        return Output {
            $0.roleArn = subscription.role
            $0.logBucketList = subscription.logBuckets
        }
    }
}

extension ShieldAdvanced.AssociateDRTLogBucket: PreparedWriteOperation, OnAllOfShield {
    /// The bucket's policy gets a statement that lets the team read.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {
        let subscription = try await call.environment.read(call.shieldScope) { (records) throws(ServiceError) in
            try records.subscription(call)
        }
        try check(input, subscription)
        try await LogBucket(input.logBucket, call).allowTeam()
    }

    private static func check(_ input: Input, _ subscription: StoredSubscription) throws(ServiceError) {
        guard subscription.role != nil else {
            throw ShieldAdvanced.Failure.noAssociatedRoleException("No role is associated with the subscription.")
        }
        guard !subscription.logBuckets.contains(input.logBucket) else {
            throw .shieldOperation("The log bucket is already associated with the subscription.")
        }
        guard subscription.logBuckets.count < ResponseTeam.mostBuckets else {
            throw .shieldLimit("DRT_LOG_BUCKET", ResponseTeam.mostBuckets)
        }
    }

    public static func handle(
        _ input: Input, _ preparation: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var subscription = try records.subscription(call)
        try check(input, subscription)
        subscription.logBuckets.append(input.logBucket)
        try records.put(subscription)
        return Output()
    }
}

extension ShieldAdvanced.DisassociateDRTLogBucket: PreparedWriteOperation, OnAllOfShield {
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {
        let subscription = try await call.environment.read(call.shieldScope) { (records) throws(ServiceError) in
            try records.subscription(call)
        }
        try check(input, subscription)
        try await LogBucket(input.logBucket, call).forgetTeam()
    }

    private static func check(_ input: Input, _ subscription: StoredSubscription) throws(ServiceError) {
        guard subscription.role != nil else {
            throw ShieldAdvanced.Failure.noAssociatedRoleException("No role is associated with the subscription.")
        }
        guard subscription.logBuckets.contains(input.logBucket) else {
            throw .shieldNotFound("The log bucket is not associated with the subscription.", "LogBucket")
        }
    }

    public static func handle(
        _ input: Input, _ preparation: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var subscription = try records.subscription(call)
        try check(input, subscription)
        subscription.logBuckets.removeAll { $0 == input.logBucket }
        try records.put(subscription)
        return Output()
    }
}

/// A bucket with logs, and the statement of its policy that lets the team read them. S3 is asked with the caller's permissions.
private struct LogBucket {
    private static let sid = "AWSDDoSResponseTeamAccessS3Bucket"
    private let name: String
    private let call: Call

    init(_ name: String, _ call: Call) {
        self.name = name
        self.call = call
    }

    func allowTeam() async throws(ServiceError) {
        let statement = Wire.JSONValue.object([
            JSONMember(key: "Sid", value: .string(Self.sid)), JSONMember(key: "Effect", value: .string("Allow")),
            JSONMember(
                key: "Principal",
                value: .object([JSONMember(key: "Service", value: .string(ResponseTeam.service))])),
            JSONMember(
                key: "Action",
                value: .array(["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"].map { .string($0) })),
            JSONMember(
                key: "Resource",
                value: .array([.string("arn:aws:s3:::\(name)"), .string("arn:aws:s3:::\(name)/*")])),
        ])
        try await put(statements: try await others() + [statement])
    }

    func forgetTeam() async throws(ServiceError) { try await put(statements: try await others()) }

    /// The statements that are somebody else's; none where the bucket has no policy.
    private func others() async throws(ServiceError) -> [Wire.JSONValue] {
        let text: String?
        do throws(ServiceError) {
            text = try await call.services.call(
                S3.GetBucketPolicy.self, S3.GetBucketPolicy.Input { $0.bucket = name }, as: "shield.amazonaws.com"
            ).policy
        } catch {
            guard error.code == "NoSuchBucketPolicy" else { throw told(error) }
            return []
        }
        guard let text, let value = try? Wire.JSONValue(parsing: Array(text.utf8)), case .object(let members) = value,
            let found = members.first(where: { $0.key == "Statement" })?.value
        else { return [] }
        let statements = if case .array(let list) = found { list } else { [found] }
        return statements.filter { statement in
            guard case .object(let parts) = statement else { return true }
            return !parts.contains { $0.key == "Sid" && $0.value == .string(Self.sid) }
        }
    }

    private func put(statements: [Wire.JSONValue]) async throws(ServiceError) {
        do throws(ServiceError) {
            guard !statements.isEmpty else {
                _ = try await call.services.call(
                    S3.DeleteBucketPolicy.self, S3.DeleteBucketPolicy.Input { $0.bucket = name },
                    as: "shield.amazonaws.com")
                return
            }
            var writer = JSONWriter()
            writer.json(
                .object([
                    JSONMember(key: "Version", value: .string("2012-10-17")),
                    JSONMember(key: "Statement", value: .array(statements)),
                ]))
            let policy = String(decoding: writer.bytes, as: UTF8.self)
            _ = try await call.services.call(
                S3.PutBucketPolicy.self,
                S3.PutBucketPolicy.Input {
                    $0.bucket = name
                    $0.policy = policy
                }, as: "shield.amazonaws.com")
        } catch {
            throw told(error)
        }
    }

    /// What S3 says, as Shield says it.
    private func told(_ error: ServiceError) -> ServiceError {
        switch error.code {
        case "AccessDenied": ShieldAdvanced.Failure.accessDeniedForDependencyException(error.message)
        case "NoSuchBucket": .shieldNotFound("The bucket \(name) does not exist.", "LogBucket")
        default: error
        }
    }
}
