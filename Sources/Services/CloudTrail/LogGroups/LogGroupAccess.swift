import CloudTrailAPI
import CloudWatchLogsAPI
import Directory
import Platform
import STSAPI
import Wire

/// How CloudTrail gets at a trail's log group: with the role that the trail names, and no other rights.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-required-policy-for-cloudwatch-logs.html>
struct LogGroupAccess: Sendable {
    private static let session = "CloudTrail_CloudWatchLogs"

    let environment: Environment
    let trail: Trail
    /// The group's name.
    let group: String
    private let roleARN: String

    /// nil: the trail has no log group.
    init?(_ environment: Environment, _ trail: Trail) {
        guard let arn = trail.logGroupARN, let group = Self.name(arn, of: trail), let role = trail.logRoleARN else {
            return nil
        }
        (self.environment, self.trail, self.group, roleARN) = (environment, trail, group, role)
    }

    /// The name of a group of the trail's account and Region, whose ARN ends as AWS wants it.
    private static func name(_ text: String, of trail: Trail) -> String? {
        guard let arn = ARN(parsing: text), arn.service == "logs", arn.account == trail.accountID,
            arn.region == trail.homeRegion
        else { return nil }
        let parts = arn.resource.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "log-group", !parts[1].isEmpty, parts[2] == "*" else { return nil }
        return String(parts[1])
    }

    /// The stream that the trail's events are in.
    var stream: String { "\(trail.organizationID ?? trail.accountID)_CloudTrail_\(trail.homeRegion)" }

    /// The rights of the role, once its trust policy lets CloudTrail have it.
    func assume() async throws(ServiceError) -> ServiceIdentity {
        _ = try await environment.services(in: trail.homeRegion).call(
            STS.AssumeRole.self,
            STS.AssumeRole.Input {
                $0.roleArn = roleARN
                $0.roleSessionName = Self.session
            }, as: .own(BucketAccess.service, for: trail.arn, in: trail.accountID))
        guard let name = ARN(parsing: roleARN)?.resource.split(separator: "/").last,
            let role = environment.directory.role(named: String(name), in: trail.accountID)
        else { throw ServiceError("AccessDenied", "The role is not there.", status: 403) }
        return .assuming(role, session: Self.session, BucketAccess.service, for: trail.arn, in: trail.accountID)
    }

    /// Makes the stream, unless it is there.
    func makeStream(_ identity: ServiceIdentity) async throws(ServiceError) {
        try await environment.services(in: trail.homeRegion).ensure(
            CloudWatchLogs.CreateLogStream.self,
            CloudWatchLogs.CreateLogStream.Input {
                $0.logGroupName = group
                $0.logStreamName = stream
            }, as: identity)
    }

    /// Puts events aside, to be completed in the transaction that tells how far they have come.
    func put(
        _ events: [CloudWatchLogs.InputLogEvent], _ identity: ServiceIdentity
    ) async throws(ServiceError) -> PreparedCall<CloudWatchLogs.PutLogEvents> {
        try await environment.services(in: trail.homeRegion).prepare(
            CloudWatchLogs.PutLogEvents.self,
            CloudWatchLogs.PutLogEvents.Input {
                $0.logGroupName = group
                $0.logStreamName = stream
                $0.logEvents = events
            }, as: identity)
    }

    // MARK: When a trail is made or changed

    /// Whether a trail's events can be delivered to its log group. It makes the stream.
    /// - Throws: InvalidCloudWatchLogsLogGroupArnException, InvalidCloudWatchLogsRoleArnException.
    static func check(_ trail: Trail, _ environment: Environment) async throws(ServiceError) {
        switch (trail.logGroupARN, trail.logRoleARN) {
        case (nil, nil): return
        case (nil, _?):
            throw CloudTrail.Failure.invalidCloudWatchLogsLogGroupArnException(
                "You must specify a log group ARN along with the role ARN.")
        case (_?, nil):
            throw CloudTrail.Failure.invalidCloudWatchLogsRoleArnException(
                "You must specify a role ARN as well as a log group.")
        default: break
        }
        guard let access = LogGroupAccess(environment, trail) else {
            throw CloudTrail.Failure.invalidCloudWatchLogsLogGroupArnException(
                "CloudTrail cannot validate the specified log group ARN.")
        }
        let identity: ServiceIdentity
        do throws(ServiceError) { identity = try await access.assume() } catch {
            guard error.status < 500 else { throw error }
            throw CloudTrail.Failure.invalidCloudWatchLogsRoleArnException(
                "Access denied. Check the trust relationships for your role.")
        }
        do throws(ServiceError) {
            try await access.makeStream(identity)
            // What is put aside is not completed: nothing is written.
            let event = CloudWatchLogs.InputLogEvent {
                $0.timestamp = Int(RequestIDs.milliseconds(environment.now()))
                $0.message = "{}"
            }
            await (try access.put([event], identity)).discard()
        } catch {
            guard error.status < 500 else { throw error }
            throw CloudTrail.Failure.invalidCloudWatchLogsLogGroupArnException(
                error.code.hasPrefix("AccessDenied")
                    ? "Access denied. Check the permissions for your role."
                    : "CloudTrail cannot validate the specified log group ARN.")
        }
    }
}
