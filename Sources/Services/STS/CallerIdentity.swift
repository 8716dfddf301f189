import Directory
import Platform
import STSAPI
import Wire

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
extension STS.GetCallerIdentity: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .notRequired(because: "No permissions are required, and a policy cannot deny it (STS API reference).")
    }

    public static func handle(_ input: Input, _ call: Call) -> Output {
        return Output(userId: call.caller.userID, account: call.accountID, arn: call.caller.arn)
    }
}

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html>
extension STS.GetAccessKeyInfo: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("sts:GetAccessKeyInfo", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        // A temporary key's account is known only to its token, unless it is the caller's own.
        let account =
            input.accessKeyId == call.caller.accessKeyID
            ? call.accountID : call.directory.accessKey(input.accessKeyId)?.accountID
        guard let account else {
            throw .validation("The access key \(input.accessKeyId) belongs to no account of this Gatehouse.")
        }
        return Output(account: account)
    }
}
