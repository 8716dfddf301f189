import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

// Key pairs. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-key-pairs.html>

extension StoredKeyPair: Shown {
    static func missing(_ id: String) -> ServiceError {
        .ec2("InvalidKeyPair.NotFound", "The key pair '\(id)' does not exist")
    }

    static let filters = Filters<StoredKeyPair>([
        "key-pair-id": { key, _ in [key.id] }, "key-name": { key, _ in [key.name] },
        "fingerprint": { key, _ in [key.fingerprint] },
    ])
}

extension Quota {
    static let keyPairs = Quota("KeyPairs", 5000)
}

extension RecordReading {
    /// The key pair of a name; nil: there is none.
    func keyPair(named name: String) throws(ServiceError) -> StoredKeyPair? {
        try referrers(StoredKeyPair.self, StoredKeyPair.named, to: name, limit: 1).first
    }
}

extension EC2Estate {
    /// The key pair of a name; nil: there is none.
    func keyPair(named name: String) -> StoredKeyPair? { all(StoredKeyPair.self).first { $0.name == name } }
}

extension Call {
    /// Permission to make a key pair, whose name is in its ARN already.
    fileprivate func creation(
        ofKeyPair name: String, _ specifications: [EC2.TagSpecification]?, _ keys: [String: ContextValue] = [:]
    ) throws(ServiceError) -> Authorization {
        .required(
            try creation(of: StoredKeyPair.self, specifications, keys).map { access in
                var access = access
                access.resource = arn(StoredKeyPair.arnType, name)
                return access
            })
    }
}

extension MutableRecords {
    fileprivate func checkNewKeyPair(_ name: String, _ call: Call) throws(ServiceError) {
        guard try keyPair(named: name) == nil else {
            throw .ec2("InvalidKeyPair.Duplicate", "The keypair already exists")
        }
        guard try count(StoredKeyPair.self) < call.quotas[.keyPairs] else {
            throw .ec2("KeyPairLimitExceeded", "The maximum number of key pairs has been reached.")
        }
    }
}

enum KeyPairNames {
    /// - Throws: InvalidParameterValue.
    static func check(_ name: String) throws(ServiceError) {
        guard (1...255).contains(name.utf8.count), name.utf8.allSatisfy({ (0x20...0x7E).contains($0) }),
            name.first != " ", name.last != " "
        else { throw .invalidValue(name, of: "KeyName", "It has to be 1 to 255 printable ASCII characters.") }
    }
}

extension EC2.CreateKeyPair: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.creation(
            ofKeyPair: input.keyName, input.tagSpecifications, ["ec2:keypairtype": .one(input.keyType ?? "rsa")])
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> NewKeyPair {
        try KeyPairNames.check(input.keyName)
        guard input.keyFormat != "ppk" else {
            throw .ec2(
                "UnsupportedOperation",
                "Gatehouse makes no private keys in PuTTY's format (ppk): ask for pem, and convert it with puttygen.")
        }
        return input.keyType == "ed25519" ? .ed25519(comment: input.keyName) : try .rsa()
    }

    public static func handle(
        _ input: Input, _ made: NewKeyPair, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.checkNewKeyPair(input.keyName, call)
        let tags = try TagSpecifications.tags(of: StoredKeyPair.arnType, input.tagSpecifications)
        let pair = StoredKeyPair(
            head: call.head(of: StoredKeyPair.self, tags: tags), name: input.keyName,
            type: made.publicKey.isRSA ? "rsa" : "ed25519", fingerprint: made.fingerprint,
            publicKey: made.publicKey.openSSH)
        try records.put(pair)
        return Output {
            $0.keyPairId = pair.id
            $0.keyName = pair.name
            $0.keyFingerprint = pair.fingerprint
            $0.keyMaterial = made.privateKey
            $0.tags = tags.shown
        }
    }
}

extension EC2.ImportKeyPair: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.creation(ofKeyPair: input.keyName, input.tagSpecifications)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try KeyPairNames.check(input.keyName)
        let material = input.publicKeyMaterial.bytes
        guard material.count <= 16_384, let key = SSHPublicKeyText(imported: material) else {
            throw .ec2("InvalidKey.Format", "Key is not in valid OpenSSH public key format")
        }
        try records.checkNewKeyPair(input.keyName, call)
        let tags = try TagSpecifications.tags(of: StoredKeyPair.arnType, input.tagSpecifications)
        let pair = StoredKeyPair(
            head: call.head(of: StoredKeyPair.self, tags: tags), name: input.keyName,
            type: key.isRSA ? "rsa" : "ed25519", fingerprint: KeyFingerprint.ofImported(key), publicKey: key.openSSH)
        try records.put(pair)
        return Output {
            $0.keyPairId = pair.id
            $0.keyName = pair.name
            $0.keyFingerprint = pair.fingerprint
            $0.tags = tags.shown
        }
    }
}

extension EC2.DescribeKeyPairs: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        let all = estate.all(StoredKeyPair.self).sorted { $0.name < $1.name }
        var found = all
        if input.keyNames?.isEmpty == false || input.keyPairIds?.isEmpty == false {
            let names = Set(input.keyNames ?? [])
            let ids = Set(input.keyPairIds ?? [])
            for name in input.keyNames ?? [] where !all.contains(where: { $0.name == name }) {
                throw StoredKeyPair.missing(name)
            }
            for id in input.keyPairIds ?? [] where estate.get(StoredKeyPair.self, id) == nil {
                throw .ec2("InvalidKeyPair.NotFound", "The key pair ID '\(id)' does not exist")
            }
            found = all.filter { names.contains($0.name) || ids.contains($0.id) }
        }
        let passed = try StoredKeyPair.filters.apply(input.filters, to: found, estate)
        return Output {
            $0.keyPairs = passed.map { pair in
                EC2.KeyPairInfo {
                    $0.keyPairId = pair.id
                    $0.keyName = pair.name
                    $0.keyType = pair.type
                    $0.keyFingerprint = pair.fingerprint
                    $0.tags = pair.head.tags.shown
                    $0.createTime = Timestamp(secondsSinceEpoch: pair.head.created)
                    if input.includePublicKey == true { $0.publicKey = "\(pair.publicKey) \(pair.name)\n" }
                }
            }
        }
    }
}

extension EC2.DeleteKeyPair: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard input.keyName != nil || input.keyPairId != nil else { throw .missingParameter("keyName") }
        let name = input.keyName ?? input.keyPairId.flatMap { call.estate.get(StoredKeyPair.self, $0)?.name }
        return .required(call.access(to: StoredKeyPair.self, name ?? input.keyPairId ?? ""))
    }

    /// Of a key pair that is not there, nothing is left to be deleted.
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let pair =
            if let name = input.keyName {
                try records.keyPair(named: name)
            } else {
                try records.get(StoredKeyPair.self, input.keyPairId ?? "")
            }
        if let pair { try records.delete(pair) }
        return Output {
            $0.return = true
            $0.keyPairId = pair?.id
        }
    }
}
