import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

// The instance profiles of instances.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html>

/// An instance profile that a request names.
struct NamedProfile: Sendable {
    /// As it is; of one that does not exist, as its ARN would be.
    let arn: String
    /// nil: there is none.
    let uniqueID: String?
    /// The ARN of its role; nil: it has none.
    let role: String?

    /// - Returns: nil: the request names none.
    init?(_ asked: EC2.IamInstanceProfileSpecification?, _ call: Call) async throws(ServiceError) {
        guard let asked, asked.name != nil || asked.arn != nil else { return nil }
        guard asked.name == nil || asked.arn == nil else {
            throw .invalidCombination(
                "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'")
        }
        let named = asked.arn.flatMap { ARN(parsing: $0) }
        let isOwn = asked.arn == nil || named?.service == "iam" && named?.account == call.accountID
        let name = asked.name ?? named?.resource.split(separator: "/").last.map(String.init) ?? ""
        let found = try await call.environment.read(Scope(account: call.accountID)) {
            (records) throws(ServiceError) -> (InstanceProfile, String?)? in
            guard isOwn, let profile = try records.get(InstanceProfile.self, InstanceProfile.id(ofName: name)) else {
                return nil
            }
            let role = try profile.roleID.flatMap { id throws(ServiceError) in try records.get(Role.self, id) }
            return (profile, role?.arn)
        }
        if let (profile, role) = found, asked.arn == nil || asked.arn == profile.arn {
            (arn, uniqueID, self.role) = (profile.arn, profile.uniqueID, role)
        } else {
            arn = asked.arn ?? ARN.iam(call.accountID, "instance-profile", path: "/", name: name)
            (uniqueID, role) = (nil, nil)
        }
    }

    /// What a caller must be allowed who gives its role to an instance.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>
    var passing: [Access] {
        guard let role, let parsed = ARN(parsing: role) else { return [] }
        return [
            Access(
                "iam:PassRole", on: role, resourceAccount: parsed.account,
                context: ["iam:passedtoservice": .one(EBSKeys.principal)])
        ]
    }

    /// The association of an instance with it.
    /// - Throws: InvalidParameterValue where there is no such profile.
    func association(
        _ asked: EC2.IamInstanceProfileSpecification, _ call: Call
    ) throws(ServiceError) -> StoredInstance.ProfileAssociation {
        guard let uniqueID else {
            if let arn = asked.arn {
                throw .invalidValue(arn, of: "iamInstanceProfile.arn", "Invalid IAM Instance Profile ARN")
            }
            throw .invalidValue(
                asked.name ?? "", of: "iamInstanceProfile.name", "Invalid IAM Instance Profile name")
        }
        return StoredInstance.ProfileAssociation(
            id: Call.newID("iip-assoc"), arn: arn, profileID: uniqueID, time: call.time)
    }
}

extension EC2.IamInstanceProfileAssociation {
    init(_ association: StoredInstance.ProfileAssociation, of instance: String, _ state: String = "associated") {
        self.init()
        associationId = association.id
        instanceId = instance
        iamInstanceProfile = EC2.IamInstanceProfile {
            $0.arn = association.arn
            $0.id = association.profileID
        }
        self.state = state
        timestamp = Timestamp(secondsSinceEpoch: association.time)
    }
}

extension RecordReading {
    fileprivate func instance(ofAssociation id: String) throws(ServiceError) -> StoredInstance {
        guard let found = try referrers(StoredInstance.self, StoredInstance.association, to: id, limit: 1).first else {
            throw .ec2("InvalidAssociationID.NotFound", "The association ID '\(id)' does not exist")
        }
        return found
    }

    /// - Throws: IncorrectInstanceState.
    fileprivate func checkAssociable(_ instance: StoredInstance) throws(ServiceError) {
        guard instance.state.runs || instance.state == .stopped else {
            throw .ec2(
                "IncorrectInstanceState",
                "The instance '\(instance.id)' is not in the 'running' or 'stopped' states.")
        }
    }
}

extension EC2Estate {
    fileprivate func instance(ofAssociation id: String) -> StoredInstance? {
        all(StoredInstance.self).first { $0.instanceProfile?.id == id }
    }
}

