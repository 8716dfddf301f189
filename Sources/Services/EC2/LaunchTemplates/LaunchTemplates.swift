import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

// Launch templates. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-launch-templates.html>

extension StoredLaunchTemplate: Shown {
    static func missing(_ id: String) -> ServiceError {
        isID(id)
            ? .ec2(
                "InvalidLaunchTemplateId.NotFound",
                "The specified launch template, with template ID \(id), does not exist.")
            : malformed(id, "InvalidLaunchTemplateId.Malformed")
    }

    static func missing(named name: String) -> ServiceError {
        .ec2(
            "InvalidLaunchTemplateName.NotFoundException",
            "The specified launch template, with template name \(name), does not exist.")
    }

    static let filters = Filters<StoredLaunchTemplate>([
        "launch-template-name": { template, _ in [template.name] },
        "create-time": { template, _ in [Timestamp(secondsSinceEpoch: template.head.created).iso8601] },
    ])

    var shown: EC2.LaunchTemplate {
        EC2.LaunchTemplate {
            $0.launchTemplateId = id
            $0.launchTemplateName = name
            $0.createTime = Timestamp(secondsSinceEpoch: head.created)
            $0.createdBy = creator
            $0.defaultVersionNumber = defaultVersion
            $0.latestVersionNumber = latestVersion
            $0.operator = EC2.OperatorResponse { $0.managed = false }
            $0.tags = head.tags.shown
        }
    }

    /// The version of a number, or of `$Latest` or `$Default`.
    /// - Throws: InvalidLaunchTemplateId.VersionNotFound.
    func version(_ text: String) throws(ServiceError) -> Version {
        let number =
            switch text {
            case "$Latest": latestVersion
            case "$Default", "": defaultVersion
            default: Int(text) ?? 0
            }
        guard let version = versions.first(where: { $0.number == number }) else {
            throw .ec2(
                "InvalidLaunchTemplateId.VersionNotFound",
                "Could not find the specified version \(text) for the launch template with ID \(id).")
        }
        return version
    }
}

extension Quota {
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/launch-template-restrictions.html>
    static let launchTemplates = Quota("LaunchTemplates", 5000)
    static let launchTemplateVersions = Quota("LaunchTemplateVersions", 10_000)
}

/// The launch template that a request names, by its id or its name.
enum NamedTemplate {
    /// - Throws: that a request has to have one of them.
    static func check(_ id: String?, _ name: String?) throws(ServiceError) {
        guard id != nil || name != nil else {
            throw .ec2(
                "MissingParameter", "Either launchTemplateId or launchTemplateName must be specified in the request.")
        }
        guard id == nil || name == nil else {
            throw .invalidCombination(
                "Both launchTemplateId and launchTemplateName were specified. Please specify only one of them.")
        }
    }

    /// For decisions: its id, whether there is such a template or not.
    static func id(_ id: String?, _ name: String?, _ estate: EC2Estate) -> String {
        id ?? estate.each(StoredLaunchTemplate.self).first { $0.name == name }?.id ?? "*"
    }

    /// - Throws: the error that there is none.
    static func existing(_ id: String?, _ name: String?, _ estate: EC2Estate) throws(ServiceError)
        -> StoredLaunchTemplate
    {
        try check(id, name)
        if let id {
            guard let template = estate.get(StoredLaunchTemplate.self, id) else {
                throw StoredLaunchTemplate.missing(id)
            }
            return template
        }
        guard let template = estate.each(StoredLaunchTemplate.self).first(where: { $0.name == name }) else {
            throw StoredLaunchTemplate.missing(named: name ?? "")
        }
        return template
    }

    /// The same, for an operation that changes it.
    static func existing(
        _ id: String?, _ name: String?, _ records: MutableRecords
    ) throws(ServiceError) -> StoredLaunchTemplate {
        try check(id, name)
        if let id { return try records.existing(StoredLaunchTemplate.self, id) }
        let named = try records.referrers(
            StoredLaunchTemplate.self, StoredLaunchTemplate.named, to: name ?? "", limit: 1)
        guard let template = named.first else { throw StoredLaunchTemplate.missing(named: name ?? "") }
        return template
    }
}

