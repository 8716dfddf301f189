import AccessAnalyzerAPI
import Platform
import Wire

/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CancelPolicyGeneration.html>
extension AccessAnalyzer.CancelPolicyGeneration: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessWithoutResource() }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var generation = try records.policyGeneration(input.jobId, at: call.time)
        guard generation.status == .inProgress else {
            throw .invalidField("jobId", "The job is \(generation.status.rawValue) and can't be canceled.")
        }
        generation.status = .canceled
        generation.completed = call.time
        try records.put(generation)
        try records.cancel(RunPolicyGeneration.self, id: generation.id)
        return Output()
    }
}

/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetGeneratedPolicy.html>
extension AccessAnalyzer.GetGeneratedPolicy: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessWithoutResource() }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let generation = try records.policyGeneration(input.jobId, at: call.time)
        let withTemplates = input.includeResourcePlaceholders == true
        var policies = withTemplates ? generation.result?.templates : generation.result?.policies
        if input.includeServiceLevelTemplate == true, let more = generation.result?.serviceLevel {
            policies = (policies ?? []) + [more]
        }
        return Output {
            $0.jobDetails = AccessAnalyzer.JobDetails(generation)
            $0.generatedPolicyResult = AccessAnalyzer.GeneratedPolicyResult {
                $0.properties = AccessAnalyzer.GeneratedPolicyProperties(generation)
                $0.generatedPolicies = (policies ?? []).map { text in
                    AccessAnalyzer.GeneratedPolicy { $0.policy = text }
                }
            }
        }
    }
}

/// The newest first.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListPolicyGenerations.html>
extension AccessAnalyzer.ListPolicyGenerations: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessWithoutResource() }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let paging = try Paging(checking: input)
        let all = try records.list(PolicyGeneration.self).reversed().filter { generation in
            call.time - generation.started < PolicyGeneration.lifetime
                && (input.principalArn.map { $0 == generation.principal } ?? true)
        }
        // New ones come first, and must not shift the pages.
        let rest = paging.after.map { after in all.filter { $0.id < after } } ?? all
        let shown = Array(rest.prefix(paging.limit))
        return Output {
            $0.policyGenerations = shown.map { generation in
                AccessAnalyzer.PolicyGeneration {
                    $0.jobId = generation.id
                    $0.principalArn = generation.principal
                    $0.status = generation.status.rawValue
                    $0.startedOn = Timestamp(secondsSinceEpoch: generation.started)
                    $0.completedOn = generation.completed.map { Timestamp(secondsSinceEpoch: $0) }
                }
            }
            if rest.count > shown.count, let last = shown.last { $0.nextToken = Paging.marker(after: last.id) }
        }
    }
}

extension RecordReading {
    /// - Throws: ValidationException: the model has no error for what is not found.
    fileprivate func policyGeneration(_ id: String, at time: Double) throws(ServiceError) -> PolicyGeneration {
        guard let generation = try get(PolicyGeneration.self, id), time - generation.started < PolicyGeneration.lifetime
        else { throw .invalidField("jobId", "There is no policy generation \(id).") }
        return generation
    }
}

extension AccessAnalyzer.JobDetails {
    fileprivate init(_ generation: PolicyGeneration) {
        self.init {
            $0.jobId = generation.id
            $0.status = generation.status.rawValue
            $0.startedOn = Timestamp(secondsSinceEpoch: generation.started)
            $0.completedOn = generation.completed.map { Timestamp(secondsSinceEpoch: $0) }
            if let failure = generation.failure {
                $0.jobError = AccessAnalyzer.JobError {
                    $0.code = failure.code.rawValue
                    $0.message = failure.message
                }
            }
        }
    }
}

extension AccessAnalyzer.GeneratedPolicyProperties {
    fileprivate init(_ generation: PolicyGeneration) {
        self.init {
            $0.principalArn = generation.principal
            $0.isComplete = generation.result?.isComplete ?? false
            if let cloudTrail = generation.cloudTrail {
                $0.cloudTrailProperties = AccessAnalyzer.CloudTrailProperties {
                    $0.startTime = Timestamp(secondsSinceEpoch: cloudTrail.start)
                    $0.endTime = Timestamp(secondsSinceEpoch: cloudTrail.end)
                    $0.trailProperties = cloudTrail.trails.map { trail in
                        AccessAnalyzer.TrailProperties {
                            $0.cloudTrailArn = trail.arn
                            $0.regions = trail.regions
                            $0.allRegions = trail.allRegions
                        }
                    }
                }
            }
        }
    }
}
