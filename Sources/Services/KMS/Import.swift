import FoundationEssentials
import KMSAPI
import KeyMaterial
import Ledger
import Platform
import Policy
import Wire

// Key material that somebody else made. <https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys.html>

/// How long imported material may be valid, in seconds.
private let longestValidity = 365 * 86_400.0

/// Deletes the parameters of its id.
struct ForgetImportParameters: Job {
    static let kind = "KMS::ForgetImportParameters"

    func run(_ context: JobContext) async throws(ServiceError) {
        let id = context.id
        try await context.finish { (records) throws(ServiceError) in
            guard let parameters = try records.get(ImportParameters.self, id) else { return }
            try records.delete(parameters)
        }
    }
}

extension KMS.GetParametersForImport: KeyRead {
    static func keys(_ input: Input) -> [String: ContextValue] {
        [
            "kms:wrappingalgorithm": .one(input.wrappingAlgorithm),
            "kms:wrappingkeyspec": .one(input.wrappingKeySpec),
        ]
    }

    static func answer(_ target: KeyTarget, _ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let key = target.key
        guard key.origin == .external else { throw .invalidOrigin(key) }
        try RefusedStates.noParametersForImport.check(key, call)
        guard let algorithm = WrappingAlgorithm(rawValue: input.wrappingAlgorithm),
            let spec = WrappingKeySpec(rawValue: input.wrappingKeySpec), algorithm.accepts(key.spec, wrappedBy: spec)
        else {
            throw .unsupported(
                "Key material of a key of \(key.spec.rawValue) cannot be wrapped by \(input.wrappingAlgorithm) with a key "
                    + "of \(input.wrappingKeySpec).")
        }
        let wrapping = try await WrappingKey.making(spec)
        let privateKey = try using { () throws(KeyMaterialError) in try wrapping.stored() }
        let parameters = ImportParameters(
            id: Identifiers.randomBytes(16).map(hexadecimal).joined(), keyID: key.id, spec: spec,
            algorithm: algorithm, privateKey: Data(privateKey), secret: Data(Identifiers.randomBytes(32)),
            validTo: call.time + ImportParameters.lifetime)
        try await call.keep { (records) throws(ServiceError) in
            try records.put(parameters)
            try records.schedule(
                ForgetImportParameters(), id: parameters.id,
                at: parameters.validTo + ImportParameters.remembered)
        }
        let publicKey = try using { () throws(KeyMaterialError) in try wrapping.publicKey() }
        return Output {
            $0.keyId = key.arn
            $0.importToken = Blob(Array(parameters.id.utf8) + Array(parameters.secret))
            $0.publicKey = Blob(publicKey)
            $0.parametersValidTo = Timestamp(secondsSinceEpoch: parameters.validTo)
        }
    }
}

extension Call {
    /// The parameters of an import token.
    /// - Throws: InvalidImportTokenException, ExpiredImportTokenException.
    fileprivate func importParameters(_ token: [UInt8], of key: Key) async throws(ServiceError) -> ImportParameters {
        let length = 32
        let found: ImportParameters?
        if token.count > length, let id = String(validating: token[..<length], as: UTF8.self) {
            found = try await environment.read(key.scope) { (records) throws(ServiceError) in
                try records.get(ImportParameters.self, id)
            }
        } else {
            found = nil
        }
        guard let found, found.keyID == key.id,
            isSameSecret(Data(token[length...]).base64EncodedString(), found.secret.base64EncodedString())
        else { throw .kms(.invalidImportTokenException, "The import token is not one for the key \(key.arn).") }
        guard found.validTo > time else {
            throw .kms(
                .expiredImportTokenException, "The import token has expired: get the parameters for import again.")
        }
        return found
    }
}

extension KMS.ImportKeyMaterial: PreparedWriteOperation, OnKey {
    static func keys(_ input: Input) -> [String: ContextValue] {
        var keys: [String: ContextValue] = [
            "kms:expirationmodel": .one(input.expirationModel ?? "KEY_MATERIAL_EXPIRES")
        ]
        if let date = input.validTo { keys["kms:validto"] = .one(date.iso8601) }
        return keys
    }

