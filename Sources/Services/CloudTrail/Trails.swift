import CloudTrailAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

// Trails: making, changing and deleting them.

extension Quota {
    /// In a Region, shadows of trails of other Regions among them.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html>
    static let trails = Quota("TrailsPerRegion", 5)
}

/// A trail as a request wants it, once its bucket and its key let it in.
public struct TrailDraft: Sendable {
    let trail: Trail
    /// The last segment of events when the request came.
    let lastSegment: Int64
}

extension CloudTrail.CreateTrail: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard !input.name.utf8.starts(with: "arn:".utf8) else {
            throw CloudTrail.Failure.invalidTrailNameException("A new trail is given a name, not an ARN.")
        }
        let tags = ConditionKeys.requestTags((input.tagsList ?? []).map { Directory.Tag($0) })
        return .required(
            [call.need(on: try TrailName(input.name, call), tags)] + call.needToPass(input.cloudWatchLogsRoleArn))
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> TrailDraft {
        let owner = try call.owner(ofOrganizationTrail: input.isOrganizationTrail == true)
        var trail = Trail(
            name: input.name, uniqueID: call.requestID, accountID: owner.account, homeRegion: call.region,
            creationDate: call.time, bucket: input.s3BucketName, bucketRegion: call.region)
        trail.organizationID = owner.organizationID
        trail.includesGlobalServices = input.includeGlobalServiceEvents ?? true
        trail.isMultiRegion = input.isMultiRegionTrail ?? false
        trail.isValidated = input.enableLogFileValidation ?? false
        trail.tags = try TagRules.ofTrails.merge((input.tagsList ?? []).map { Directory.Tag($0) }, into: [])
        try trail.set(prefix: input.s3KeyPrefix, key: input.kmsKeyId)
        trail.set(logGroup: input.cloudWatchLogsLogGroupArn, role: input.cloudWatchLogsRoleArn)
        try trail.set(topic: input.snsTopicName)
        return try await trail.draft(call)
    }

    public static func handle(
        _ input: Input, _ draft: TrailDraft, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let trail = draft.trail
        let own = records.of(trail.scope)
        guard try own.get(Trail.self, trail.name) == nil else {
            throw CloudTrail.Failure.trailAlreadyExistsException(
                "Trail \(trail.name) already exists for customer: \(trail.accountID)")
        }
        try call.checkRoom(for: trail)
        try own.put(trail)
        if trail.organizationID != nil { try own.ensureOrganizationRoles(call) }
        return Output { $0.structure.show(trail) }
    }
}

extension CloudTrail.UpdateTrail: PreparedWriteOperation, OnTrail {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required([call.need(on: try TrailName(input.name, call))] + call.needToPass(input.cloudWatchLogsRoleArn))
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> TrailDraft {
        let name = try call.administered(TrailName(input.name, call))
        guard var trail = call.environment.trails.trail(name.name, in: name.scope) else {
            throw .unknownTrail(name, call)
        }
        try trail.change(input, call)
        return try await trail.draft(call)
    }

    public static func handle(
        _ input: Input, _ draft: TrailDraft, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = records.of(draft.trail.scope)
        guard var trail = try own.get(Trail.self, draft.trail.name), trail.uniqueID == draft.trail.uniqueID else {
            throw .unknownTrail(try TrailName(input.name, call), call)
        }
        let (wasMultiRegion, wasValidated) = (trail.isMultiRegion, trail.isValidated)
        // What else has changed since it was checked stays as it is.
        try trail.change(input, call)
        if input.s3BucketName != nil { trail.bucketRegion = draft.trail.bucketRegion }
        if input.kmsKeyId != nil { trail.kmsKeyID = draft.trail.kmsKeyID }
        if trail.isMultiRegion, !wasMultiRegion { try call.checkRoom(for: trail) }
        try own.put(trail)
        if trail.organizationID != nil { try own.ensureOrganizationRoles(call) }
        try own.setLogGroup(of: trail, after: draft.lastSegment)
        if trail.isValidated != wasValidated { try own.setDigests(of: trail, at: call.time) }
        return Output { $0.structure.show(trail) }
    }
}

extension CloudTrail.DeleteTrail: TrailChange {
    static func change(
        _ trail: Trail, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        if let session = trail.sessionID { try records.end(session, of: trail, call) }
        var trail = trail
        trail.insightSelectors = nil
        try records.setInsights(of: &trail, call)
        try records.delete(trail)
        if let status = try records.get(TrailStatus.self, trail.uniqueID) { try records.delete(status) }
        return Output()
    }
}

