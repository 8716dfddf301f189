import Catalogue
import Policy
public import Wire

/// A request of EC2's RunInstances that only EC2 can explain: it names a launch template, which says what the instances are
/// made of, or security groups by their names.
///
/// Whoever can ask EC2 does, hands the answers to ``take(template:)`` and ``take(groups:)``, and then asks ``map(by:of:_:in:)``.
///
/// AWS: "Use launch templates to control launching EC2 instances",
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/use-launch-templates-to-control-launching-instances.html
public struct EC2Launch: Sendable {
    /// Which launch template is meant.
    public struct Template: Sendable, Equatable {
        /// `lt-0123`; nil: it is given by its name.
        public let id: String?
        /// nil: it is given by its ID.
        public let name: String?
        /// A number, `$Latest` or `$Default`.
        public let version: String
    }

    /// The one whose version EC2 has to be asked for (DescribeLaunchTemplateVersions); nil: the request names none.
    public let template: Template?
    /// What the request itself says.
    private var own: Structure
    /// With what the launch template says.
    private var whole: Structure
    private var templateID: String?
    /// Whether the request says something of the instance that the template could say.
    private var overridesInstance = false

    private static let launchTemplateKey = "ec2:launchtemplate"
    static let isTemplateKey = "ec2:islaunchtemplateresource"

    /// Nil for a request that says all that has to be known.
    public init?(_ operation: OperationShape, _ input: Structure) {
        guard operation.serviceID == "EC2", operation.name == "RunInstances" else { return nil }
        guard input["LaunchTemplate"] != nil || input["SecurityGroups"] != nil else { return nil }
        if case .structure(let named)? = input["LaunchTemplate"] {
            template = Template(
                id: named.textIfAny("LaunchTemplateId"), name: named.textIfAny("LaunchTemplateName"),
                version: named.textIfAny("Version") ?? "$Default")
        } else {
            template = nil
        }
        own = input
        own["LaunchTemplate"] = nil
        whole = input
    }

    /// The names of security groups, of the request and of the template, for which EC2 has to be asked
    /// (DescribeSecurityGroups). The template's are known when the template has been taken.
    public var groupNames: [String] { whole.textsIfAny("SecurityGroups") }

    /// Takes what EC2 has told of the launch template.
    /// - Parameter answer: the output of DescribeLaunchTemplateVersions for the version that ``template`` names.
    /// - Returns: why the request can't be mapped all the same; nil: it can.
    public mutating func take(template answer: Structure) -> String? {
        guard let template, case .list(let versions)? = answer["LaunchTemplateVersions"], versions.count == 1,
            case .structure(let version)? = versions.first, let id = version.textIfAny("LaunchTemplateId"),
            case .structure(let data)? = version["LaunchTemplateData"]
        else { return "EC2 does not tell what the launch template says" }
        guard (template.id == nil) != (template.name == nil), template.id.map({ $0 == id }) ?? true,
            template.name.map({ $0 == version.textIfAny("LaunchTemplateName") }) ?? true
        else { return "it can't be told which launch template is meant" }
        templateID = id
        whole["LaunchTemplate"] = nil
        for (place, member) in whole.shape.members.enumerated() {
            guard let value = data[member.name], let given = value.converted(to: member.shape) else { continue }
            guard let mine = whole[member: place] else {
                whole[member: place] = given
                continue
            }
            guard let both = Self.both(mine, given, member.name) else {
                return "the request and its launch template both have \(member.name), "
                    + "and which parts of it count, only EC2 knows"
            }
            whole[member: place] = both
        }
        overridesInstance = data.shape.members.contains { member in
            own[member.name] != nil && !Self.ofOtherResources.contains(member.name)
        }
        return nil
    }

    /// Members that are, or make, a resource that is not the instance.
    private static let ofOtherResources: Set<String> = [
        "BlockDeviceMappings", "ImageId", "KeyName", "NetworkInterfaces", "SecurityGroupIds", "SecurityGroups",
        "TagSpecifications",
    ]

    /// "Any parameters that you specify override the same parameters in the launch template." Where it is not said whether a
    /// list or its elements are overridden, both are asked for; nil where that is no way.
    private static func both(_ mine: Value, _ given: Value, _ member: String) -> Value? {
        switch (mine, given) {
        case (.list(let mine), .list(let given)):
            let key = ["BlockDeviceMappings": "DeviceName", "NetworkInterfaces": "DeviceIndex"][member]
            if let key {
                let taken = mine.compactMap { $0.member(key) }
                return .list(mine + given.filter { $0.member(key).map { !taken.contains($0) } ?? true })
            }
            guard member == "TagSpecifications" else { return .list(mine) }
            let types = mine.compactMap { $0.member("ResourceType") }
            let isShared = given.contains { $0.member("ResourceType").map(types.contains) ?? true }
            return isShared ? nil : .list(mine + given)
        case (.structure(let mine), .structure(let given)):
            if member == "IamInstanceProfile" { return .structure(mine) }
            let isCovered = given.shape.members.allSatisfy { given[$0.name] == nil || mine[$0.name] != nil }
            return isCovered ? .structure(mine) : nil
        default: return mine
        }
    }

