import AWSConfigAPI
import Directory
import Ledger
import Platform
import Posture
import S3API
import Wire

extension Quota {
    /// <https://docs.aws.amazon.com/config/latest/developerguide/configlimits.html>
    static let conformancePacks = Quota("ConformancePacksPerRegion", 50)
}

/// An operation on the conformance pack that its request names.
protocol OnConformancePack: Platform.Operation where InputFields: AWSConfig.WithConformancePackName {}

extension OnConformancePack {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.configAccess(StoredPack.arn(input.conformancePackName, call.accountID, call.region)))
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_PutConformancePack.html>
extension AWSConfig.PutConformancePack: PreparedWriteOperation, OnConformancePack {
    /// The template, whose remediations have only roles that the caller may pass.
    public static func prepare(
        _ input: Input, _ call: Call
    ) async throws(ServiceError) -> (template: PackTemplate, journalEnd: Int64) {
        guard input.templateSSMDocumentDetails == nil else {
            throw .notImplemented("Gatehouse has no Systems Manager whose document could be a template.")
        }
        let text = try await PackSource.template(input.templateBody, input.templateS3Uri, call)
        let pack = pack(input, call)
        let template = try PackTemplate(text, for: pack)
        try call.checkMayPassRoles(of: template)
        return (template, try await call.environment.journalEnd())
    }

    private static func pack(_ input: Input, _ call: Call) -> StoredPack {
        var parameters: [String: String] = [:]
        for parameter in input.conformancePackInputParameters ?? [] {
            parameters[parameter.parameterName] = parameter.parameterValue
        }
        return StoredPack(
            name: input.conformancePackName, accountID: call.accountID, region: call.region,
            bucket: input.deliveryS3Bucket, keyPrefix: input.deliveryS3KeyPrefix, parameters: parameters,
            updated: call.time)
    }

    public static func handle(
        _ input: Input, _ prepared: (template: PackTemplate, journalEnd: Int64), _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let name = input.conformancePackName
        let old = try records.get(StoredPack.self, name)
        if let old, old.createdBy != nil {
            throw AWSConfig.Failure.insufficientPermissionsException(
                "The conformance pack \(name) belongs to an organization's.")
        }
        let quota = call.quotas[.conformancePacks]
        let count = try records.count(StoredPack.self)
        guard old != nil || count < quota else {
            throw AWSConfig.Failure.maxNumberOfConformancePacksExceededException(
                "You have reached the limit of \(quota) conformance packs.")
        }
        var pack = pack(input, call)
        pack.tags = try old?.tags ?? []
        if old == nil { pack.tags = try TagRules.ofConfig.merge(try Tag.config(input.tags), into: []) }
        try records.place(pack, prepared.template, call.home(prepared.journalEnd))
        return Output { $0.conformancePackArn = pack.arn }
    }
}

/// Where templates come from.
enum PackSource {
    /// - Throws: InvalidParameterValueException unless there is one.
    static func template(_ body: String?, _ uri: String?, _ call: Call) async throws(ServiceError) -> String {
        switch (body, uri) {
        case (let body?, nil): return body
        case (nil, let uri?): return try await template(at: uri, call)
        default: throw .invalidParameterValue("You must specify either TemplateS3Uri or TemplateBody.")
        }
    }

