import Directory
import Platform
import Policy
import STSAPI
import Wire

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html>
extension STS.AssumeRoot: ComputeOperation {
    public static var secretMembers: Set<String> { ["SecretAccessKey", "SessionToken"] }
    public static var recordsOutput: Bool { true }

    private static let longest = 900

    /// The caller's own policies and its organization's control policies decide. A member account agrees by being a
    /// member.
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        if case .root = call.caller.identity { throw .accessDenied("Root users may not call AssumeRoot.") }
        let target = try target(input)
        var access = Access(
            "sts:AssumeRoot", on: arn(target), resourceAccount: call.accountID,
            context: ["aws:resourceaccount": .one(target)])
        if let task = input.taskPolicyArn.arn { access.context["sts:taskpolicyarn"] = .one(task) }
        return .required(access)
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let target = try target(input)
        guard let task = input.taskPolicyArn.arn, task.hasPrefix("arn:aws:iam::aws:policy/root-task/"),
            ManagedPolicyCatalog.aws.entry(arn: task) != nil
        else { throw .validation("TaskPolicyArn must be one of AWS's managed policies for tasks of the root user.") }
        let seconds = input.durationSeconds ?? longest
        guard (0...longest).contains(seconds) else {
            throw .validation("The requested DurationSeconds exceeds the maximum of \(longest) seconds.")
        }
        try checkOrganization(target, call)

        let issued = call.time.rounded(.down)
        var session = Session(
            accessKeyID: Identifiers.accessKeyID(temporary: true), secretAccessKey: Identifiers.secretAccessKey(),
            accountID: target, principalKind: .root, principalID: target, issued: issued,
            expires: issued + Double(seconds))
        session.taskPolicyARN = task
        session.sourceIdentity = call.caller.session?.sourceIdentity
        return Output(credentials: try STS.Credentials(session, call), sourceIdentity: session.sourceIdentity)
    }

    private static func arn(_ account: String) -> String { "arn:aws:iam::\(account):root" }

    /// The account that the request names, by its number or its root user's ARN.
    private static func target(_ input: Input) throws(ServiceError) -> String {
        let name = input.targetPrincipal
        let account = ARN(parsing: name)?.account ?? name
        guard account.utf8.count == 12, account.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            name == account || name == arn(account)
        else { throw .validation("\(name) is invalid") }
        return account
    }

    /// AWS documents who may do this to whom, but not what others are told except that they may not.
    private static func checkOrganization(_ target: String, _ call: Call) throws(ServiceError) {
        let service = "iam.amazonaws.com"
        func refusal(_ reason: String) -> ServiceError {
            .accessDenied(
                "User: \(call.caller.arn) is not authorized to perform: sts:AssumeRoot on resource: \(arn(target)) "
                    + "because \(reason)")
        }
        guard let organization = call.directory.organization(ofAccount: call.accountID) else {
            throw refusal("the account is not in an organization")
        }
        let isManagement = call.accountID == organization.managementAccountID
        guard isManagement || call.directory.organizationAccount(call.accountID)?.delegatedServices[service] != nil
        else { throw refusal("the account is neither the management account nor a delegated administrator of IAM") }
        guard organization.trustedServices[service] != nil, organization.iamFeatures.contains("RootSessions") else {
            throw refusal("root sessions are not enabled in the organization")
        }
        guard target != organization.managementAccountID,
            call.directory.organizationAccount(target)?.organizationID == organization.id
        else { throw refusal("the target is not a member account of the organization") }
    }
}