    /// What was unwrapped, and until when it is to be valid.
    public struct Unwrapped: Sendable {
        let material: KeyMaterial
        let id: String
        /// Seconds since 1970; nil: for ever.
        let validTo: Double?
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Unwrapped {
        let key = try call.target().key
        guard key.origin == .external else { throw .invalidOrigin(key) }
        try RefusedStates.notImportable.check(key, call)
        let validTo = try validTo(input, call.time)
        let parameters = try await call.importParameters(input.importToken.bytes, of: key)
        let material = try using { () throws(KeyMaterialError) in
            try WrappingKey(stored: Array(parameters.privateKey), as: parameters.spec)
                .unwrap(input.encryptedKeyMaterial.bytes, parameters.algorithm, as: key.spec)
        }
        return Unwrapped(material: material, id: try material.materialID(of: key), validTo: validTo)
    }

    private static func validTo(_ input: Input, _ time: Double) throws(ServiceError) -> Double? {
        if input.expirationModel == "KEY_MATERIAL_DOES_NOT_EXPIRE" {
            guard input.validTo == nil else {
                throw .invalid("A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE")
            }
            return nil
        }
        guard let date = input.validTo?.secondsSinceEpoch else {
            throw .invalid("A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES")
        }
        guard date > time, date <= time + longestValidity else {
            throw .invalid("The validTo date must be in the future, and no more than 365 days away.")
        }
        return date
    }

    public static func handle(
        _ input: Input, _ unwrapped: Unwrapped, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var (key, own) = try records.key(of: call)
        try RefusedStates.notImportable.check(key, call)
        if let id = input.keyMaterialId, id != unwrapped.id { throw .incorrectMaterial }
        let isNew = !key.materials.contains { $0.id == unwrapped.id }
        if isNew { try key.announce(unwrapped.id, input, own) }
        if input.importType == "NEW_KEY_MATERIAL", !isNew, key.materials.count > 1 { throw .incorrectMaterial }
        guard let index = key.materials.firstIndex(where: { $0.id == unwrapped.id }) else { throw .internalFailure }
        key.materials[index].isThere = true
        key.materials[index].validTo = unwrapped.validTo
        if let text = input.keyMaterialDescription { key.materials[index].description = text }
        try own.put(unwrapped.material, id: unwrapped.id, of: key.id)
        let jobID = StoredMaterial.id(unwrapped.id, of: key.id)
        if let date = unwrapped.validTo {
            try own.schedule(ExpireMaterial(keyID: key.id, materialID: unwrapped.id), id: jobID, at: date)
            try own.schedule(TellExpiration(keyID: key.id), id: key.id, at: call.time)
        } else {
            try own.cancel(ExpireMaterial.self, id: jobID)
        }
        if key.hasAllMaterial, [.pendingImport, .disabled].contains(key.state) { key.state = .enabled }
        try own.put(key)
        try key.settleImport(of: unwrapped.id, own)
        return Output(keyId: key.arn, keyMaterialId: unwrapped.id)
    }
}

extension ServiceError {
    fileprivate static var incorrectMaterial: ServiceError {
        .kms(
            .incorrectKeyMaterialException,
            "The key material is not the one that was imported into the KMS key before.")
    }
}

extension Key {
    /// Whether everything that it ever encrypted with is there.
    fileprivate var hasAllMaterial: Bool {
        !materials.isEmpty
            && materials.allSatisfy {
                $0.isThere || $0.state == .pendingRotation || $0.state == .pendingMultiRegionImport
            }
    }

