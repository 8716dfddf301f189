import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

// Versions of launch templates.
// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/manage-launch-template-versions.html>

/// A version with its template, in a list.
struct ListedVersion: Sendable {
    let template: StoredLaunchTemplate
    let version: StoredLaunchTemplate.Version

    /// What its request says; nil: it can't be read.
    private var data: EC2.RequestLaunchTemplateData? { try? TemplateData.read(version.data) }

    static let filters = Filters<ListedVersion>(
        [
            "create-time": { listed, _ in [Timestamp(secondsSinceEpoch: listed.version.created).iso8601] },
            "is-default-version": { listed, _ in ["\(listed.isDefault)"] },
            "image-id": { listed, _ in listed.data?.imageId.map { [$0] } ?? [] },
            "instance-type": { listed, _ in listed.data?.instanceType.map { [$0] } ?? [] },
            "ebs-optimized": { listed, _ in listed.data?.ebsOptimized.map { ["\($0)"] } ?? [] },
            "http-endpoint": { listed, _ in listed.data?.metadataOptions?.httpEndpoint.map { [$0] } ?? [] },
            "http-tokens": { listed, _ in listed.data?.metadataOptions?.httpTokens.map { [$0] } ?? [] },
            "http-protocol-ipv4": { _, _ in ["enabled"] },
            "iam-instance-profile": { listed, _ in
                let profile = listed.data?.iamInstanceProfile
                return [profile?.arn, profile?.name].compactMap { $0 }
            },
            "kernel-id": { listed, _ in listed.data?.kernelId.map { [$0] } ?? [] },
            "ram-disk-id": { listed, _ in listed.data?.ramDiskId.map { [$0] } ?? [] },
            "network-card-index": { listed, _ in
                listed.data?.networkInterfaces?.compactMap { $0.networkCardIndex.map(String.init) } ?? []
            },
        ], absent: ["host-resource-group-arn", "license-configuration-arn"], tags: nil)

    var isDefault: Bool { version.number == template.defaultVersion }

    /// - Throws: InternalFailure for what can't be read.
    func shown() throws(ServiceError) -> EC2.LaunchTemplateVersion {
        let data = try TemplateData.read(version.data).structure.transcribed(to: EC2.ResponseLaunchTemplateData.shape)
        return EC2.LaunchTemplateVersion {
            $0.launchTemplateId = template.id
            $0.launchTemplateName = template.name
            $0.versionNumber = version.number
            $0.versionDescription = version.summary
            $0.createTime = Timestamp(secondsSinceEpoch: version.created)
            $0.createdBy = version.creator
            $0.defaultVersion = isDefault
            $0.launchTemplateData = EC2.ResponseLaunchTemplateData(data)
            $0.operator = EC2.OperatorResponse { $0.managed = false }
        }
    }
}

extension EC2.CreateLaunchTemplateVersion: WriteOperation, OnTemplate {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var template = try NamedTemplate.existing(input.launchTemplateId, input.launchTemplateName, records)
        let hash = RequestHash.of(input.structure)
        if let token = input.clientToken.given,
            let made = template.versions.first(where: { $0.clientToken == token })
        {
            guard made.requestHash == hash else { throw .tokenOfAnother }
            let shown = try ListedVersion(template: template, version: made).shown()
            return Output { $0.launchTemplateVersion = shown }
        }
        guard template.versions.count < call.quotas[.launchTemplateVersions] else {
            throw .ec2(
                "LaunchTemplateVersionLimitExceeded",
                "The maximum number of versions of a launch template has been reached.")
        }
        var data = try TemplateData.kept(input.launchTemplateData)
        if let source = input.sourceVersion.given {
            // What the request does not say, the source does.
            let old = try TemplateData.read(try template.version(source).data).structure
            data = input.launchTemplateData.structure.over(old).json
        }
        template.lastVersion += 1
        let version = StoredLaunchTemplate.Version(
            number: template.lastVersion, summary: input.versionDescription.given, created: call.time,
            creator: call.caller.arn, data: data, clientToken: input.clientToken.given,
            requestHash: input.clientToken.given.map { _ in hash })
        template.versions.append(version)
        try records.put(template)
        let shown = try ListedVersion(template: template, version: version).shown()
        return Output { $0.launchTemplateVersion = shown }
    }
}