extension Trail {
    /// Takes in what UpdateTrail names. An empty text takes a prefix or a key away.
    fileprivate mutating func change(_ input: CloudTrail.UpdateTrail.Input, _ call: Call) throws(ServiceError) {
        if let bucket = input.s3BucketName { self.bucket = bucket }
        if let value = input.includeGlobalServiceEvents { includesGlobalServices = value }
        if let value = input.isMultiRegionTrail { isMultiRegion = value }
        if let value = input.enableLogFileValidation { isValidated = value }
        if let value = input.isOrganizationTrail {
            let owner = try call.owner(ofOrganizationTrail: value)
            guard owner.account == accountID else { throw .notManagementAccount }
            organizationID = owner.organizationID
        }
        try set(prefix: input.s3KeyPrefix ?? prefix, key: input.kmsKeyId ?? kmsKeyID)
        if let topic = input.snsTopicName { try set(topic: topic) }
        set(
            logGroup: input.cloudWatchLogsLogGroupArn ?? logGroupARN, role: input.cloudWatchLogsRoleArn ?? logRoleARN)
    }

    /// An empty text takes it away.
    /// - Throws: InvalidSnsTopicNameException.
    fileprivate mutating func set(topic: String?) throws(ServiceError) {
        if let topic, !topic.isEmpty { topicARN = try TopicAccess.arn(topic, of: self) } else { topicARN = nil }
    }

    /// An empty text takes them away.
    fileprivate mutating func set(logGroup: String?, role: String?) {
        logGroupARN = logGroup?.isEmpty == false ? logGroup : nil
        logRoleARN = role?.isEmpty == false ? role : nil
    }

    /// - Throws: InvalidS3PrefixException.
    fileprivate mutating func set(prefix: String?, key: String?) throws(ServiceError) {
        if let prefix, prefix.utf8.count > 200 {
            throw CloudTrail.Failure.invalidS3PrefixException("S3 prefix is longer than the maximum length (200).")
        }
        var text = Substring(prefix ?? "")
        while text.utf8.last == UInt8(ascii: "/") { text = text.dropLast() }
        self.prefix = text.isEmpty ? nil : String(text)
        kmsKeyID = key?.isEmpty == false ? key : nil
    }

    /// The trail with its bucket's Region and its key's ARN, once it is certain that it can be delivered.
    fileprivate func draft(_ call: Call) async throws(ServiceError) -> TrailDraft {
        guard includesGlobalServices || !isMultiRegion else {
            throw .combination("Multi-Region trail must include global service events.")
        }
        guard bucket.utf8.count >= 3, bucket.utf8.count <= 63 else {
            throw CloudTrail.Failure.invalidS3BucketNameException(
                "The S3 bucket name \(bucket) is not valid: it has 3 to 63 characters.")
        }
        let found = try await BucketAccess(environment: call.environment, trail: self).check(at: call.time)
        var trail = self
        (trail.bucketRegion, trail.kmsKeyID) = (found.bucketRegion, found.keyARN)
        try TopicAccess(environment: call.environment, trail: trail).check(at: call.time)
        try await LogGroupAccess.check(trail, call.environment)
        return TrailDraft(trail: trail, lastSegment: try await call.lastEventSegment())
    }
}

extension Call {
    /// - Throws: MaximumNumberOfTrailsExceededException where a Region has no room for the trail or its shadow.
    fileprivate func checkRoom(for trail: Trail) throws(ServiceError) {
        let others = environment.trails.trails(seenBy: trail.accountID, of: nil).filter {
            $0.uniqueID != trail.uniqueID
        }
        let quota = quotas[.trails]
        let everywhere = others.filter(\.isMultiRegion).count
        let homes = Dictionary(grouping: others.filter { !$0.isMultiRegion }, by: \.homeRegion).mapValues(\.count)
        let regions = trail.isMultiRegion ? Set(homes.keys).union([trail.homeRegion]) : [trail.homeRegion]
        for region in regions.sorted() {
            let count = everywhere + homes[region, default: 0]
            guard count < quota else {
                throw CloudTrail.Failure.maximumNumberOfTrailsExceededException(
                    "User: \(trail.accountID) already has \(count) trails in \(region).")
            }
        }
    }
}

extension Call {
    /// Whoever gives a trail a role for its log group has to be allowed to pass it on.
    fileprivate func needToPass(_ role: String?) -> [Access] {
        guard let role, !role.isEmpty else { return [] }
        return [
            Access(
                "iam:PassRole", on: role, resourceAccount: accountID,
                context: ["iam:passedtoservice": .one(BucketAccess.service)])
        ]
    }
}
