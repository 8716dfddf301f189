import Inspector2API
import Wire

// Whether a finding is what a filter looks for.
// <https://docs.aws.amazon.com/inspector/v2/APIReference/API_FilterCriteria.html>

/// Whether a value is one that the filters of a list look for: any of those that say what it is, and none of those that say
/// what it is not.
enum StringMatch {
    /// - Parameter values: what there is of the attribute; none matches only filters that say what it is not.
    static func matches(_ filters: [(comparison: String, value: String)], _ values: [String]) -> Bool {
        var wanted: Bool?
        for filter in filters {
            switch filter.comparison {
            case "NOT_EQUALS": if values.contains(filter.value) { return false }
            case "PREFIX": wanted = wanted == true || values.contains { $0.hasPrefix(filter.value) }
            default: wanted = wanted == true || values.contains(filter.value)
            }
        }
        return wanted ?? true
    }

    static func matches(_ filters: [Inspector2.StringFilter]?, _ values: @autoclosure () -> [String]) -> Bool {
        guard let filters, !filters.isEmpty else { return true }
        return matches(filters.map { ($0.comparison, $0.value) }, values())
    }

    static func matches(_ filters: [Inspector2.StringFilter]?, _ value: String?) -> Bool {
        matches(filters, value.map { [$0] } ?? [])
    }

    static func matches(_ filters: [Inspector2.MapFilter]?, _ tags: @autoclosure () -> [[String: String]]) -> Bool {
        guard let filters, !filters.isEmpty else { return true }
        let tags = tags()
        return filters.contains { filter in
            tags.contains { tags in
                guard let value = tags[filter.key] else { return false }
                return filter.value.map { $0.isEmpty || $0 == value } ?? true
            }
        }
    }

    static func matches(_ filters: [Inspector2.DateFilter]?, _ dates: @autoclosure () -> [Timestamp]) -> Bool {
        guard let filters, !filters.isEmpty else { return true }
        let dates = dates()
        return filters.contains { filter in
            dates.contains { date in
                (filter.startInclusive.map { $0 <= date } ?? true) && (filter.endInclusive.map { date <= $0 } ?? true)
            }
        }
    }

    static func matches(_ filters: [Inspector2.NumberFilter]?, _ numbers: @autoclosure () -> [Double]) -> Bool {
        guard let filters, !filters.isEmpty else { return true }
        let numbers = numbers()
        return filters.contains { filter in
            numbers.contains { number in
                (filter.lowerInclusive.map { $0 <= number } ?? true)
                    && (filter.upperInclusive.map { number <= $0 } ?? true)
            }
        }
    }
}

enum FindingMatch {
    /// - Throws: ValidationException for ranges that hold nothing.
    static func check(_ criteria: Inspector2.FilterCriteria) throws(ServiceError) {
        let dates = [
            criteria.firstObservedAt, criteria.lastObservedAt, criteria.updatedAt, criteria.ecrImagePushedAt,
            criteria.ecrImageLastInUseAt, criteria.lambdaFunctionLastModifiedAt,
        ]
        for filter in dates.flatMap({ $0 ?? [] }) {
            guard let start = filter.startInclusive, let end = filter.endInclusive, end < start else { continue }
            throw .invalidField("filterCriteria", "A date range must not end before it begins.")
        }
        for filter in [criteria.inspectorScore, criteria.epssScore, criteria.ecrImageInUseCount].flatMap({ $0 ?? [] }) {
            guard let lower = filter.lowerInclusive, let upper = filter.upperInclusive, upper < lower else { continue }
            throw .invalidField("filterCriteria", "The lower bound of a range must not be above the upper bound.")
        }
        for filter in criteria.portRange ?? [] {
            guard let begin = filter.beginInclusive, let end = filter.endInclusive, end < begin else { continue }
            throw .invalidField("filterCriteria", "A port range must not end before it begins.")
        }
    }