    /// Takes up material that the key has never had.
    /// - Throws: IncorrectKeyMaterialException where it may have no other than before.
    fileprivate mutating func announce(
        _ id: String, _ input: KMS.ImportKeyMaterial.Input, _ own: MutableRecords
    ) throws(ServiceError) {
        if isReplica {
            // A replica has what its primary key has.
            guard let primary = multiRegion?.primaryRegion,
                let leader = try own.of(region: primary).get(Key.self, self.id),
                let material = leader.materials.first(where: { $0.id == id })
            else { throw .incorrectMaterial }
            var copy = material
            copy.isThere = false
            materials.append(copy)
            return
        }
        guard !materials.isEmpty else {
            return materials.append(Material(id: id, state: .current, isThere: false))
        }
        guard isSymmetricEncryptionKey, input.importType == "NEW_KEY_MATERIAL" else { throw .incorrectMaterial }
        if let waiting = materials.first(where: {
            $0.state == .pendingRotation || $0.state == .pendingMultiRegionImport
        }) {
            throw .invalidState(
                "New key material (id: \(id)) cannot be imported into KMS key \(self.id), because another key "
                    + "material (id: \(waiting.id)) is pending rotation.")
        }
        let hasReplicas = multiRegion?.replicaRegions.isEmpty == false
        materials.append(
            Material(id: id, state: hasReplicas ? .pendingMultiRegionImport : .pendingRotation, isThere: false))
    }

    /// New material of a multi-Region key can be rotated to when all of its keys have it.
    fileprivate func settleImport(of id: String, _ own: MutableRecords) throws(ServiceError) {
        guard let shared = multiRegion,
            materials.first(where: { $0.id == id })?.state == .pendingMultiRegionImport
        else { return }
        var all: [Key] = []
        for region in [shared.primaryRegion] + shared.replicaRegions {
            guard let key = try own.of(region: region).get(Key.self, self.id),
                key.materials.first(where: { $0.id == id })?.isThere == true
            else { return }
            all.append(key)
        }
        for var key in all {
            for index in key.materials.indices where key.materials[index].id == id {
                key.materials[index].state = .pendingRotation
            }
            try own.of(region: key.region).put(key)
        }
    }

    /// Deletes imported material. The same can be imported again, and no other in its place.
    fileprivate mutating func delete(material id: String, _ own: MutableRecords) throws(ServiceError) {
        guard let index = materials.firstIndex(where: { $0.id == id }) else { return }
        try own.deleteMaterial(id, of: self.id)
        if materials[index].state == .current || materials[index].state == .nonCurrent {
            materials[index].isThere = false
            materials[index].validTo = nil
            if state == .enabled || state == .disabled { state = .pendingImport }
        } else {
            materials.remove(at: index)
        }
    }
}

extension KMS.DeleteImportedKeyMaterial: WriteOperation, OnKey {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var (key, own) = try records.key(of: call)
        guard key.origin == .external else { throw .invalidOrigin(key) }
        try RefusedStates.notDeletableMaterial.check(key, call)
        let id = input.keyMaterialId ?? key.currentMaterial?.id
        if let given = input.keyMaterialId, !key.materials.contains(where: { $0.id == given }) {
            throw .kms(.notFoundException, "Key material \(given) of the key \(key.arn) is not found.")
        }
        if let id {
            try key.delete(material: id, own)
            try own.cancel(ExpireMaterial.self, id: StoredMaterial.id(id, of: key.id))
            try own.put(key)
        }
        return Output(keyId: key.arn, keyMaterialId: id)
    }
}

/// Deletes material whose time is up.
struct ExpireMaterial: Job {
    static let kind = "KMS::ExpireMaterial"
    let keyID: String
    let materialID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, keyID, materialID) = (context.environment, keyID, materialID)
        try await context.finish { (records) throws(ServiceError) in
            guard var key = try records.get(Key.self, keyID),
                key.materials.first(where: { $0.id == materialID })?.isThere == true
            else { return }
            try key.delete(material: materialID, records)
            try records.put(key)
            let arn = key.arn
            try records.record(
                ServiceEvent.kms("DeleteExpiredKeyMaterial", key, environment.now()) { writer in
                    writer.member("keyId", arn)
                }.event)
            try records.announce(
                AnnouncedEvent.kms("KMS Imported Key Material Expiration", key, environment.now()))
        }
    }
}
