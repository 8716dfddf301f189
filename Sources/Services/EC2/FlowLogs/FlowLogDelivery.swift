import CloudWatchLogsAPI
import Compression
import Directory
import Ledger
public import Platform
import S3API
import STSAPI
import Wire

import enum Policy.ContextValue

/// Puts records of flow logs to where they go: into a log group with the role that the flow log names, or into a bucket as
/// `delivery.logs.amazonaws.com`, as its policy has to allow.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html>
public enum FlowLogDelivery {
    static let service = "vpc-flow-logs.amazonaws.com"
    private static let deliverer = "delivery.logs.amazonaws.com"
    private static let session = "vpc-flow-logs"

    /// A record, as its flow log's format has it.
    public struct Line: Sendable {
        /// The interface: `eni-…`
        public let interfaceID: String
        /// When the record's interval began, in seconds since 1970.
        public let time: Double
        public let text: String

        /// - Parameters: see the properties.
        public init(interfaceID: String, time: Double, text: String) {
            self.interfaceID = interfaceID
            self.time = time
            self.text = text
        }
    }

    /// Delivers lines of one flow log, and notes at it what has become of that. Lines that are not taken are lost, as on AWS.
    public static func deliver(_ lines: [Line], of log: StoredFlowLog, _ environment: Environment) async {
        guard !lines.isEmpty else { return }
        var failure: String?
        do throws(ServiceError) {
            if log.logGroupName == nil {
                try await putFile(lines, log, environment)
            } else {
                try await putEvents(lines, log, environment)
            }
        } catch {
            failure = error.code.hasPrefix("AccessDenied") ? "Access error" : "Unknown error"
        }
        let outcome = failure
        guard !log.hasDelivered || log.deliveryError != outcome else { return }
        try? await environment.write(log.scope, requestID: "") { (records) throws(ServiceError) in
            guard var kept = try records.get(StoredFlowLog.self, log.id) else { return }
            (kept.deliveryError, kept.hasDelivered) = (outcome, true)
            try records.put(kept)
        }
    }

    // MARK: - Log groups

    private static func putEvents(
        _ lines: [Line], _ log: StoredFlowLog, _ environment: Environment
    ) async throws(ServiceError) {
        let identity = try await identity(log, environment)
        for (interface, lines) in Dictionary(grouping: lines, by: \.interfaceID).sorted(by: { $0.key < $1.key }) {
            let stream = "\(interface)-\(log.trafficType.lowercased())"
            let sorted = lines.sorted { $0.time < $1.time }
            for start in stride(from: 0, to: sorted.count, by: 1000) {
                let batch = sorted[start..<min(sorted.count, start + 1000)].map { line in
                    CloudWatchLogs.InputLogEvent {
                        $0.timestamp = Int(line.time) * 1000
                        $0.message = line.text
                    }
                }
                do throws(ServiceError) {
                    try await put(batch, stream, log, identity, environment)
                } catch {
                    guard error.code == "ResourceNotFoundException" else { throw error }
                    try await makeStream(stream, log, identity, environment)
                    try await put(batch, stream, log, identity, environment)
                }
            }
        }
    }

    private static func put(
        _ batch: [CloudWatchLogs.InputLogEvent], _ stream: String, _ log: StoredFlowLog, _ identity: ServiceIdentity,
        _ environment: Environment
    ) async throws(ServiceError) {
        _ = try await environment.services(in: log.head.region).call(
            CloudWatchLogs.PutLogEvents.self,
            CloudWatchLogs.PutLogEvents.Input {
                $0.logGroupName = log.logGroupName ?? ""
                $0.logStreamName = stream
                $0.logEvents = batch
            }, as: identity)
    }

    private static func makeStream(
        _ stream: String, _ log: StoredFlowLog, _ identity: ServiceIdentity, _ environment: Environment
    ) async throws(ServiceError) {
        let services = environment.services(in: log.head.region)
        do throws(ServiceError) {
            _ = try await services.call(
                CloudWatchLogs.CreateLogGroup.self,
                CloudWatchLogs.CreateLogGroup.Input { $0.logGroupName = log.logGroupName ?? "" }, as: identity)
        } catch {
            // It is there already, or the role may not make it; then it has to be there.
            guard error.code == "ResourceAlreadyExistsException" || error.code.hasPrefix("AccessDenied") else {
                throw error
            }
        }
        do throws(ServiceError) {
            _ = try await services.call(
                CloudWatchLogs.CreateLogStream.self,
                CloudWatchLogs.CreateLogStream.Input {
                    $0.logGroupName = log.logGroupName ?? ""
                    $0.logStreamName = stream
                }, as: identity)
        } catch {
            guard error.code == "ResourceAlreadyExistsException" else { throw error }
        }
    }

