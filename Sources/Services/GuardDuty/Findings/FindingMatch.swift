import GuardDutyAPI
import Wire

/// Which findings criteria are about: all conditions must hold, each on the attribute of its name, which is a path in the finding's JSON.
/// <https://docs.aws.amazon.com/guardduty/latest/APIReference/API_FindingCriteria.html>
enum FindingMatch {
    /// The attributes that AWS documents.
    private static let attributes: Set<String> = {
        let resource = [
            "accessKeyDetails.accessKeyId", "accessKeyDetails.principalId", "accessKeyDetails.userName",
            "accessKeyDetails.userType", "instanceDetails.iamInstanceProfile.id", "instanceDetails.imageId",
            "instanceDetails.instanceId", "instanceDetails.tags.key", "instanceDetails.tags.value",
            "instanceDetails.outpostArn", "instanceDetails.networkInterfaces.ipv6Addresses",
            "instanceDetails.networkInterfaces.privateIpAddresses.privateIpAddress",
            "instanceDetails.networkInterfaces.publicDnsName", "instanceDetails.networkInterfaces.publicIp",
            "instanceDetails.networkInterfaces.securityGroups.groupId",
            "instanceDetails.networkInterfaces.securityGroups.groupName",
            "instanceDetails.networkInterfaces.subnetId", "instanceDetails.networkInterfaces.vpcId", "resourceType",
            "s3BucketDetails.publicAccess.effectivePermission", "s3BucketDetails.name", "s3BucketDetails.tags.key",
            "s3BucketDetails.tags.value", "s3BucketDetails.type", "eksClusterDetails.name",
            "kubernetesDetails.kubernetesWorkloadDetails.name",
            "kubernetesDetails.kubernetesWorkloadDetails.namespace",
            "kubernetesDetails.kubernetesUserDetails.username", "lambdaDetails.functionName",
            "lambdaDetails.functionArn", "lambdaDetails.tags.key", "lambdaDetails.tags.value",
            "rdsDbInstanceDetails.dbInstanceIdentifier", "rdsDbInstanceDetails.dbClusterIdentifier",
            "rdsDbInstanceDetails.engine", "rdsDbUserDetails.user", "rdsDbInstanceDetails.tags.key",
            "rdsDbInstanceDetails.tags.value", "ecsClusterDetails.name",
            "ecsClusterDetails.taskDetails.containers.image", "ecsClusterDetails.taskDetails.definitionArn",
            "containerDetails.name", "containerDetails.image",
        ]
        let service = [
            "action.actionType", "action.awsApiCallAction.api", "action.awsApiCallAction.callerType",
            "action.awsApiCallAction.errorCode", "action.awsApiCallAction.userAgent",
            "action.awsApiCallAction.remoteIpDetails.city.cityName",
            "action.awsApiCallAction.remoteIpDetails.country.countryName",
            "action.awsApiCallAction.remoteIpDetails.ipAddressV4",
            "action.awsApiCallAction.remoteIpDetails.ipAddressV6",
            "action.awsApiCallAction.remoteIpDetails.organization.asn",
            "action.awsApiCallAction.remoteIpDetails.organization.asnOrg", "action.awsApiCallAction.serviceName",
            "action.awsApiCallAction.remoteAccountDetails.affiliated", "action.dnsRequestAction.domain",
            "action.dnsRequestAction.domainWithSuffix", "action.networkConnectionAction.blocked",
            "action.networkConnectionAction.connectionDirection",
            "action.networkConnectionAction.localPortDetails.port", "action.networkConnectionAction.protocol",
            "action.networkConnectionAction.remoteIpDetails.city.cityName",
            "action.networkConnectionAction.remoteIpDetails.country.countryName",
            "action.networkConnectionAction.remoteIpDetails.ipAddressV4",
            "action.networkConnectionAction.remoteIpDetails.ipAddressV6",
            "action.networkConnectionAction.remoteIpDetails.organization.asn",
            "action.networkConnectionAction.remoteIpDetails.organization.asnOrg",
            "action.networkConnectionAction.remotePortDetails.port",
            "action.kubernetesApiCallAction.requestUri", "action.kubernetesApiCallAction.remoteIpDetails.ipAddressV4",
            "action.kubernetesApiCallAction.namespace", "action.kubernetesApiCallAction.statusCode",
            "additionalInfo.threatListName", "ebsVolumeScanDetails.scanId",
            "ebsVolumeScanDetails.scanDetections.threatDetectedByName.threatNames.name",
            "ebsVolumeScanDetails.scanDetections.threatDetectedByName.threatNames.severity",
            "ebsVolumeScanDetails.scanDetections.threatDetectedByName.threatNames.filePaths.hash", "featureName",
            "resourceRole", "archived", "count", "runtimeDetails.process.executableSha256",
            "runtimeDetails.process.name", "malwareScanDetails.threats.name",
        ]
        return Set(resource.map { "resource.\($0)" } + service.map { "service.\($0)" })
            .union(["accountId", "confidence", "id", "region", "severity", "type", "updatedAt", "createdAt"])
    }()