extension EC2.AssociateIamInstanceProfile: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let profile = try await NamedProfile(input.iamInstanceProfile, call)
        let keys: [String: ContextValue] = profile.map { ["ec2:newinstanceprofile": .one($0.arn)] } ?? [:]
        return .required(
            [call.access(to: StoredInstance.self, input.instanceId, nil, keys)] + (profile?.passing ?? []))
    }

    public static func prepare(
        _ input: Input, _ call: Call
    ) async throws(ServiceError) -> StoredInstance.ProfileAssociation {
        guard let profile = try await NamedProfile(input.iamInstanceProfile, call) else {
            throw .missingParameter("IamInstanceProfile")
        }
        return try profile.association(input.iamInstanceProfile, call)
    }

    public static func handle(
        _ input: Input, _ association: StoredInstance.ProfileAssociation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var instance = try records.existing(StoredInstance.self, input.instanceId)
        try records.checkAssociable(instance)
        guard instance.instanceProfile == nil else {
            throw .ec2("IncorrectState", "There is an existing association for instance \(instance.id)")
        }
        instance.instanceProfile = association
        try records.put(instance)
        return Output {
            $0.iamInstanceProfileAssociation = EC2.IamInstanceProfileAssociation(
                association, of: instance.id, "associating")
        }
    }
}

extension EC2.ReplaceIamInstanceProfileAssociation: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let profile = try await NamedProfile(input.iamInstanceProfile, call)
        let keys: [String: ContextValue] = profile.map { ["ec2:newinstanceprofile": .one($0.arn)] } ?? [:]
        let instance = call.estate.instance(ofAssociation: input.associationId)
        return .required(
            [call.access(to: StoredInstance.self, instance?.id ?? "*", nil, keys)] + (profile?.passing ?? []))
    }

    public static func prepare(
        _ input: Input, _ call: Call
    ) async throws(ServiceError) -> StoredInstance.ProfileAssociation {
        guard let profile = try await NamedProfile(input.iamInstanceProfile, call) else {
            throw .missingParameter("IamInstanceProfile")
        }
        return try profile.association(input.iamInstanceProfile, call)
    }

    public static func handle(
        _ input: Input, _ association: StoredInstance.ProfileAssociation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var instance = try records.instance(ofAssociation: input.associationId)
        try records.checkAssociable(instance)
        instance.instanceProfile = association
        try records.put(instance)
        return Output {
            $0.iamInstanceProfileAssociation = EC2.IamInstanceProfileAssociation(
                association, of: instance.id, "associating")
        }
    }
}

extension EC2.DisassociateIamInstanceProfile: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let instance = call.estate.instance(ofAssociation: input.associationId)
        return .required(call.access(to: StoredInstance.self, instance?.id ?? "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var instance = try records.instance(ofAssociation: input.associationId)
        guard let association = instance.instanceProfile else { throw .internalFailure }
        instance.instanceProfile = nil
        try records.put(instance)
        return Output {
            $0.iamInstanceProfileAssociation = EC2.IamInstanceProfileAssociation(
                association, of: instance.id, "disassociating")
        }
    }
}

extension EC2.DescribeIamInstanceProfileAssociations: ComputeOperation, OnAll {
    private static let filters = Filters<StoredInstance>(
        ["instance-id": { instance, _ in [instance.id] }, "state": { _, _ in ["associated"] }], tags: nil)

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        var found = estate.all(StoredInstance.self).filter { $0.instanceProfile != nil }
        if let ids = input.associationIds, !ids.isEmpty {
            for id in ids where !found.contains(where: { $0.instanceProfile?.id == id }) {
                throw .ec2("InvalidAssociationID.NotFound", "The association ID '\(id)' does not exist")
            }
            found = found.filter { ids.contains($0.instanceProfile?.id ?? "") }
        }
        let passed = try filters.apply(input.filters, to: found, estate)
        let page = try Listing.page(passed, by: \.id, input.pageToken, input.pageLimit)
        return Output(
            page.items.compactMap { instance in
                instance.instanceProfile.map { EC2.IamInstanceProfileAssociation($0, of: instance.id) }
            }, next: page.marker)
    }
}