    /// The role that the flow log names, as its trust policy allows.
    private static func identity(
        _ log: StoredFlowLog, _ environment: Environment
    ) async throws(ServiceError) -> ServiceIdentity {
        let denied = ServiceError("AccessDenied", "The role is not there.", status: 403)
        guard let text = log.roleARN, let arn = ARN(parsing: text), arn.account == log.head.accountID,
            let name = arn.resource.split(separator: "/").last
        else { throw denied }
        _ = try await environment.services(in: log.head.region).call(
            STS.AssumeRole.self,
            STS.AssumeRole.Input {
                $0.roleArn = text
                $0.roleSessionName = session
            }, as: .own(service, for: log.arn, in: log.head.accountID))
        guard let role = environment.directory.role(named: String(name), in: arn.account) else { throw denied }
        return .assuming(role, session: session, service, for: log.arn, in: log.head.accountID)
    }

    // MARK: - Buckets

    private static func putFile(
        _ lines: [Line], _ log: StoredFlowLog, _ environment: Environment
    ) async throws(ServiceError) {
        guard let arn = ARN(parsing: log.destination), let gzip = Gzip() else { throw .internalFailure }
        let fields = log.format.split(separator: " ").map { $0.dropFirst(2).dropLast() }.joined(separator: " ")
        gzip.append((fields + "\n").utf8)
        for line in lines { gzip.append((line.text + "\n").utf8) }
        let (bucket, folder) = place(arn)
        let body = gzip.finish()
        _ = try await environment.services(in: log.head.region).call(
            S3.PutObject.self,
            S3.PutObject.Input {
                $0.bucket = bucket
                $0.key = folder + key(log, at: lines.first?.time ?? environment.now())
                $0.acl = "bucket-owner-full-control"
                $0.contentType = "application/octet-stream"
                $0.body = BodyStream(body)
            },
            as: .own(
                deliverer, for: "arn:aws:logs:\(log.head.region):\(log.head.accountID):*", in: log.head.accountID))
    }

    /// The bucket of a destination, and the folder in it, which ends with a slash if there is one.
    private static func place(_ arn: ARN) -> (bucket: String, folder: String) {
        let parts = arn.resource.split(separator: "/", maxSplits: 1)
        let folder = parts.count > 1 ? String(parts[1]) : ""
        return (String(parts.first ?? ""), folder.isEmpty || folder.hasSuffix("/") ? folder : folder + "/")
    }

    /// `AWSLogs/111122223333/vpcflowlogs/us-east-1/2026/11/30/111122223333_vpcflowlogs_us-east-1_fl-…_20261130T0615Z_1a2b3c4d.log.gz`
    private static func key(_ log: StoredFlowLog, at time: Double) -> String {
        let (account, region) = (log.head.accountID, log.head.region)
        let text = Timestamp(secondsSinceEpoch: time).iso8601.split { "-T:Z".contains($0) }
        let names = ["year=", "month=", "day=", "hour="]
        let count = log.isPerHour ? 4 : 3
        let date = text.prefix(count).enumerated().map { log.isHiveCompatible ? names[$0] + $1 : String($1) }
        let head =
            log.isHiveCompatible
            ? "AWSLogs/aws-account-id=\(account)/aws-service=vpcflowlogs/aws-region=\(region)"
            : "AWSLogs/\(account)/vpcflowlogs/\(region)"
        let moment = text.prefix(3).joined() + "T" + text.dropFirst(3).prefix(2).joined() + "Z"
        let unique = RequestIDs.make(time: time).suffix(8)
        return
            "\(head)/\(date.joined(separator: "/"))/\(account)_vpcflowlogs_\(region)_\(log.id)_\(moment)_\(unique).log.gz"
    }