    /// With the caller's permissions.
    private static func template(at uri: String, _ call: Call) async throws(ServiceError) -> String {
        let parts = uri.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard uri.hasPrefix("s3://"), parts.count == 3, let slash = parts[2].firstIndex(of: "/") else {
            throw .invalidParameterValue("The TemplateS3Uri \(uri) is not valid.")
        }
        let object = try await call.services.call(
            S3.GetObject.self,
            S3.GetObject.Input {
                $0.bucket = String(parts[2][..<slash])
                $0.key = String(parts[2][parts[2].index(after: slash)...])
            }, as: "config.amazonaws.com")
        var bytes: [UInt8] = []
        if let body = object.body {
            while let some = try await body.next() {
                bytes += some
                guard bytes.count <= 1 << 20 else { throw .invalidParameterValue("The template is too large.") }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension StoredPack {
    /// What templates may refer to without declaring it.
    static func pseudo(_ name: String, _ account: String, _ region: String) -> [String: String] {
        [
            "AWS::AccountId": account, "AWS::Region": region, "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": "awsconfigconforms-\(name)",
        ]
    }
}

extension PackTemplate {
    /// The template as it is for a pack.
    /// - Throws: ConformancePackTemplateValidationException.
    init(_ text: String, for pack: StoredPack) throws(ServiceError) {
        let pseudo = StoredPack.pseudo(pack.name, pack.accountID, pack.region)
        do throws(Problem) { try self.init(text, given: pack.parameters, pseudo: pseudo) } catch {
            throw .invalidTemplate(error.reason)
        }
    }

    /// The roles with which remediations would run.
    fileprivate var roles: Set<String> {
        var roles: Set<String> = []
        for resource in resources where resource.type == "AWS::Config::RemediationConfiguration" {
            let parameter = resource.properties["Parameters"]?[RemediationDocument.roleParameter]
            roles.formUnion(parameter?["StaticValue"]?["Values"]?.texts ?? [])
        }
        return roles
    }
}

extension Call {
    /// Who puts a pack hands the roles of its remediations on, as with PutRemediationConfigurations.
    /// - Throws: AccessDenied.
    func checkMayPassRoles(of template: PackTemplate) throws(ServiceError) {
        for role in template.roles.sorted() {
            guard try decision(RemediationCalls.passing(role)).isAllowed else {
                throw .accessDenied(
                    "User: \(caller.arn) is not authorized to perform: iam:PassRole on resource: \(role)")
            }
        }
    }
}

extension MutableRecords {
    /// Puts a pack in its place with its rules and remediations; those that its template no longer has go.
    /// - Throws: ConformancePackTemplateValidationException.
    func place(_ pack: StoredPack, _ template: PackTemplate, _ home: RuleHome) throws(ServiceError) {
        guard try !list(Recorder.self, limit: 1).isEmpty else {
            throw AWSConfig.Failure.insufficientPermissionsException(
                "There is no configuration recorder, which the rules of a conformance pack need.")
        }
        var names: [String: String] = [:]
        var placed: Set<String> = []
        for resource in template.resources where resource.type == "AWS::Config::ConfigRule" {
            var rule = try PackResources.rule(resource, pack, home)
            rule.pack = pack.packID
            rule.createdBy = StoredPack.creator
            names[resource.logicalID] = rule.name
            placed.insert(rule.name)
            try place(rule, home, try get(StoredRule.self, rule.name))
        }
        for resource in template.resources where resource.type == "AWS::Config::RemediationConfiguration" {
            try put(try PackResources.remediation(resource, names, home))
        }
        for rule in try readOnly.rules(of: pack) where !placed.contains(rule.name) {
            try removeWithRemediation(rule, at: home.time)
        }
        try put(pack)
        try noteCompliance(of: ComplianceItem.packType, pack.packID, at: home.time)
    }

    /// Takes a pack's rule away.
    func removeWithRemediation(_ rule: StoredRule, at time: Double) throws(ServiceError) {
        if let remediation = try get(StoredRemediation.self, rule.name) { try delete(remediation) }
        try remove(rule, at: time)
    }

    /// Takes a pack away with its rules.
    func remove(_ pack: StoredPack, _ home: RuleHome) throws(ServiceError) {
        for rule in try readOnly.rules(of: pack) { try removeWithRemediation(rule, at: home.time) }
        try delete(pack)
        try noteCompliance(of: ComplianceItem.packType, pack.packID, at: home.time)
    }
}

extension ServiceError {
    static func invalidTemplate(_ reason: String) -> ServiceError {
        AWSConfig.Failure.conformancePackTemplateValidationException(
            "Unable to validate the conformance pack template: \(reason)")
    }
}

/// The rules and remediations of a template, as requests for the like would have them.
enum PackResources {
    /// - Throws: ConformancePackTemplateValidationException for a rule that can't be.
    static func rule(
        _ resource: PackTemplate.Resource, _ pack: StoredPack, _ home: RuleHome
    ) throws(ServiceError) -> StoredRule {
        let properties = resource.properties
        let name = (TemplateFiller.text(properties["ConfigRuleName"] ?? .null) ?? resource.logicalID) + pack.suffix
        let asked = AWSConfig.ConfigRule { rule in
            rule.configRuleName = name
            rule.description = properties["Description"]?.text
            rule.inputParameters = properties["InputParameters"].flatMap { inputParameters($0) }
            rule.maximumExecutionFrequency = properties["MaximumExecutionFrequency"]?.text
            if let scope = properties["Scope"] {
                rule.scope = AWSConfig.Scope {
                    $0.complianceResourceTypes = scope["ComplianceResourceTypes"]?.texts
                    $0.complianceResourceId = scope["ComplianceResourceId"]?.text
                    $0.tagKey = scope["TagKey"]?.text
                    $0.tagValue = scope["TagValue"]?.text
                }
            }
            rule.source = source(properties["Source"] ?? .object([]))
        }
        do throws(ServiceError) {
            guard name.utf8.count <= 128 else { throw .invalidParameterValue("The rule name \(name) is too long.") }
            return try StoredRule(asked, named: name, home)
        } catch {
            throw .invalidTemplate("\(resource.logicalID): \(error.message)")
        }
    }

    private static func source(_ json: JSONValue) -> AWSConfig.Source {
        AWSConfig.Source { source in
            source.owner = json["Owner"]?.text ?? ""
            source.sourceIdentifier = json["SourceIdentifier"]?.text
            if let details = json["SourceDetails"]?.elements, !details.isEmpty {
                source.sourceDetails = details.map { detail in
                    AWSConfig.SourceDetail {
                        $0.eventSource = detail["EventSource"]?.text
                        $0.messageType = detail["MessageType"]?.text
                        $0.maximumExecutionFrequency = detail["MaximumExecutionFrequency"]?.text
                    }
                }
            }
            if let policy = json["CustomPolicyDetails"] {
                source.customPolicyDetails = AWSConfig.CustomPolicyDetails {
                    $0.policyRuntime = policy["PolicyRuntime"]?.text ?? ""
                    $0.policyText = policy["PolicyText"]?.text ?? ""
                }
            }
        }
    }

    private static func inputParameters(_ json: JSONValue) -> String? {
        if let text = json.text { return text }
        let members = json.members.compactMap { member in
            TemplateFiller.text(member.value).map { JSONMember(key: member.key, value: .string($0)) }
        }
        return members.isEmpty ? nil : JSONValue.object(members).jsonText
    }

    static func remediation(
        _ resource: PackTemplate.Resource, _ names: [String: String], _ home: RuleHome
    ) throws(ServiceError) -> StoredRemediation {
        let properties = resource.properties
        let named = properties["ConfigRuleName"]?.text ?? ""
        let logical = named.hasPrefix("\u{0}") ? String(named.dropFirst()) : named
        guard let rule = names[logical] ?? names.values.first(where: { $0.hasPrefix("\(named)-conformance-pack-") })
        else {
            throw .invalidTemplate("\(resource.logicalID): there is no rule \(logical) in the template.")
        }
        let controls = properties["ExecutionControls"]?["SsmControls"]
        let asked = AWSConfig.RemediationConfiguration { made in
            made.configRuleName = rule
            made.targetType = properties["TargetType"]?.text ?? "SSM_DOCUMENT"
            made.targetId = properties["TargetId"]?.text ?? ""
            made.targetVersion = properties["TargetVersion"].flatMap { TemplateFiller.text($0) }
            made.resourceType = properties["ResourceType"]?.text
            made.automatic = properties["Automatic"].map { $0.isTrue || $0.text == "true" }
            made.maximumAutomaticAttempts = number(properties["MaximumAutomaticAttempts"])
            made.retryAttemptSeconds = number(properties["RetryAttemptSeconds"])
            if let controls {
                made.executionControls = AWSConfig.ExecutionControls {
                    $0.ssmControls = AWSConfig.SsmControls {
                        $0.concurrentExecutionRatePercentage = number(controls["ConcurrentExecutionRatePercentage"])
                        $0.errorPercentage = number(controls["ErrorPercentage"])
                    }
                }
            }
            var parameters: [String: AWSConfig.RemediationParameterValue] = [:]
            for member in properties["Parameters"]?.members ?? [] {
                parameters[member.key] = AWSConfig.RemediationParameterValue {
                    if let texts = member.value["StaticValue"]?["Values"] {
                        $0.staticValue = AWSConfig.StaticValue { $0.values = texts.texts }
                    } else if let value = member.value["ResourceValue"]?["Value"]?.text {
                        $0.resourceValue = AWSConfig.ResourceValue { $0.value = value }
                    }
                }
            }
            made.parameters = parameters
        }
        do throws(ServiceError) { return try StoredRemediation(asked, home) } catch {
            throw .invalidTemplate("\(resource.logicalID): \(error.message)")
        }
    }

    private static func number(_ value: JSONValue?) -> Int? {
        value.flatMap { TemplateFiller.text($0) }.flatMap { Int($0) }
    }
}