extension ServiceError {
    /// A template has a name that none can have.
    static let malformedLaunchTemplateName = ec2(
        "InvalidLaunchTemplateName.MalformedException",
        "A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the following "
            + "characters: - ( ) . / _.")
}

/// What the request for a template or a version says.
enum TemplateData {
    /// As it is kept.
    /// - Throws: that it says nothing, or what can't be read later.
    static func kept(_ data: EC2.RequestLaunchTemplateData) throws(ServiceError) -> String {
        guard !data.structure.isEmpty else { throw .missingParameter("LaunchTemplateData") }
        if let text = data.userData.given { _ = try UserData.checked(text) }
        for specification in data.tagSpecifications ?? [] { _ = try TagSpecifications.tags(specification.tags ?? []) }
        return data.structure.json
    }

    static func read(_ text: String) throws(ServiceError) -> EC2.RequestLaunchTemplateData {
        EC2.RequestLaunchTemplateData(try Structure(json: text, of: EC2.RequestLaunchTemplateData.shape))
    }
}

extension EC2.CreateLaunchTemplate: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(try call.creation(of: StoredLaunchTemplate.self, input.tagSpecifications))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        if let made = try call.made(StoredLaunchTemplate.self, by: input) {
            return Output { $0.launchTemplate = made.shown }
        }
        let name = input.launchTemplateName
        let namesakes = try records.referrers(
            StoredLaunchTemplate.self, StoredLaunchTemplate.named, to: name, limit: 1)
        guard namesakes.isEmpty else {
            throw .ec2(
                "InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")
        }
        guard try records.count(StoredLaunchTemplate.self) < call.quotas[.launchTemplates] else {
            throw .ec2("LaunchTemplateLimitExceeded", "The maximum number of launch templates has been reached.")
        }
        let tags = try TagSpecifications.tags(of: StoredLaunchTemplate.arnType, input.tagSpecifications)
        let template = StoredLaunchTemplate(
            head: call.head(of: StoredLaunchTemplate.self, tags: tags, for: input), name: name,
            creator: call.caller.arn,
            version: StoredLaunchTemplate.Version(
                number: 1, summary: input.versionDescription.given, created: call.time, creator: call.caller.arn,
                data: try TemplateData.kept(input.launchTemplateData)))
        try records.put(template)
        return Output { $0.launchTemplate = template.shown }
    }
}

/// An operation on the template that `LaunchTemplateId` or `LaunchTemplateName` names.
protocol OnTemplate: Platform.Operation
where InputFields: EC2.MayHaveLaunchTemplateId & EC2.MayHaveLaunchTemplateName {}

extension OnTemplate {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            call.access(
                to: StoredLaunchTemplate.self,
                NamedTemplate.id(input.launchTemplateId, input.launchTemplateName, call.estate)))
    }
}

extension EC2.ModifyLaunchTemplate: WriteOperation, OnTemplate {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var template = try NamedTemplate.existing(input.launchTemplateId, input.launchTemplateName, records)
        guard let text = input.defaultVersion.given else { throw .missingParameter("DefaultVersion") }
        template.defaultVersion = try template.version(text).number
        try records.put(template)
        return Output { $0.launchTemplate = template.shown }
    }
}

extension EC2.DeleteLaunchTemplate: WriteOperation, OnTemplate {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let template = try NamedTemplate.existing(input.launchTemplateId, input.launchTemplateName, records)
        try records.delete(template)
        return Output { $0.launchTemplate = template.shown }
    }
}

extension EC2.DescribeLaunchTemplates: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        let (ids, names) = (input.launchTemplateIds ?? [], input.launchTemplateNames ?? [])
        var found: [StoredLaunchTemplate] = []
        for id in ids { found.append(try NamedTemplate.existing(id, nil, estate)) }
        for name in names { found.append(try NamedTemplate.existing(nil, name, estate)) }
        if ids.isEmpty, names.isEmpty { found = estate.all(StoredLaunchTemplate.self) }
        let passed = try StoredLaunchTemplate.filters.apply(input.filters, to: found, estate)
        let page = try Listing.page(passed, by: \.id, input.pageToken, input.pageLimit, least: 1)
        return Output(page) { $0.shown }
    }
}
