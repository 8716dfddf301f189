import CloudTrailAPI
import Directory
import Platform
import Wire

// Showing trails.

extension Structure {
    /// What answers say of a trail, whichever operation asks: as many members as its answer has.
    mutating func show(_ trail: Trail) {
        self["Name"] = .string(trail.name)
        self["S3BucketName"] = .string(trail.bucket)
        self["S3KeyPrefix"] = trail.prefix.map { .string($0) }
        // The older member has the ARN as well.
        self["SnsTopicName"] = trail.topicARN.map { .string($0) }
        self["SnsTopicARN"] = trail.topicARN.map { .string($0) }
        self["IncludeGlobalServiceEvents"] = .boolean(trail.includesGlobalServices)
        self["IsMultiRegionTrail"] = .boolean(trail.isMultiRegion)
        self["HomeRegion"] = .string(trail.homeRegion)
        self["TrailARN"] = .string(trail.arn)
        self["LogFileValidationEnabled"] = .boolean(trail.isValidated)
        self["KmsKeyId"] = trail.kmsKeyID.map { .string($0) }
        self["CloudWatchLogsLogGroupArn"] = trail.logGroupARN.map { .string($0) }
        self["CloudWatchLogsRoleArn"] = trail.logRoleARN.map { .string($0) }
        self["HasCustomEventSelectors"] = .boolean(trail.hasCustomSelection)
        self["HasInsightSelectors"] = .boolean(!trail.insights.isEmpty)
        self["IsOrganizationTrail"] = .boolean(trail.organizationID != nil)
    }
}

extension CloudTrail.Trail {
    init(_ trail: Trail) {
        self.init()
        structure.show(trail)
    }
}

extension CloudTrail.GetTrail: TrailRead {
    static func answer(
        _ trail: Trail, _ input: Input, _ call: Call, _ records: Records
    ) throws(ServiceError) -> Output {
        Output { $0.trail = CloudTrail.Trail(trail) }
    }
}

extension Call {
    /// The trails that the caller's account sees.
    fileprivate var trails: [Trail] {
        environment.trails.trails(seenBy: accountID, of: directory.organization(ofAccount: accountID)?.id)
    }
}

extension CloudTrail.DescribeTrails: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("cloudtrail:DescribeTrails", on: "*"))
    }

    /// Trails that are not there are left out, as AWS does.
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let showsShadows = input.includeShadowTrails ?? true
        let here = call.trails.filter { $0.homeRegion == call.region || $0.isMultiRegion && showsShadows }
        guard let texts = input.trailNameList, !texts.isEmpty else {
            return Output { $0.trailList = here.map(CloudTrail.Trail.init) }
        }
        let names = try texts.map { text throws(ServiceError) in try TrailName(text, call) }
        let named = here.filter { trail in
            names.contains { $0.isARN ? $0.arn == trail.arn : $0.name == trail.name }
        }
        return Output { $0.trailList = named.map(CloudTrail.Trail.init) }
    }
}

extension CloudTrail.ListTrails: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("cloudtrail:ListTrails", on: "*"))
    }

    /// Of all Regions.
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let page = page(call.trails, by: \.arn, try Paging(cloudTrail: input.nextToken))
        return Output(page) { trail in
            CloudTrail.TrailInfo {
                $0.trailARN = trail.arn
                $0.name = trail.name
                $0.homeRegion = trail.homeRegion
            }
        }
    }
}

extension Paging {
    /// - Throws: InvalidTokenException for a token that is not one of ours.
    init(cloudTrail token: String?) throws(ServiceError) {
        do throws(ServiceError) { try self.init(marker: token, maxItems: nil) } catch {
            throw CloudTrail.Failure.invalidTokenException("The specified token is invalid.")
        }
    }
}
