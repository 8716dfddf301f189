import Crypto
import Platform
import Policy
import Wire

/// The ARNs of what AWS Config has itself.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsconfig.html>
enum ConfigName {
    /// The service as a principal, and what begins its service-linked roles' trust.
    static let principal = "config.amazonaws.com"

    static func arn(_ account: String, _ region: String, _ rest: String) -> String {
        "arn:aws:config:\(region):\(account):\(rest)"
    }

    /// Eight characters that stand for a thing of a name, always the same ones, so that the ARN is known before the thing is there.
    /// AWS's are random.
    static func id(_ kind: String, _ name: String, _ account: String, _ region: String) -> String {
        let digits = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
        let hash = SHA256.hash(data: Array("\(kind) \(name) \(account) \(region)".utf8))
        return String(decoding: hash.prefix(8).map { digits[Int($0) % digits.count] }, as: UTF8.self)
    }
}

extension Call {
    /// Where AWS Config's records of the caller are.
    var place: (account: String, region: String) { (accountID, region) }

    func configAccess(_ resource: String, _ context: [String: ContextValue] = [:]) -> Access {
        Access("config:\(operation)", on: resource, context: context)
    }
}

/// An operation whose action has no resources.
protocol OnAllOfConfig: Platform.Operation {}

extension OnAllOfConfig {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.configAccess("*"))
    }
}

extension Access {
    /// The caller hands a role to AWS Config.
    static func passing(_ role: String) -> Access {
        Access("iam:PassRole", on: role, context: ["iam:passedtoservice": .one(ConfigName.principal)])
    }
}