extension EC2.DeleteLaunchTemplateVersions: WriteOperation, OnTemplate {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var template = try NamedTemplate.existing(input.launchTemplateId, input.launchTemplateName, records)
        guard !input.versions.isEmpty else { throw .missingParameter("LaunchTemplateVersion") }
        guard input.versions.count <= 200 else {
            throw .invalidValue("The maximum number of versions that can be deleted in a single request is 200.")
        }
        var (gone, failed):
            (
                [EC2.DeleteLaunchTemplateVersionsResponseSuccessItem],
                [EC2.DeleteLaunchTemplateVersionsResponseErrorItem]
            ) = ([], [])
        func fail(_ text: String, _ code: String, _ message: String) {
            failed.append(
                EC2.DeleteLaunchTemplateVersionsResponseErrorItem {
                    $0.launchTemplateId = template.id
                    $0.launchTemplateName = template.name
                    $0.versionNumber = Int(text) ?? 0
                    $0.responseError = EC2.ResponseError {
                        $0.code = code
                        $0.message = message
                    }
                })
        }
        for text in input.versions {
            guard let version = try? template.version(text) else {
                fail(text, "launchTemplateVersionDoesNotExist", "The specified version \(text) does not exist.")
                continue
            }
            guard version.number != template.defaultVersion else {
                fail(
                    String(version.number), "unexpectedError",
                    "The default version \(version.number) of the launch template cannot be deleted.")
                continue
            }
            template.versions.removeAll { $0.number == version.number }
            gone.append(
                EC2.DeleteLaunchTemplateVersionsResponseSuccessItem {
                    $0.launchTemplateId = template.id
                    $0.launchTemplateName = template.name
                    $0.versionNumber = version.number
                })
        }
        try records.put(template)
        return Output {
            $0.successfullyDeletedLaunchTemplateVersions = gone
            $0.unsuccessfullyDeletedLaunchTemplateVersions = failed
        }
    }
}

extension EC2.DescribeLaunchTemplateVersions: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        let found = try listed(input, estate)
        let passed = try ListedVersion.filters.apply(input.filters, to: found, estate)
        // The newest of a template comes first.
        let page = try Listing.page(
            passed, by: { "\($0.template.id) \(Int.max - $0.version.number)" }, input.pageToken, input.pageLimit,
            least: 1)
        var shown: [EC2.LaunchTemplateVersion] = []
        for one in page.items { shown.append(try one.shown()) }
        return Output(shown, next: page.marker)
    }

    private static func listed(_ input: Input, _ estate: EC2Estate) throws(ServiceError) -> [ListedVersion] {
        let names = input.versions ?? []
        guard input.launchTemplateId != nil || input.launchTemplateName != nil else {
            // Of all templates the latest ones, the default ones, or both.
            guard !names.isEmpty else {
                try NamedTemplate.check(nil, nil)
                return []
            }
            guard names.allSatisfy({ $0 == "$Latest" || $0 == "$Default" }) else {
                throw .invalidCombination(
                    "Without a launch template, only the versions $Latest and $Default can be described.")
            }
            return estate.all(StoredLaunchTemplate.self).flatMap { some(names, of: $0) }
        }
        let template = try NamedTemplate.existing(input.launchTemplateId, input.launchTemplateName, estate)
        var versions = template.versions
        if !names.isEmpty {
            guard input.minVersion == nil, input.maxVersion == nil else {
                throw .invalidCombination("Versions can't be used together with MinVersion or MaxVersion.")
            }
            for name in names { _ = try template.version(name) }
            return some(names, of: template)
        }
        if let text = input.minVersion {
            guard let least = Int(text) else { throw .invalidValue(text, of: "MinVersion") }
            versions.removeAll { $0.number < least }
        }
        if let text = input.maxVersion {
            guard let most = Int(text) else { throw .invalidValue(text, of: "MaxVersion") }
            versions.removeAll { $0.number > most }
        }
        return versions.reversed().map { ListedVersion(template: template, version: $0) }
    }

    /// The versions of a template that are meant, each once.
    private static func some(_ names: [String], of template: StoredLaunchTemplate) -> [ListedVersion] {
        let numbers = Set(names.compactMap { try? template.version($0).number })
        return template.versions.reversed().filter { numbers.contains($0.number) }
            .map { ListedVersion(template: template, version: $0) }
    }
}