    /// Makes sure that files can be put into a bucket: if its policy does not let them, the statements that do are added to it in
    /// the caller's name, as AWS does.
    /// - Throws: InvalidParameter where the caller may not.
    static func checkBucket(_ arn: ARN, _ call: Call) async throws(ServiceError) {
        let (bucket, folder) = place(arn)
        let object = "arn:aws:s3:::\(bucket)/\(folder)AWSLogs/\(call.accountID)/*"
        do throws(ServiceError) {
            if try isOpen(object.replacing("/*", with: "/x"), call) { return }
            var statements: [JSONValue] = []
            if let old = try await policy(of: bucket, call), case .array(let all)? = old["Statement"] {
                statements = all
            }
            statements += Self.statements(bucket, object, call)
            let document = JSONValue.object([
                JSONMember(key: "Version", value: .string("2012-10-17")),
                JSONMember(key: "Statement", value: .array(statements)),
            ])
            var writer = JSONWriter()
            writer.json(document)
            let text = String(decoding: writer.bytes, as: UTF8.self)
            _ = try await call.services.call(
                S3.PutBucketPolicy.self,
                S3.PutBucketPolicy.Input {
                    $0.bucket = bucket
                    $0.policy = text
                }, as: "ec2.amazonaws.com")
        } catch {
            guard error.status < 500 else { throw error }
            throw .ec2(
                "InvalidParameter",
                "Access Denied for LogDestination: \(bucket). Please check LogDestination permission")
        }
    }

    /// Whether the bucket's policy lets files be put there.
    private static func isOpen(_ object: String, _ call: Call) throws(ServiceError) -> Bool {
        guard let module = call.environment.modules(signingAs: "s3").first else { return false }
        let source = ServicePrincipal(
            deliverer, sourceARN: "arn:aws:logs:\(call.region):\(call.accountID):*", sourceAccount: call.accountID)
        let asked = Call(
            environment: call.environment, requestID: RequestIDs.make(time: call.time), time: call.time,
            caller: Caller(accountID: call.accountID, identity: .service(source)), module: module,
            operation: "PutObject", region: call.region, source: Call.Source(service: deliverer, calledVia: []))
        return try asked.decision(
            Access("s3:PutObject", on: object, context: ["s3:x-amz-acl": .one("bucket-owner-full-control")])
        ).isAllowed
    }

    private static func policy(of bucket: String, _ call: Call) async throws(ServiceError) -> JSONValue? {
        do throws(ServiceError) {
            let answer = try await call.services.call(
                S3.GetBucketPolicy.self, S3.GetBucketPolicy.Input { $0.bucket = bucket }, as: "ec2.amazonaws.com")
            return try? JSONValue(parsing: Array((answer.policy ?? "").utf8))
        } catch {
            guard error.code == "NoSuchBucketPolicy" else { throw error }
            return nil
        }
    }

    private static func statements(_ bucket: String, _ object: String, _ call: Call) -> [JSONValue] {
        func statement(_ sid: String, _ actions: [String], _ resource: String, acl: Bool) -> JSONValue {
            var equals = [JSONMember(key: "aws:SourceAccount", value: .string(call.accountID))]
            if acl { equals.append(JSONMember(key: "s3:x-amz-acl", value: .string("bucket-owner-full-control"))) }
            let from = "arn:aws:logs:\(call.region):\(call.accountID):*"
            return .object([
                JSONMember(key: "Sid", value: .string(sid)), JSONMember(key: "Effect", value: .string("Allow")),
                JSONMember(
                    key: "Principal", value: .object([JSONMember(key: "Service", value: .string(deliverer))])),
                JSONMember(key: "Action", value: .array(actions.map { .string($0) })),
                JSONMember(key: "Resource", value: .string(resource)),
                JSONMember(
                    key: "Condition",
                    value: .object([
                        JSONMember(key: "StringEquals", value: .object(equals)),
                        JSONMember(
                            key: "ArnLike",
                            value: .object([JSONMember(key: "aws:SourceArn", value: .string(from))])),
                    ])),
            ])
        }
        return [
            statement("AWSLogDeliveryWrite", ["s3:PutObject"], object, acl: true),
            statement("AWSLogDeliveryAclCheck", ["s3:GetBucketAcl"], "arn:aws:s3:::\(bucket)", acl: false),
        ]
    }
}
