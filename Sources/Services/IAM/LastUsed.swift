import Directory
import IAMAPI
import Platform
import Wire

// When keys, passwords and roles were last used.

extension Call {
    /// When the password of a user, or of root, opened a console session.
    func passwordLastUsed(_ principalID: String) -> Timestamp? {
        environment.usage.password(of: principalID).map(Timestamp.init(usedAt:))
    }

    /// A role that was not used within the tracking period has neither date nor region.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html>
    func lastUsed(_ role: Directory.Role) -> IAM.RoleLastUsed {
        var view = IAM.RoleLastUsed()
        guard let use = environment.usage.usage(of: role.uniqueID)?.lastUse, isTracked(use.time) else { return view }
        view.lastUsedDate = Timestamp(usedAt: use.time)
        view.region = use.region
        return view
    }

    /// Whether AWS would still report a use at this time, in milliseconds since 1970.
    func isTracked(_ milliseconds: Int64) -> Bool {
        Double(milliseconds) >= time * 1000 - Double(PrincipalUsage.trackingPeriod)
    }
}

extension Timestamp {
    /// - Parameter milliseconds: since 1970.
    init(usedAt milliseconds: Int64) {
        self.init(secondsSinceEpoch: (Double(milliseconds) / 1000).rounded(.down))
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html>
extension IAM.GetAccessKeyLastUsed: ComputeOperation {
    /// The permission needed is that on the key's user. For an unknown key, it is that on users in general, so that
    /// only a caller who may see all keys learns that it doesn't exist.
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        var need = call.need(on: "arn:aws:iam::\(call.accountID):user/*")
        if let key = key(input, call) {
            if key.belongsToRoot {
                need.resource = "arn:aws:iam::\(call.accountID):root"
            } else if let user = call.directory.user(uniqueID: key.ownerID) {
                need = call.need(onUser: user.name)
            }
        }
        need.displayedResource = displayed(input)
        return .required(need)
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        guard let key = key(input, call) else {
            // AWS gives this answer for other accounts' keys as well.
            throw .accessDenied("User: \(call.caller.arn) is not authorized to perform iam:GetAccessKeyLastUsed")
        }
        var view = IAM.AccessKeyLastUsed()
        let use = call.environment.usage.usage(of: key.ownerID)?.keys[key.id]
        view.lastUsedDate = use.map { Timestamp(usedAt: $0.time) }
        view.serviceName = use?.service ?? "N/A"
        view.region = use?.region ?? "N/A"
        return Output(userName: call.directory.user(uniqueID: key.ownerID)?.name, accessKeyLastUsed: view)
    }

    private static func key(_ input: Input, _ call: Call) -> Directory.AccessKey? {
        call.directory.accessKey(input.accessKeyId).flatMap { $0.accountID == call.accountID ? $0 : nil }
    }

    private static func displayed(_ input: Input) -> String { "access key \(input.accessKeyId)" }
}