    /// - Parameter isForRule: whether the criteria are a suppression rule's, which do not ask what has become of a finding.
    static func matches(
        _ criteria: Inspector2.FilterCriteria, _ finding: Inspector2.Finding, isForRule: Bool = false
    ) -> Bool {
        guard matchesItself(criteria, finding),
            isForRule || StringMatch.matches(criteria.findingStatus, finding.status),
            matchesResources(criteria, finding.resources),
            matchesImages(criteria, finding.resources),
            matchesFunctions(criteria, finding.resources),
            matchesVulnerability(criteria, finding.packageVulnerabilityDetails),
            matchesNetwork(criteria, finding.networkReachabilityDetails),
            matchesCode(criteria)
        else { return false }
        return true
    }

    private static func matchesItself(_ criteria: Inspector2.FilterCriteria, _ finding: Inspector2.Finding) -> Bool {
        guard StringMatch.matches(criteria.findingArn, finding.findingArn),
            StringMatch.matches(criteria.awsAccountId, finding.awsAccountId),
            StringMatch.matches(criteria.findingType, finding.type),
            StringMatch.matches(criteria.severity, finding.severity),
            StringMatch.matches(criteria.title, finding.title),
            StringMatch.matches(criteria.firstObservedAt, [finding.firstObservedAt]),
            StringMatch.matches(criteria.lastObservedAt, [finding.lastObservedAt]),
            StringMatch.matches(criteria.updatedAt, [finding.updatedAt].compactMap { $0 }),
            StringMatch.matches(criteria.inspectorScore, [finding.inspectorScore].compactMap { $0 }),
            StringMatch.matches(criteria.epssScore, [finding.epss?.score].compactMap { $0 }),
            StringMatch.matches(criteria.fixAvailable, finding.fixAvailable),
            StringMatch.matches(criteria.exploitAvailable, finding.exploitAvailable)
        else { return false }
        return true
    }

    private static func matchesResources(
        _ criteria: Inspector2.FilterCriteria, _ resources: [Inspector2.Resource]
    ) -> Bool {
        let instances = resources.compactMap { $0.details?.awsEc2Instance }
        guard StringMatch.matches(criteria.resourceType, resources.map(\.type)),
            StringMatch.matches(criteria.resourceId, resources.map(\.id)),
            StringMatch.matches(criteria.resourceTags, resources.map { $0.tags ?? [:] }),
            StringMatch.matches(criteria.ec2InstanceImageId, instances.compactMap(\.imageId)),
            StringMatch.matches(criteria.ec2InstanceVpcId, instances.compactMap(\.vpcId)),
            StringMatch.matches(criteria.ec2InstanceSubnetId, instances.compactMap(\.subnetId))
        else { return false }
        return true
    }

    private static func matchesImages(
        _ criteria: Inspector2.FilterCriteria, _ resources: [Inspector2.Resource]
    ) -> Bool {
        let images = resources.compactMap { $0.details?.awsEcrContainerImage }
        guard StringMatch.matches(criteria.ecrImagePushedAt, images.compactMap(\.pushedAt)),
            StringMatch.matches(criteria.ecrImageArchitecture, images.compactMap(\.architecture)),
            StringMatch.matches(criteria.ecrImageRegistry, images.map(\.registry)),
            StringMatch.matches(criteria.ecrImageRepositoryName, images.map(\.repositoryName)),
            StringMatch.matches(criteria.ecrImageTags, images.flatMap { $0.imageTags ?? [] }),
            StringMatch.matches(criteria.ecrImageHash, images.map(\.imageHash)),
            StringMatch.matches(criteria.ecrImageLastInUseAt, images.compactMap(\.lastInUseAt)),
            StringMatch.matches(criteria.ecrImageInUseCount, images.compactMap { $0.inUseCount.map { Double($0) } })
        else { return false }
        return true
    }

