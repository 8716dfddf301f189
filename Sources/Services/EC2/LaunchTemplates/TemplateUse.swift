import Directory
import EC2API
import Platform
import Policy
import Wire

// How a launch template becomes a request. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/launch-instances-from-launch-template.html>

extension Structure {
    /// The same, in a shape of another name: as many of its members as that shape has, by the model's names.
    func transcribed(to shape: StructureShape) -> Structure {
        var result = Structure(shape)
        for (index, member) in self.shape.members.enumerated() {
            guard let value = self[member: index] else { continue }
            let name = Self.otherNames[member.name] ?? member.name
            guard let place = shape.index(of: member.name) ?? shape.index(of: name) else { continue }
            result[member: place] = Self.transcribed(value, to: shape.members[place].shape)
        }
        return result
    }

    /// What templates and launches name differently.
    private static let otherNames = [
        "RamDiskId": "RamdiskId", "ElasticGpuSpecifications": "ElasticGpuSpecification",
    ]

    private static func transcribed(_ value: Value, to shape: Shape) -> Value {
        switch (value, shape) {
        case (.structure(let structure), .structure(let shape)): .structure(structure.transcribed(to: shape))
        case (.list(let elements), .list(let shape)): .list(elements.map { transcribed($0, to: shape.element) })
        default: value
        }
    }

    /// Its members, and of those that it lacks another's of the same shape. Within structures alike.
    func over(_ other: Structure) -> Structure {
        var result = other
        for index in shape.members.indices {
            guard let own = self[member: index] else { continue }
            if case .structure(let own) = own, case .structure(let old)? = other[member: index] {
                result[member: index] = .structure(own.over(old))
            } else {
                result[member: index] = own
            }
        }
        return result
    }
}

/// The launch template of a request to launch instances, and what becomes of the request with it.
struct UsedTemplate: Sendable {
    let template: StoredLaunchTemplate
    let version: Int
    /// The request, with what the template says where it says nothing itself.
    let input: EC2.RunInstances.Input
    /// What the request says itself, by the names of members.
    private let overridden: Set<String>

    /// - Returns: nil: the request names no template.
    /// - Throws: the error that there is none.
    init?(_ input: EC2.RunInstances.Input, _ call: Call) throws(ServiceError) {
        guard let named = input.launchTemplate else { return nil }
        let estate = call.estate
        template = try NamedTemplate.existing(named.launchTemplateId.given, named.launchTemplateName.given, estate)
        let version = try template.version(named.version.given ?? "$Default")
        self.version = version.number
        let own = input.structure
        var base = try TemplateData.read(version.data).structure.transcribed(to: own.shape)
        // Groups by their names take the place of groups by their ids, too.
        if own["SecurityGroupIds"] != nil || own["SecurityGroups"] != nil {
            (base["SecurityGroupIds"], base["SecurityGroups"]) = (nil, nil)
        }
        var merged = own.over(base)
        for (list, key) in [
            ("BlockDeviceMappings", "DeviceName"), ("NetworkInterfaces", "DeviceIndex"),
            ("TagSpecifications", "ResourceType"),
        ] {
            merged[list] = Self.merged(own[list], base[list], by: key)
        }
        self.input = EC2.RunInstances.Input(merged)
        overridden = Set(
            own.shape.members.enumerated().filter { own[member: $0.offset] != nil }.map { $0.element.name })
    }

    /// Elements of two lists: those of one key become one, in which the request's members hold.
    private static func merged(_ own: Value?, _ base: Value?, by key: String) -> Value? {
        guard case .list(let mine)? = own, case .list(var all)? = base else { return own ?? base }
        for case .structure(let element) in mine {
            let place = all.firstIndex { old in
                if case .structure(let old) = old { old[key] == element[key] } else { false }
            }
            guard let place, case .structure(let old) = all[place] else {
                all.append(.structure(element))
                continue
            }
            var both = element.over(old)
            both["Tags"] = merged(element["Tags"], old["Tags"], by: "Key")
            all[place] = .structure(both)
        }
        return .list(all)
    }

    /// Whether what is asked about a type of resource comes from the template alone.
    func isSource(of arnType: String) -> Bool {
        let members: Set<String> =
            switch arnType {
            case StoredImage.arnType: ["ImageId"]
            case StoredKeyPair.arnType: ["KeyName"]
            case StoredSubnet.arnType: ["SubnetId", "NetworkInterfaces"]
            case StoredSecurityGroup.arnType: ["SecurityGroupIds", "SecurityGroups", "NetworkInterfaces"]
            case StoredNetworkInterface.arnType: ["NetworkInterfaces"]
            case StoredVolume.arnType, StoredSnapshot.arnType: ["BlockDeviceMappings"]
            case StoredInstance.arnType:
                [
                    "InstanceType", "IamInstanceProfile", "UserData", "MetadataOptions", "Placement", "Monitoring",
                    "EbsOptimized", "CreditSpecification", "DisableApiTermination", "DisableApiStop",
                    "InstanceInitiatedShutdownBehavior", "InstanceMarketOptions",
                ]
            default: []
            }
        return members.isDisjoint(with: overridden)
    }

    /// The tags by which an instance tells what it was launched from.
    var tags: [Tag] {
        [
            Tag(key: "aws:ec2launchtemplate:id", value: template.id),
            Tag(key: "aws:ec2launchtemplate:version", value: "\(version)"),
        ]
    }
}
