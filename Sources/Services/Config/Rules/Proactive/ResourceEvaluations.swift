import AWSConfigAPI
import Directory
import Ledger
import Platform
import Posture
import Wire

/// Evaluates a resource before it is there, by the rules that are to be asked then.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_StartResourceEvaluation.html>
extension AWSConfig.StartResourceEvaluation: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required([call.configAccess("*"), Access("cloudformation:DescribeType", on: "*")])
    }

    /// What the rules say: that may take long, and keeps no writer waiting.
    /// - Returns: nothing where the token is known already.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> [ProposalResult] {
        let details = input.resourceDetails
        guard input.evaluationMode == "PROACTIVE" else {
            throw .invalidParameterValue("The evaluation mode \(input.evaluationMode) is not valid.")
        }
        guard details.resourceConfigurationSchemaType.map({ $0 == "CFN_RESOURCE_SCHEMA" }) ?? true else {
            throw .invalidParameterValue("The schema type must be CFN_RESOURCE_SCHEMA.")
        }
        guard ProposedItem.types.contains(details.resourceType) else {
            throw .invalidParameterValue(
                "The resource type \(details.resourceType) is not supported for proactive evaluation.")
        }
        guard let properties = try? JSONValue(parsing: Array(details.resourceConfiguration.utf8)),
            case .object = properties
        else { throw .invalidParameterValue("The resource configuration is not a JSON object.") }
        let (environment, account) = (call.environment, call.accountID)
        let scope = Scope(account: account, region: call.region)
        let found = try await environment.read(scope) {
            (records) throws(ServiceError) -> (rules: [StoredRule], around: RuleSurroundings)? in
            guard try records.proposal(of: input) == nil else { return nil }
            return (
                try records.list(StoredRule.self).filter { $0.modes.contains("PROACTIVE") },
                try RuleSurroundings(of: account, records, environment)
            )
        }
        guard var (rules, around) = found else { return [] }
        let allowance = PolicyComparison.Allowance()
        around.comparisons = allowance
        let item = ProposedItem.bucket(details.resourceId, properties, account: account, region: call.region)
        rules.sort { $0.name < $1.name }
        var results: [ProposalResult] = []
        for rule in rules {
            guard var verdict = rule.verdictOrFailure(on: item, around, environment) else { continue }
            if allowance.hasRefused() {
                verdict = RuleVerdict(
                    compliance: .insufficientData, annotation: "There is too much to be compared for one request.")
            }
            if verdict.compliance != .notApplicable {
                results.append(
                    ProposalResult(
                        rule: rule.name, compliance: verdict.compliance, annotation: verdict.annotation,
                        type: item.resourceType, resourceID: item.resourceID, time: call.time))
            }
            await Task.yield()
        }
        return results
    }

    public static func handle(
        _ input: Input, _ results: [ProposalResult], _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let details = input.resourceDetails
        // Somebody may have been faster.
        if let old = try records.proposal(of: input) { return Output { $0.resourceEvaluationId = old.id } }
        let proposal = Proposal(
            id: RequestIDs.make(time: call.time), started: call.time, type: details.resourceType,
            resourceID: details.resourceId, configuration: details.resourceConfiguration,
            context: input.evaluationContext?.evaluationContextIdentifier, token: input.clientToken,
            results: results)
        try records.keep(proposal, at: call.time)
        return Output { $0.resourceEvaluationId = proposal.id }
    }
}

extension RecordReading {
    /// What was made of a request with the same token before; nil: there is nothing.
    /// - Throws: IdempotentParameterMismatch.
    fileprivate func proposal(of input: AWSConfig.StartResourceEvaluation.Input) throws(ServiceError) -> Proposal? {
        guard let token = input.clientToken,
            let old = try list(
                Proposal.self, by: Proposal.byToken, RowIndexRange(RowPrefix(.text(token))), limit: 1
            ).first
        else { return nil }
        let details = input.resourceDetails
        guard old.configuration == details.resourceConfiguration, old.resourceID == details.resourceId else {
            throw AWSConfig.Failure.idempotentParameterMismatch(
                "Using the same client token with one or more different parameters. Specify a new client token with"
                    + " the parameter changes and try again.")
        }
        return old
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_GetResourceEvaluationSummary.html>
extension AWSConfig.GetResourceEvaluationSummary: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let proposal = try records.proposal(input.resourceEvaluationId, at: call.time)
        return Output {
            $0.resourceEvaluationId = proposal.id
            $0.evaluationMode = "PROACTIVE"
            $0.evaluationStatus = AWSConfig.EvaluationStatus { $0.status = "SUCCEEDED" }
            $0.evaluationStartTimestamp = Timestamp(secondsSinceEpoch: proposal.started)
            $0.compliance = proposal.compliance.rawValue
            if let context = proposal.context {
                $0.evaluationContext = AWSConfig.EvaluationContext { $0.evaluationContextIdentifier = context }
            }
            $0.resourceDetails = AWSConfig.ResourceDetails {
                $0.resourceId = proposal.resourceID
                $0.resourceType = proposal.type
                $0.resourceConfiguration = proposal.configuration
                $0.resourceConfigurationSchemaType = "CFN_RESOURCE_SCHEMA"
            }
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_ListResourceEvaluations.html>
extension AWSConfig.ListResourceEvaluations: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let paging = try ConfigPage.paging(input.nextToken, input.limit, usual: 10)
        let window = input.filters?.timeWindow
        let (start, end) = (window?.startTime?.secondsSinceEpoch, window?.endTime?.secondsSinceEpoch)
        if let start, let end, start > end {
            throw AWSConfig.Failure.invalidTimeRangeException("The start time is after the end time.")
        }
        let context = input.filters?.evaluationContextIdentifier
        let isOther = input.filters?.evaluationMode.map { $0 != "PROACTIVE" } ?? false
        var found: [Proposal] = []
        var after = paging.after.map { RowKey(.text($0)) }
        var isMore = !isOther
        while isMore, found.count <= paging.limit {
            let rows = try records.list(
                Proposal.self, RowRange(after: after.map { .key($0) }, isReversed: true), limit: paging.limit + 1)
            for row in rows {
                guard start.map({ row.started >= $0 }) ?? true, end.map({ row.started <= $0 }) ?? true,
                    context == nil || context == row.context, !row.isOver(at: call.time)
                else { continue }
                found.append(row)
            }
            isMore = rows.count > paging.limit
            after = rows.last?.key
        }
        let shown = Array(found.prefix(paging.limit))
        return Output {
            $0.resourceEvaluations = shown.map { proposal in
                AWSConfig.ResourceEvaluation {
                    $0.resourceEvaluationId = proposal.id
                    $0.evaluationMode = "PROACTIVE"
                    $0.evaluationStartTimestamp = Timestamp(secondsSinceEpoch: proposal.started)
                }
            }
            $0.nextToken = found.count > paging.limit ? shown.last.map { Paging.marker(after: $0.id) } : nil
        }
    }
}