    private static func matchesFunctions(
        _ criteria: Inspector2.FilterCriteria, _ resources: [Inspector2.Resource]
    ) -> Bool {
        let functions = resources.compactMap { $0.details?.awsLambdaFunction }
        guard StringMatch.matches(criteria.lambdaFunctionName, functions.map(\.functionName)),
            StringMatch.matches(criteria.lambdaFunctionLayers, functions.flatMap { $0.layers ?? [] }),
            StringMatch.matches(criteria.lambdaFunctionRuntime, functions.map(\.runtime)),
            StringMatch.matches(criteria.lambdaFunctionLastModifiedAt, functions.compactMap(\.lastModifiedAt)),
            StringMatch.matches(criteria.lambdaFunctionExecutionRoleArn, functions.map(\.executionRoleArn))
        else { return false }
        return true
    }

    private static func matchesVulnerability(
        _ criteria: Inspector2.FilterCriteria, _ details: Inspector2.PackageVulnerabilityDetails?
    ) -> Bool {
        let packages = details?.vulnerablePackages ?? []
        guard StringMatch.matches(criteria.vulnerabilityId, details?.vulnerabilityId),
            StringMatch.matches(criteria.vulnerabilitySource, details?.source),
            StringMatch.matches(criteria.vendorSeverity, details?.vendorSeverity),
            StringMatch.matches(criteria.relatedVulnerabilities, details?.relatedVulnerabilities ?? []),
            matches(criteria.vulnerablePackages, packages)
        else { return false }
        return true
    }

    private static func matches(
        _ filters: [Inspector2.PackageFilter]?, _ packages: [Inspector2.VulnerablePackage]
    ) -> Bool {
        guard let filters, !filters.isEmpty else { return true }
        func one(_ filter: Inspector2.StringFilter?, _ value: String?) -> Bool {
            StringMatch.matches(filter.map { [$0] }, value)
        }
        return filters.contains { filter in
            packages.contains { package in
                one(filter.name, package.name) && one(filter.version, package.version)
                    && one(filter.release, package.release) && one(filter.architecture, package.arch)
                    && one(filter.sourceLayerHash, package.sourceLayerHash)
                    && one(filter.sourceLambdaLayerArn, package.sourceLambdaLayerArn)
                    && one(filter.filePath, package.filePath)
                    && StringMatch.matches(
                        filter.epoch.map { [$0] }, [package.epoch].compactMap { $0.map { Double($0) } })
            }
        }
    }

    private static func matchesNetwork(
        _ criteria: Inspector2.FilterCriteria, _ details: Inspector2.NetworkReachabilityDetails?
    ) -> Bool {
        let steps = details?.networkPath.steps ?? []
        guard StringMatch.matches(criteria.networkProtocol, details?.protocol),
            StringMatch.matches(criteria.componentId, steps.map(\.componentId)),
            StringMatch.matches(criteria.componentType, steps.map(\.componentType)),
            matches(criteria.portRange, details?.openPortRange)
        else { return false }
        return true
    }

    /// Ranges that lie within what is looked for.
    private static func matches(
        _ filters: [Inspector2.PortRangeFilter]?, _ range: Inspector2.PortRange?
    ) -> Bool {
        guard let filters, !filters.isEmpty else { return true }
        guard let range else { return false }
        return filters.contains { filter in
            (filter.beginInclusive.map { $0 <= range.begin } ?? true)
                && (filter.endInclusive.map { range.end <= $0 } ?? true)
        }
    }

    /// No finding is of code, which is not scanned: what must be so of code is so of none.
    private static func matchesCode(_ criteria: Inspector2.FilterCriteria) -> Bool {
        let filters = [
            criteria.codeVulnerabilityDetectorName, criteria.codeVulnerabilityDetectorTags,
            criteria.codeVulnerabilityFilePath, criteria.codeRepositoryProjectName,
            criteria.codeRepositoryProviderType,
        ]
        return filters.allSatisfy { StringMatch.matches($0, nil as String?) }
    }
}
