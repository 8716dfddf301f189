import Directory
import IAMAPI
import Platform
import Wire

// Access keys of users and of root. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html>

extension RecordReading {
    /// An access key of an owner.
    /// - Throws: NoSuchEntity, also when the key is somebody else's.
    fileprivate func accessKey(_ id: String, of ownerID: String) throws(ServiceError) -> Directory.AccessKey {
        guard let key = try get(AccessKey.self, id), key.ownerID == ownerID else {
            throw .noSuchEntity("The Access Key with id \(id) cannot be found.")
        }
        return key
    }
}

extension IAM.CreateAccessKey: WriteOperation {
    public static var secretMembers: Set<String> { ["SecretAccessKey"] }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try Owner(input.userName, call).access(call)
    }

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

extension IAM.ListAccessKeys: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try Owner(input.userName, call).access(call)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let owner = try Owner(input.userName, call).resolve(records, call)
        let keys = try records.referrers(AccessKey.self, Relation.owner, to: owner.id)
        let page = page(keys, by: \.id, try Paging(input))
        return Output(
            page.items.map { key in
                var view = IAM.AccessKeyMetadata()
                view.userName = owner.userName
                view.accessKeyId = key.id
                view.status = key.isActive ? "Active" : "Inactive"
                view.createDate = Timestamp(secondsSinceEpoch: key.createDate)
                return view
            }, next: page.marker)
    }
}

extension IAM.UpdateAccessKey: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try Owner(input.userName, call).access(call)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let owner = try Owner(input.userName, call).resolve(records, call)
        var key = try records.accessKey(input.accessKeyId, of: owner.id)
        guard ["Active", "Inactive"].contains(input.status) else {
            throw .validation("Status of an access key can only be set to Active or Inactive.")
        }
        key.isActive = input.status == "Active"
        try records.put(key)
        return Output()
    }
}

extension IAM.DeleteAccessKey: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try Owner(input.userName, call).access(call)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let owner = try Owner(input.userName, call).resolve(records, call)
        try records.delete(try records.accessKey(input.accessKeyId, of: owner.id))
        return Output()
    }
}