    /// - Throws: BadRequestException for attributes and conditions that can't be.
    static func check(_ criteria: GuardDuty.FindingCriteria) throws(ServiceError) {
        let conditions = criteria.criterion ?? [:]
        guard conditions.count <= 50 else {
            throw .invalidParameter("findingCriteria", "It has more than 50 attributes.")
        }
        for (name, condition) in conditions {
            guard attributes.contains(name) else {
                throw .invalidParameter("findingCriteria", "\(name) is not a finding attribute.")
            }
            guard !condition.structure.isEmpty else {
                throw .invalidParameter("findingCriteria", "The condition of \(name) is empty.")
            }
            for values in [condition.equals, condition.eq, condition.notEquals, condition.neq] {
                guard (values ?? []).count <= 50 else {
                    throw .invalidParameter("findingCriteria", "The condition of \(name) has more than 50 values.")
                }
            }
        }
    }

    static func matches(_ criteria: GuardDuty.FindingCriteria, _ finding: GuardDuty.Finding) -> Bool {
        (criteria.criterion ?? [:]).allSatisfy { name, condition in
            matches(condition, values(of: name, in: finding))
        }
    }

    /// What an attribute has, as texts: none, one, or of lists several.
    static func values(of name: String, in finding: GuardDuty.Finding) -> [String] {
        if name == "service.additionalInfo.threatListName" {
            let details = finding.service?.evidence?.threatIntelligenceDetails ?? []
            return details.compactMap(\.threatListName)
        }
        var found: [Value] = [.structure(finding.structure)]
        for part in name.split(separator: ".") {
            found = found.flatMap { elements($0) }.compactMap { value in
                guard case .structure(let structure) = value,
                    let place = structure.shape.members.firstIndex(where: { $0.wireName == part })
                else { return nil }
                return structure[member: place]
            }
        }
        return found.flatMap { elements($0) }.compactMap(text)
    }

    private static func elements(_ value: Value) -> [Value] {
        if case .list(let values) = value { return values.flatMap { elements($0) } }
        return [value]
    }

    private static func text(_ value: Value) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .double(let number): number == number.rounded() ? String(Int(number)) : String(number)
        case .boolean(let flag): flag ? "true" : "false"
        case .timestamp(let time): String(Int(time.secondsSinceEpoch * 1000))
        default: nil
        }
    }

    private static func matches(_ condition: GuardDuty.Condition, _ values: [String]) -> Bool {
        func any(_ wanted: [String]?) -> Bool { wanted.map { !Set($0).isDisjoint(with: values) } ?? true }
        func none(_ unwanted: [String]?) -> Bool { unwanted.map { Set($0).isDisjoint(with: values) } ?? true }
        guard any(condition.equals), any(condition.eq), none(condition.notEquals), none(condition.neq) else {
            return false
        }
        if let patterns = condition.matches,
            !patterns.contains(where: { pattern in values.contains { like(pattern, $0) } })
        {
            return false
        }
        if let patterns = condition.notMatches,
            patterns.contains(where: { pattern in values.contains { like(pattern, $0) } })
        {
            return false
        }
        func compare(_ limit: Int?, _ holds: (Double, Double) -> Bool) -> Bool {
            guard let limit else { return true }
            return values.contains { number($0).map { holds($0, Double(limit)) } ?? false }
        }
        return compare(condition.gt ?? condition.greaterThan, >)
            && compare(condition.gte ?? condition.greaterThanOrEqual, >=)
            && compare(condition.lt ?? condition.lessThan, <)
            && compare(condition.lte ?? condition.lessThanOrEqual, <=)
    }

    /// A number, or a time in milliseconds since 1970.
    private static func number(_ text: String) -> Double? {
        Double(text) ?? Timestamp(parsing: text).map { ($0.secondsSinceEpoch * 1000).rounded() }
    }

    /// `*` stands for any text, `?` for a character.
    static func like(_ pattern: String, _ text: String) -> Bool {
        let (pattern, text) = (Array(pattern.unicodeScalars), Array(text.unicodeScalars))
        var (p, t) = (0, 0)
        var star: (p: Int, t: Int)?
        while t < text.count {
            if p < pattern.count, pattern[p] == "*" {
                star = (p, t)
                p += 1
            } else if p < pattern.count, pattern[p] == "?" || pattern[p] == text[t] {
                p += 1
                t += 1
            } else if let last = star {
                star = (last.p, last.t + 1)
                (p, t) = (last.p + 1, last.t + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == "*" }
    }
}
