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

extension ManagedPolicy {
    func version(_ id: String) throws(ServiceError) -> Version {
        guard let version = versions.first(where: { $0.id == id }) else {
            throw .noSuchEntity("Policy \(arn) version \(id) does not exist or is not attachable.")
        }
        return version
    }
}

extension IAM.CreatePolicyVersion: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onPolicy: input.policyArn)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var policy = try records.customerPolicy(input.policyArn)
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

extension IAM.GetPolicyVersion: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onPolicy: input.policyArn)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        var output = Output()
        if isAWSManaged(input.policyArn) {
            guard let policy = ManagedPolicyCatalog.aws.entry(arn: input.policyArn) else {
                throw .policyNotFound(input.policyArn)
            }
            guard policy.defaultVersionID == input.versionId else {
                throw .noSuchEntity(
                    "Policy \(policy.arn) version \(input.versionId) does not exist or is not attachable.")
            }
            output.policyVersion = IAM.PolicyVersion(policy, withDocument: true)
        } else {
            let policy = try records.customerPolicy(input.policyArn)
            output.policyVersion = IAM.PolicyVersion(
                try policy.version(input.versionId), of: policy, withDocument: true)
        }
        return output
    }
}

extension IAM.ListPolicyVersions: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onPolicy: input.policyArn)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        var versions: [IAM.PolicyVersion]
        if isAWSManaged(input.policyArn) {
            guard let policy = ManagedPolicyCatalog.aws.entry(arn: input.policyArn) else {
                throw .policyNotFound(input.policyArn)
            }
            versions = [IAM.PolicyVersion(policy, withDocument: false)]
        } else {
            let policy = try records.customerPolicy(input.policyArn)
            // The newest first, as AWS lists them.
            versions = policy.versions.reversed().map { IAM.PolicyVersion($0, of: policy, withDocument: false) }
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

extension IAM.DeletePolicyVersion: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onPolicy: input.policyArn)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var policy = try records.customerPolicy(input.policyArn)
        let version = try policy.version(input.versionId)
        guard version.id != policy.defaultVersionID else {
            throw ServiceError("DeleteConflict", "Cannot delete the default version of a policy.", status: 409)
        }
        policy.versions.removeAll { $0.id == version.id }
        try records.put(policy)
        return Output()
    }
}

extension IAM.SetDefaultPolicyVersion: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onPolicy: input.policyArn)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var policy = try records.customerPolicy(input.policyArn)
        policy.defaultVersionID = try policy.version(input.versionId).id
        try records.put(policy)
        return Output()
    }
}
