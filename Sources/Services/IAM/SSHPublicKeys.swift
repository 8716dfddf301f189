import Directory
import IAMAPI
import Platform
import Wire

// SSH public keys of users. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_ssh-keys.html>

extension IAM.SSHPublicKey {
    init(_ key: IAMService.SSHPublicKey, body: String, userName: String) {
        self.init()
        self.userName = userName
        sshPublicKeyId = key.id
        fingerprint = key.fingerprint
        sshPublicKeyBody = body
        status = key.isActive ? "Active" : "Inactive"
        uploadDate = Timestamp(secondsSinceEpoch: key.uploadDate)
    }
}

extension RecordReading {
    fileprivate func sshPublicKey(
        _ id: String, of user: Directory.User
    ) throws(ServiceError) -> IAMService.SSHPublicKey {
        guard let key = try get(SSHPublicKey.self, id), key.ownerID == user.uniqueID else {
            throw .noSuchEntity("The Public Key with id \(id) cannot be found.")
        }
        return key
    }
}

extension IAM.UploadSSHPublicKey: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onUser: input.userName)
    }

    /// The key's fingerprint.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> String {
        try SSHKeyText(input.sshPublicKeyBody).fingerprint
    }

    public static func handle(
        _ input: Input, _ fingerprint: String, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let user = try records.user(input.userName)
        let keys = try records.referrers(SSHPublicKey.self, Relation.owner, to: user.uniqueID)
        guard !keys.contains(where: { $0.fingerprint == fingerprint }) else {
            throw ServiceError(
                "DuplicateSSHPublicKey", "The SSH public key is already associated with user \(user.name).",
                status: 400)
        }
        let quota = call.quotas[.sshPublicKeysPerUser]
        guard keys.count < quota else { throw .quotaExceeded("SSHPublicKeysPerUser", quota) }
        let key = SSHPublicKey(
            id: Identifiers.unique(.sshPublicKey), ownerID: user.uniqueID, body: input.sshPublicKeyBody,
            fingerprint: fingerprint, uploadDate: call.time)
        try records.put(key)
        return Output(sshPublicKey: IAM.SSHPublicKey(key, body: key.body, userName: user.name))
    }
}

extension IAM.GetSSHPublicKey: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onUser: input.userName)
    }

    /// In the encoding in which it was sent, a key comes back as it was sent.
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let user = try records.user(input.userName)
        let key = try records.sshPublicKey(input.sshPublicKeyId, of: user)
        let encoding: SSHKeyText.Encoding = input.encoding == "PEM" ? .pem : .ssh
        let text = try SSHKeyText(key.body)
        return Output(
            sshPublicKey: IAM.SSHPublicKey(
                key, body: text.encoding == encoding ? key.body : text.text(in: encoding), userName: user.name))
    }
}

extension IAM.ListSSHPublicKeys: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try Owner(input.userName, call).access(call)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let owner = try Owner(input.userName, call).resolve(records, call)
        let page = try records.page(
            SSHPublicKey.self, Relation.owner, to: owner.id, Paging(input))
        return Output(
            page.items.map { key in
                var view = IAM.SSHPublicKeyMetadata()
                view.userName = owner.userName ?? ""
                view.sshPublicKeyId = key.id
                view.status = key.isActive ? "Active" : "Inactive"
                view.uploadDate = Timestamp(secondsSinceEpoch: key.uploadDate)
                return view
            }, next: page.marker)
    }
}

extension IAM.UpdateSSHPublicKey: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onUser: input.userName)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var key = try records.sshPublicKey(input.sshPublicKeyId, of: records.user(input.userName))
        key.isActive = try isActive(input.status)
        try records.put(key)
        return Output()
    }
}

extension IAM.DeleteSSHPublicKey: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onUser: input.userName)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.delete(try records.sshPublicKey(input.sshPublicKeyId, of: records.user(input.userName)))
        return Output()
    }
}
