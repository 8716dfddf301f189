import CloudWatchLogsAPI
import Directory
import Platform
import Wire

/// The way that events take to a target: what a rule names, or what the destination behind it names.
struct SubscriptionRoute: Sendable {
    /// Never a ``SubscriptionTarget/destination(_:)``.
    let target: SubscriptionTarget
    let access: SubscriptionAccess

    /// - Parameters:
    ///   - sourceARN: what events are sent from.
    ///   - account: whose rule it is.
    /// - Returns: nil: the destination that the rule names is gone, or what it names can't be read.
    static func find(
        _ rule: SubscriptionRule, from sourceARN: String, account: String, region: String, _ environment: Environment
    ) async throws(ServiceError) -> SubscriptionRoute? {
        guard let target = SubscriptionTarget(rule.destinationARN) else { return nil }
        var access = SubscriptionAccess(
            environment: environment, sourceARN: sourceARN, account: account, region: region, roleARN: rule.roleARN,
            roleAccount: account)
        guard case .destination(let name) = target else { return SubscriptionRoute(target: target, access: access) }
        guard let destination = environment.projection(DestinationIndex.self).destination(name),
            let behind = SubscriptionTarget(destination.targetARN)
        else { return nil }
        access = SubscriptionAccess(
            environment: environment, sourceARN: sourceARN, account: account, region: region,
            roleARN: destination.roleARN, roleAccount: name.account)
        return SubscriptionRoute(target: behind, access: access)
    }
}

/// Whether a rule can be kept: whether its target is there, and takes what is sent to it.
struct SubscriptionCheck: Sendable {
    private let environment: Environment
    private let sourceARN: String
    private let account: String
    private let region: String
    private let rule: SubscriptionRule
    /// The group that the rule is of; nil: it is the account's.
    private let owner: LogGroupName?

    init(_ environment: Environment, owner: LogGroupName, _ rule: SubscriptionRule) {
        (self.environment, self.rule, self.owner) = (environment, rule, owner)
        (sourceARN, account, region) = ("\(owner.arn):*", owner.account, owner.region)
    }

    /// Of an account's rule.
    init(_ environment: Environment, account: String, region: String, _ rule: SubscriptionRule) {
        (self.environment, self.rule, self.account, self.region) = (environment, rule, account, region)
        owner = nil
        sourceARN = "arn:aws:logs:\(region):\(account):*"
    }

    /// - Throws: InvalidParameterException, ResourceNotFoundException.
    func run() async throws(ServiceError) {
        guard let target = SubscriptionTarget(rule.destinationARN) else {
            throw .invalidParameter("destinationArn \(rule.destinationARN) is nothing that log events can be sent to.")
        }
        try checkRole(target)
        if case .destination(let name) = target {
            guard name.region == region else {
                throw .invalidParameter("The destination is in another Region than the log group.")
            }
        } else if let place = target.place, place != (account, region) {
            throw .invalidParameter("destinationArn is not in the log group's account and Region.")
        }
        if case .group(let name) = target, name == owner {
            throw .invalidParameter("A log group's events can't be sent to itself.")
        }
        guard
            let route = try await SubscriptionRoute.find(
                rule, from: sourceARN, account: account, region: region, environment)
        else {
            throw .noSuchDestination
        }
        try await route.check()
    }

    private func checkRole(_ target: SubscriptionTarget) throws(ServiceError) {
        guard case .endpoint(let arn, let kind) = target else { return }
        switch (kind.action, rule.roleARN) {
        case (nil, _?): throw .invalidParameter("destinationArn for vendor \(arn.service) cannot be used with roleArn")
        case (_?, nil):
            throw .invalidParameter("destinationArn for vendor \(arn.service) cannot be used without roleArn")
        default: break
        }
    }
}

extension SubscriptionRoute {
    /// - Throws: InvalidParameterException: nothing can be sent there.
    func check() async throws(ServiceError) {
        switch target {
        case .endpoint(let arn, let kind):
            do throws(ServiceError) {
                if let action = kind.action { try await access.check(action, on: arn.description) }
                let endpoint = SubscriptionEndpoint(
                    arn: arn.description, of: access.roleAccount, kind, access.environment)
                // A function is not asked: what it is sent are events.
                if kind == .function { _ = try endpoint.address() } else { try await endpoint.sendControl() }
            } catch {
                throw kind.failure
            }
        case .bucket(let bucket):
            do throws(ServiceError) {
                try await access.check("s3:PutObject", on: "arn:aws:s3:::\(bucket)/AWSLogs/\(access.account)/")
            } catch {
                guard error.status < 500 else { throw error }
                throw .invalidParameter(
                    "CloudWatch Logs may not put objects into the bucket \(bucket): its policy has to let "
                        + "\(SubscriptionAccess.service), or roleArn a role.")
            }
        case .group(let name):
            guard access.environment.projection(LogsIndex.self).group(name) != nil else { throw .noSuchLogGroup }
            do throws(ServiceError) {
                try await access.check("logs:PutLogEvents", on: name.arn(ofStream: access.account))
            } catch {
                guard error.status < 500 else { throw error }
                throw .invalidParameter(
                    "CloudWatch Logs may not put events into the log group \(name.name): a resource policy has to let "
                        + "\(SubscriptionAccess.service), or roleArn a role.")
            }
        case .destination: throw .internalFailure
        }
    }
}
