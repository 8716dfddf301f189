import Directory
import Ledger
import Platform
import Wire

/// Where matching events are sent, as a filter names it by an ARN.
///
/// AWS has functions, streams, Firehose's streams and logical destinations. For the first three, which Gatehouse does not have, a
/// server of the operator's stands (`--event-destination`). A bucket and another log group are Gatehouse's own.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>
enum SubscriptionTarget: Sendable {
    /// What the operator names a server for, by its whole ARN.
    case endpoint(ARN, Endpoint)
    case bucket(String)
    case group(LogGroupName)
    case destination(LogDestinationName)

    /// A kind of thing that a server stands for.
    enum Endpoint: Sendable {
        case function, stream, deliveryStream

        /// What a role needs to be allowed to send there; nil: AWS takes no role for it.
        var action: String? {
            switch self {
            case .function: nil
            case .stream: "kinesis:PutRecord"
            case .deliveryStream: "firehose:PutRecord"
            }
        }

        /// What AWS answers where nothing can be sent there.
        var failure: ServiceError {
            switch self {
            case .function:
                .invalidParameter(
                    "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to "
                        + "execute your function.")
            case .stream:
                .invalidParameter(
                    "Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is "
                        + "in ACTIVE state.")
            case .deliveryStream:
                .invalidParameter(
                    "Could not deliver test message to specified Firehose stream. Check if the given Firehose stream is "
                        + "in ACTIVE state.")
            }
        }
    }

    /// nil: nothing can be sent to what the text names.
    init?(_ text: String) {
        guard let arn = ARN(parsing: text) else { return nil }
        switch arn.service {
        case "lambda" where arn.resource.hasPrefix("function:"): self = .endpoint(arn, .function)
        case "kinesis" where arn.resource.hasPrefix("stream/"): self = .endpoint(arn, .stream)
        case "firehose" where arn.resource.hasPrefix("deliverystream/"): self = .endpoint(arn, .deliveryStream)
        case "s3" where !arn.resource.isEmpty && !arn.resource.contains("/"): self = .bucket(arn.resource)
        case "logs":
            if let name = LogDestinationName(arn: text) {
                self = .destination(name)
            } else if let group = LogGroupName(arn: text), !group.name.isEmpty {
                self = .group(group)
            } else {
                return nil
            }
        default: return nil
        }
    }

    /// The account and Region that it is in; nil: the name does not say.
    var place: (account: String, region: String)? {
        switch self {
        case .endpoint(let arn, _): (arn.account, arn.region)
        case .bucket: nil
        case .group(let name): (name.account, name.region)
        case .destination(let name): (name.account, name.region)
        }
    }

    /// Seconds for which events gather before they are sent: a bucket gets them together.
    var delay: Double {
        if case .bucket = self { 60 } else { 0 }
    }
}

/// A place for the events of other accounts, by its full name.
struct LogDestinationName: Hashable, Sendable {
    static let prefix = "destination:"

    let account: String
    let region: String
    let name: String

    init(account: String, region: String, name: String) {
        (self.account, self.region, self.name) = (account, region, name)
    }

    init(_ name: String, _ call: Call) { self.init(account: call.accountID, region: call.region, name: name) }

    /// nil: it is the ARN of something else.
    init?(arn text: String) {
        guard let arn = ARN(parsing: text), arn.service == "logs", arn.resource.hasPrefix(Self.prefix) else {
            return nil
        }
        let name = String(arn.resource.dropFirst(Self.prefix.utf8.count))
        guard !name.isEmpty else { return nil }
        self.init(account: arn.account, region: arn.region, name: name)
    }

    var arn: String { "arn:aws:logs:\(region):\(account):\(Self.prefix)\(name)" }
    var scope: Scope { Scope(account: account, region: region) }
}
