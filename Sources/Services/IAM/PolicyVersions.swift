import Directory
import IAMAPI
import Platform
import Wire

// Versions of managed policies.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html>

extension IAM.PolicyVersion {
    init(_ version: ManagedPolicy.Version, of policy: ManagedPolicy, withDocument: Bool) {
        self.init()
        versionId = version.id
        isDefaultVersion = version.id == policy.defaultVersionID
        createDate = Timestamp(secondsSinceEpoch: version.createDate)
        if withDocument { document = Documents.encoded(version.document) }
    }

    init(_ policy: ManagedPolicyCatalog.Entry, withDocument: Bool) {
        self.init()
        versionId = policy.defaultVersionID
        isDefaultVersion = true
        createDate = Timestamp(secondsSinceEpoch: policy.updateDate)
        if withDocument { document = Documents.encoded(policy.document) }
    }
}

extension ServiceError {
    fileprivate static func versionNotFound(_ id: String, of arn: String) -> ServiceError {
        .noSuchEntity("Policy \(arn) version \(id) does not exist or is not attachable.")
    }
}

extension ManagedPolicy {
    func version(_ id: String) throws(ServiceError) -> Version {
        guard let version = versions.first(where: { $0.id == id }) else {
            throw .versionNotFound(id, of: arn)
        }
        return version
    }
}

extension IAM.CreatePolicyVersion: WriteOperation, OnPolicy {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var policy = try records.ownPolicy(input.policyArn, to: "create policy versions for policies")
        try checkManagedDocument(input.policyDocument, call)
        let quota = call.quotas[.versionsPerPolicy]
        guard policy.versions.count < quota else {
            throw .limitExceeded(
                "A managed policy can have up to \(quota) versions. Before you create a new version, you must delete "
                    + "an existing version.")
        }
        policy.lastVersionNumber += 1
        let version = ManagedPolicy.Version(
            id: "v\(policy.lastVersionNumber)", document: input.policyDocument, createDate: call.time)
        policy.versions.append(version)
        if input.setAsDefault == true { policy.defaultVersionID = version.id }
        policy.updateDate = call.time
        try records.put(policy)
        return Output(policyVersion: IAM.PolicyVersion(version, of: policy, withDocument: false))
    }
}

extension IAM.GetPolicyVersion: ReadOperation, OnPolicy {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let missing = ServiceError.versionNotFound(input.versionId, of: input.policyArn)
        switch try records.managedPolicy(input.policyArn, missing: missing) {
        case .customer(let policy):
            let version = try policy.version(input.versionId)
            return Output(policyVersion: IAM.PolicyVersion(version, of: policy, withDocument: true))
        case .aws(let policy):
            guard policy.defaultVersionID == input.versionId else { throw missing }
            return Output(policyVersion: IAM.PolicyVersion(policy, withDocument: true))
        }
    }
}

extension IAM.ListPolicyVersions: ReadOperation, OnPolicy {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        var versions: [IAM.PolicyVersion]
        switch try records.managedPolicy(input.policyArn) {
        case .customer(let policy):
            // The newest first, as AWS lists them.
            versions = policy.versions.reversed().map { IAM.PolicyVersion($0, of: policy, withDocument: false) }
        case .aws(let policy):
            versions = [IAM.PolicyVersion(policy, withDocument: false)]
        }
        let paging = try Paging(input)
        if let after = paging.after {
            guard let index = versions.firstIndex(where: { $0.versionId == after }) else {
                throw .validation("Invalid Marker.")
            }
            versions.removeFirst(index + 1)
        }
        let taken = Array(versions.prefix(paging.limit))
        var output = Output()
        output.versions = taken
        output.isTruncated = taken.count < versions.count
        if taken.count < versions.count { output.marker = Paging.marker(after: taken.last?.versionId ?? "") }
        return output
    }
}

extension IAM.DeletePolicyVersion: ChangeOperation, OnPolicy {
    static func target(
        _ input: Input, _ call: Call, _ records: some RecordReading
    ) throws(ServiceError) -> ManagedPolicy {
        try records.ownPolicy(input.policyArn, to: "delete policy versions for policies")
    }

    static func change(
        _ policy: inout ManagedPolicy, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        let version = try policy.version(input.versionId)
        guard version.id != policy.defaultVersionID else {
            throw IAM.Failure.deleteConflict("Cannot delete the default version of a policy.")
        }
        policy.versions.removeAll { $0.id == version.id }
    }
}

extension IAM.SetDefaultPolicyVersion: ChangeOperation, OnPolicy {
    static func target(
        _ input: Input, _ call: Call, _ records: some RecordReading
    ) throws(ServiceError) -> ManagedPolicy {
        try records.ownPolicy(
            input.policyArn, to: "update policies", missing: .versionNotFound(input.versionId, of: input.policyArn))
    }

    static func change(
        _ policy: inout ManagedPolicy, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        policy.defaultVersionID = try policy.version(input.versionId).id
    }
}
