import Directory
import IAMAPI
import Platform
import Wire

// Access keys of users and of root. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html>

protocol OnAccessKey: OnOwner, RecordOperation where InputFields: IAM.WithAccessKeyId, Target == AccessKey {}

extension OnAccessKey {
    /// - Throws: NoSuchEntity, even if the key exists but is somebody else's.
    static func target(
        _ input: Input, _ call: Call, _ records: some RecordReading
    ) throws(ServiceError) -> AccessKey {
        let owner = try Owner(input.userName, call).resolve(records, call)
        guard let key = try records.get(AccessKey.self, input.accessKeyId), key.ownerID == owner.id else {
            throw .noSuchEntity("The Access Key with id \(input.accessKeyId) cannot be found.")
        }
        return key
    }
}

extension IAM.CreateAccessKey: WriteOperation, OnOwner {
    public static var secretMembers: Set<String> { ["SecretAccessKey"] }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let owner = try Owner(input.userName, call).resolve(records, call)
        let quota = call.quotas[.accessKeysPerUser]
        guard try records.referrers(AccessKey.self, Relation.owner, to: owner.id).count < quota else {
            throw .quotaExceeded("AccessKeysPerUser", quota)
        }
        let key = AccessKey(
            id: Identifiers.accessKeyID(), secret: Identifiers.secretAccessKey(), accountID: call.accountID,
            ownerID: owner.id, createDate: call.time)
        try records.put(key)
        var view = IAM.AccessKey()
        view.userName = owner.userName ?? ""
        view.accessKeyId = key.id
        view.status = "Active"
        view.secretAccessKey = key.secret
        view.createDate = Timestamp(secondsSinceEpoch: key.createDate)
        return Output(accessKey: view)
    }
}

extension IAM.ListAccessKeys: ReadOperation, OnOwner {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let owner = try Owner(input.userName, call).resolve(records, call)
        let keys = try records.referrers(AccessKey.self, Relation.owner, to: owner.id)
        let page = page(keys, by: \.id, try Paging(input))
        return Output(page) { key in
            var view = IAM.AccessKeyMetadata()
            view.userName = owner.userName
            view.accessKeyId = key.id
            view.status = key.isActive ? "Active" : "Inactive"
            view.createDate = Timestamp(secondsSinceEpoch: key.createDate)
            return view
        }
    }
}

extension IAM.UpdateAccessKey: ChangeOperation, OnAccessKey {
    static func change(
        _ key: inout AccessKey, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        guard ["Active", "Inactive"].contains(input.status) else {
            throw .validation("Status of an access key can only be set to Active or Inactive.")
        }
        key.isActive = input.status == "Active"
    }
}

extension IAM.DeleteAccessKey: DeleteOperation, OnAccessKey {}