    /// Takes what EC2 has told of the security groups. All that have one of the names are asked for.
    /// - Parameter answer: the output of DescribeSecurityGroups for ``groupNames``.
    /// - Returns: why the request can't be mapped all the same; nil: it can.
    public mutating func take(groups answer: Structure) -> String? {
        guard case .list(let groups)? = answer["SecurityGroups"] else { return "EC2 tells no security groups" }
        var ids: [String: [String]] = [:]
        for case .structure(let group) in groups {
            guard let name = group.textIfAny("GroupName"), let id = group.textIfAny("GroupId") else { continue }
            ids[name, default: []].append(id)
        }
        if let name = groupNames.first(where: { ids[$0] == nil }) { return "EC2 knows no security group \(name)" }
        for path in [\EC2Launch.own, \EC2Launch.whole] {
            let names = self[keyPath: path].textsIfAny("SecurityGroups")
            guard !names.isEmpty else { continue }
            let all = self[keyPath: path].textsIfAny("SecurityGroupIds") + names.flatMap { ids[$0] ?? [] }
            self[keyPath: path]["SecurityGroupIds"] = .list(all.map { .string($0) })
            self[keyPath: path]["SecurityGroups"] = nil
        }
        return nil
    }

    // MARK: What it asks for

    /// What the request asks, once EC2's answers have been taken.
    public func map(
        by mapper: RequestMapper, of service: ServiceModels.Entry, _ operation: OperationShape, in place: Place
    ) -> MappedRequest {
        let mapped = mapper.map(operation, of: service, whole, in: place)
        guard let templateID, case .accesses(var accesses, let source) = mapped else { return mapped }
        guard case .accesses(let own, _) = mapper.map(operation, of: service, own, in: place) else {
            return .unmapped(because: "what the request says besides its launch template can't be told")
        }
        guard templateID.utf8.allSatisfy({ MappingWords.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }) else {
            return .unmapped(because: "the ID of the launch template is none")
        }
        let arn = "arn:\(place.partition):ec2:\(place.region):\(place.account):launch-template/\(templateID)"
        let named = Set(own.map(\.resource))
        for index in accesses.indices where accesses[index].action == "ec2:RunInstances" {
            accesses[index].context[Self.launchTemplateKey] = .one(arn)
            accesses[index].context[Self.isTemplateKey] = .one("\(isOfTemplate(accesses[index].resource, named))")
        }
        accesses.append(
            MappedAccess(
                action: "ec2:RunInstances", resource: arn,
                context: [
                    "ec2:region": .one(place.region), Self.launchTemplateKey: .one(arn),
                    Self.isTemplateKey: .one("true"),
                ]))
        return .accesses(accesses, by: source)
    }

    /// Whether a resource is what the template, or nobody, says: the request does not override it.
    private func isOfTemplate(_ arn: String, _ named: Set<String>) -> Bool {
        guard arn.hasSuffix("/*") else { return !named.contains(arn) }
        switch arn.split(separator: ":").last?.prefix(while: { $0 != "/" }) {
        case "instance": return !overridesInstance
        case "volume": return own["BlockDeviceMappings"] == nil
        case "network-interface": return own["NetworkInterfaces"] == nil && own["SubnetId"] == nil
        default: return true
        }
    }
}

extension Value {
    /// The same value under another shape, whose members are called the same.
    fileprivate func converted(to shape: Shape) -> Value? {
        switch (self, shape) {
        case (.structure(let old), .structure(let shape)):
            var new = Structure(shape)
            for (place, member) in shape.members.enumerated() {
                new[member: place] = old[member.name].flatMap { $0.converted(to: member.shape) }
            }
            return .structure(new)
        case (.list(let elements), .list(let list)):
            return .list(elements.compactMap { $0.converted(to: list.element) })
        case (.structure, _), (.list, _), (_, .structure), (_, .list): return nil
        default: return self
        }
    }

    fileprivate func member(_ name: String) -> Value? {
        if case .structure(let structure) = self { structure[name] } else { nil }
    }
}

extension Structure {
    fileprivate func textIfAny(_ member: String) -> String? {
        if case .string(let text)? = self[member] { text } else { nil }
    }

    fileprivate func textsIfAny(_ member: String) -> [String] {
        guard case .list(let elements)? = self[member] else { return [] }
        return elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }
}
