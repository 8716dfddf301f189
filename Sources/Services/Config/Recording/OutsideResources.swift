import AWSConfigAPI
import Directory
import Ledger
import Platform
import Wire

// Resources that lie outside of AWS, told by whoever has them.
// <https://docs.aws.amazon.com/config/latest/developerguide/customresources.html>

extension MutableRecords {
    /// - Throws: NoRunningConfigurationRecorderException, ValidationException.
    fileprivate func requireRunning(for type: String) throws(ServiceError) {
        guard try ownRecorder()?.isRecording == true else {
            throw AWSConfig.Failure.noRunningConfigurationRecorderException(
                "There is no running configuration recorder to put the resource configuration.")
        }
        let parts = type.split(separator: ":", omittingEmptySubsequences: false)
        // Vendor::Service::Resource
        guard parts.count == 5, parts[1].isEmpty, parts[3].isEmpty,
            ![parts[0], parts[2], parts[4]].contains(where: \.isEmpty)
        else {
            throw AWSConfig.Failure.validationException("The resource type '\(type)' is not valid.")
        }
        guard parts[0] != "AWS" else {
            throw AWSConfig.Failure.validationException(
                "The resource type '\(type)' is one of AWS's own, which AWS Config records by itself.")
        }
    }
}

extension AWSConfig.PutResourceConfig: WriteOperation, OnAllOfConfig {
    /// A configuration of more than that is refused.
    private static let most = 1 << 20

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.requireRunning(for: input.resourceType)
        guard input.configuration.utf8.count <= most else {
            throw AWSConfig.Failure.maxActiveResourcesExceededException("The configuration is too large.")
        }
        guard case .object? = try? JSONValue(parsing: Array(input.configuration.utf8)) else {
            throw AWSConfig.Failure.validationException("The configuration is not a JSON object.")
        }
        let tags = (input.tags ?? [:]).sorted { $0.key < $1.key }.map { Tag(key: $0.key, value: $0.value) }
        let old = try records.currentItem(input.resourceType, input.resourceId)
        let item = StoredItem(
            type: input.resourceType, id: input.resourceId, name: input.resourceName, arn: nil,
            account: call.accountID, region: call.region, zone: nil, created: nil, tags: tags, relationships: [],
            configuration: input.configuration,
            supplementary: [:], status: old == nil ? .discovered : .ok,
            captured: Int64(exactly: (call.time * 1000).rounded()) ?? 0, sequence: try records.lastSequence(),
            requestID: call.requestID, frequency: .continuous)
        guard old?.content != item.content else { return Output() }
        try records.keep(item, old, call.environment)
        return Output()
    }
}

extension AWSConfig.DeleteResourceConfig: WriteOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.requireRunning(for: input.resourceType)
        guard let old = try records.currentItem(input.resourceType, input.resourceId) else { return Output() }
        try records.keep(
            old.deleted(
                captured: Int64(exactly: (call.time * 1000).rounded()) ?? 0, sequence: try records.lastSequence(),
                requestID: call.requestID), old, call.environment)
        return Output()
    }
}
