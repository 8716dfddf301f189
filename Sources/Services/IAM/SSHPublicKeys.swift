import Directory
import IAMAPI
import Platform
import Policy
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

protocol OnSSHPublicKey: RecordOperation
where InputFields: IAM.WithUserName & IAM.WithSSHPublicKeyId, Target == SSHPublicKey {}

extension OnSSHPublicKey {
    static func access(_ input: Input, _ keys: [String: ContextValue], _ call: Call) -> Authorization {
        call.access(onUser: input.userName, keys)
    }

    static func target(
        _ input: Input, _ call: Call, _ records: some RecordReading
    ) throws(ServiceError) -> SSHPublicKey {
        let user = try records.user(input.userName)
        guard let key = try records.get(SSHPublicKey.self, input.sshPublicKeyId), key.ownerID == user.uniqueID else {
            throw .noSuchEntity("The Public Key with id \(input.sshPublicKeyId) cannot be found.")
        }
        return key
    }
}

extension IAM.UploadSSHPublicKey: PreparedWriteOperation, OnUser {
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
            throw IAM.Failure.duplicateSSHPublicKey("The SSH public key is already associated with user \(user.name).")
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

extension IAM.GetSSHPublicKey: ReadOperation, OnSSHPublicKey {
    /// In the encoding in which it was sent, a key comes back as it was sent.
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let user = try records.user(input.userName)
        let key = try target(input, call, records)
        let encoding: SSHKeyText.Encoding = input.encoding == "PEM" ? .pem : .ssh
        let text = try SSHKeyText(key.body)
        return Output(
            sshPublicKey: IAM.SSHPublicKey(
                key, body: text.encoding == encoding ? key.body : text.text(in: encoding), userName: user.name))
    }
}

extension IAM.ListSSHPublicKeys: ReadOperation, OnOwner {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let owner = try Owner(input.userName, call).resolve(records, call)
        let page = try records.page(
            SSHPublicKey.self, Relation.owner, to: owner.id, Paging(input))
        return Output(page) { key in
            var view = IAM.SSHPublicKeyMetadata()
            view.userName = owner.userName ?? ""
            view.sshPublicKeyId = key.id
            view.status = key.isActive ? "Active" : "Inactive"
            view.uploadDate = Timestamp(secondsSinceEpoch: key.uploadDate)
            return view
        }
    }
}

extension IAM.UpdateSSHPublicKey: ChangeOperation, OnSSHPublicKey {
    static func change(
        _ key: inout SSHPublicKey, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        key.isActive = try isActive(input.status)
    }
}

extension IAM.DeleteSSHPublicKey: DeleteOperation, OnSSHPublicKey {}
