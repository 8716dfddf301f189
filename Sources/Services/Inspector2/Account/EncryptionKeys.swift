import Inspector2API
import KMSAPI
import Platform
import Wire

// The keys that code of functions and repositories is encrypted with, as far as findings quote it.
// <https://docs.aws.amazon.com/inspector/latest/user/encryption-rest.html>

extension ServiceError {
    fileprivate static func noKey(of place: String) -> ServiceError {
        .inspectorNotFound("No customer managed key is set for \(place).")
    }
}

/// By what the key of a type of scan and resource is kept.
private func place(_ scanType: String, _ resourceType: String) throws(ServiceError) -> String {
    guard scanType == "CODE", ["AWS_LAMBDA_FUNCTION", "CODE_REPOSITORY"].contains(resourceType) else {
        throw .invalidInspection(
            "Encryption keys are for the scan type CODE of Lambda functions and code repositories.")
    }
    return "\(scanType)/\(resourceType)"
}

extension Inspector2.GetEncryptionKey: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let place = try place(input.scanType, input.resourceType)
        guard let key = try records.inspectorSettings().keys[place] else { throw .noKey(of: place) }
        return Output { $0.kmsKeyId = key }
    }
}

extension Inspector2.UpdateEncryptionKey: PreparedWriteOperation, OnAllOfInspector {
    /// Whoever sets a key has to be allowed to look at it.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> String {
        let place = try place(input.scanType, input.resourceType)
        do throws(ServiceError) {
            let key = try await call.services.call(
                KMS.DescribeKey.self, KMS.DescribeKey.Input { $0.keyId = input.kmsKeyId },
                as: .forwarding(InspectorName.principal))
            guard key.keyMetadata?.keyState == "Enabled" else {
                throw ServiceError.invalidField("kmsKeyId", "The key \(input.kmsKeyId) is not enabled.")
            }
        } catch {
            switch error.code {
            case "NotFoundException": throw .inspectorNotFound("The key \(input.kmsKeyId) does not exist.")
            case "AccessDeniedException", "AccessDenied": throw .inspectorDenied(error.message)
            default: throw error
            }
        }
        return place
    }

    public static func handle(
        _ input: Input, _ place: String, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var settings = try records.inspectorSettings()
        settings.keys[place] = input.kmsKeyId
        try records.put(settings)
        return Output()
    }
}

extension Inspector2.ResetEncryptionKey: WriteOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let place = try place(input.scanType, input.resourceType)
        var settings = try records.inspectorSettings()
        guard settings.keys.removeValue(forKey: place) != nil else { throw .noKey(of: place) }
        try records.put(settings)
        return Output()
    }
}
