import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

// Keeping VPCs from the internet. <https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa-basics.html>

extension PublicAccessBlock {
    /// As answers have them.
    /// - Parameter block: nil: nobody has said anything yet.
    static func shown(_ block: PublicAccessBlock?, _ call: Call) -> EC2.VpcBlockPublicAccessOptions {
        EC2.VpcBlockPublicAccessOptions {
            $0.awsAccountId = call.accountID
            $0.awsRegion = call.region
            $0.internetGatewayBlockMode = (block?.mode ?? .off).rawValue
            $0.state = block == nil ? "default-state" : "update-complete"
            $0.lastUpdateTimestamp = block.map { Timestamp(secondsSinceEpoch: $0.changed) }
            $0.managedBy = "account"
            $0.exclusionsAllowed = "allowed"
        }
    }
}

extension EC2.DescribeVpcBlockPublicAccessOptions: ReadOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let block = try records.get(PublicAccessBlock.self, PublicAccessBlock.only)
        return Output { $0.vpcBlockPublicAccessOptions = PublicAccessBlock.shown(block, call) }
    }
}

extension EC2.ModifyVpcBlockPublicAccessOptions: WriteOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard let mode = PublicAccessBlock.Mode(rawValue: input.internetGatewayBlockMode) else {
            throw .invalidValue(input.internetGatewayBlockMode, of: "internetGatewayBlockMode")
        }
        let block = PublicAccessBlock(mode: mode, changed: call.time)
        try records.put(block)
        return Output { $0.vpcBlockPublicAccessOptions = PublicAccessBlock.shown(block, call) }
    }
}

// MARK: - What is excluded

extension Quota {
    static let publicAccessExclusions = Quota("VPCBlockPublicAccessExclusions", 50)
}

extension StoredPublicAccessExclusion: Shown {
    static func missing(_ id: String) -> ServiceError {
        .ec2(
            "InvalidVpcBlockPublicAccessExclusionId.NotFound",
            "The VPC Block Public Access Exclusion ID '\(id)' does not exist")
    }

    static let filters = Filters<StoredPublicAccessExclusion>([
        "resource-arn": { exclusion, _ in [exclusion.resourceARN] },
        "internet-gateway-exclusion-mode": { exclusion, _ in [exclusion.mode] },
        "state": { exclusion, _ in [exclusion.state] },
    ])

    fileprivate var mode: String { allowsIngress ? "allow-bidirectional" : "allow-egress" }
    fileprivate var state: String { changed > head.created ? "update-complete" : "create-complete" }

    var shown: EC2.VpcBlockPublicAccessExclusion {
        EC2.VpcBlockPublicAccessExclusion {
            $0.exclusionId = id
            $0.internetGatewayExclusionMode = mode
            $0.resourceArn = resourceARN
            $0.state = state
            $0.creationTimestamp = Timestamp(secondsSinceEpoch: head.created)
            $0.lastUpdateTimestamp = Timestamp(secondsSinceEpoch: changed)
            $0.tags = head.tags.shown
        }
    }
}

extension EC2.CreateVpcBlockPublicAccessExclusion: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var all = try call.creation(of: StoredPublicAccessExclusion.self, input.tagSpecifications)
        if let id = input.vpcId { all.append(call.access(to: StoredVPC.self, id)) }
        if let id = input.subnetId { all.append(call.access(to: StoredSubnet.self, id)) }
        return .required(all)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let id: String
        switch (input.vpcId.given, input.subnetId.given) {
        case (let vpc?, nil): id = try records.existing(StoredVPC.self, vpc).id
        case (nil, let subnet?): id = try records.existing(StoredSubnet.self, subnet).id
        case (nil, nil):
            throw .ec2("MissingParameter", "The request must contain exactly one of: vpcId, subnetId")
        default: throw .invalidCombination("The request must contain exactly one of: vpcId, subnetId")
        }
        let others: [StoredPublicAccessExclusion] = try records.referrers(
            StoredPublicAccessExclusion.self, StoredPublicAccessExclusion.excluded, to: id)
        if let there = others.first {
            throw .invalidValue("There is an exclusion for '\(id)' already: \(there.id)")
        }
        guard try records.count(StoredPublicAccessExclusion.self) < call.quotas[.publicAccessExclusions] else {
            throw .ec2(
                "VpcBlockPublicAccessExclusionLimitExceeded", "The maximum number of exclusions has been reached.")
        }
        let tags = try TagSpecifications.tags(of: StoredPublicAccessExclusion.arnType, input.tagSpecifications)
        let exclusion = StoredPublicAccessExclusion(
            head: call.head(of: StoredPublicAccessExclusion.self, tags: tags), resourceID: id,
            allowsIngress: input.internetGatewayExclusionMode == "allow-bidirectional")
        try records.put(exclusion)
        return Output { $0.vpcBlockPublicAccessExclusion = exclusion.shown }
    }
}

extension EC2.ModifyVpcBlockPublicAccessExclusion: WriteOperation, OnOne {
    typealias Named = StoredPublicAccessExclusion
    static func name(_ input: Input) -> String { input.exclusionId }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var exclusion = try records.existing(StoredPublicAccessExclusion.self, input.exclusionId)
        exclusion.allowsIngress = input.internetGatewayExclusionMode == "allow-bidirectional"
        exclusion.changed = call.time
        try records.put(exclusion)
        return Output { $0.vpcBlockPublicAccessExclusion = exclusion.shown }
    }
}

extension EC2.DeleteVpcBlockPublicAccessExclusion: WriteOperation, OnOne {
    typealias Named = StoredPublicAccessExclusion
    static func name(_ input: Input) -> String { input.exclusionId }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let exclusion = try records.existing(StoredPublicAccessExclusion.self, input.exclusionId)
        try records.delete(exclusion)
        return Output {
            $0.vpcBlockPublicAccessExclusion = exclusion.shown
            $0.vpcBlockPublicAccessExclusion?.state = "delete-complete"
            $0.vpcBlockPublicAccessExclusion?.deletionTimestamp = call.timestamp
        }
    }
}

extension EC2.DescribeVpcBlockPublicAccessExclusions: Describing {
    static let idsName = "exclusionIds"
    static func ids(_ input: Input) -> [String]? { input.exclusionIds }
    static func show(
        _ exclusion: StoredPublicAccessExclusion, _ estate: EC2Estate
    ) -> EC2.VpcBlockPublicAccessExclusion { exclusion.shown }
}

extension MutableRecords {
    /// Deletes what excludes a VPC or a subnet that is deleted.
    func deleteExclusions(of id: String) throws(ServiceError) {
        let all: [StoredPublicAccessExclusion] = try referrers(
            StoredPublicAccessExclusion.self, StoredPublicAccessExclusion.excluded, to: id)
        for exclusion in all { try delete(exclusion) }
    }
}
