import Directory
import Platform
import Posture
import Wire

extension ConfiguredResourceType {
    /// Recorders of customers, by the names of their CloudFormation type.
    static let recorder = ConfiguredResourceType(
        Recorder.kind, of: Recorder.self,
        named: { (arn, _) in
            guard let name = ARN(parsing: arn), name.service == "config",
                name.resource.hasPrefix(Recorder.arnType + "/"),
                let own = name.resource.split(separator: "/").dropFirst().first
            else { return nil }
            return ConfiguredResource(Recorder.kind, String(own), account: name.account, region: name.region)
        },
        item: { (recorder, _) throws(ServiceError) in
            guard recorder.servicePrincipal == nil else { return nil }
            func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
            return ConfigurationItem(
                Recorder.kind, id: recorder.name, name: recorder.name, arn: recorder.arn, account: recorder.accountID,
                region: recorder.region, availabilityZone: "Not Applicable", tags: recorder.tags,
                configuration: .members([
                    "Id": .string(recorder.name), "Name": .string(recorder.name), "RoleARN": .string(recorder.roleARN),
                    "Recording": .boolean(recorder.isRecording),
                    "RecordingGroup": .members([
                        "AllSupported": .boolean(recorder.strategy == .all),
                        "IncludeGlobalResourceTypes": .boolean(recorder.includesGlobalTypes),
                        "ResourceTypes": list(recorder.strategy == .inclusion ? recorder.types : []),
                        "ExclusionByResourceTypes": .members([
                            "ResourceTypes": list(recorder.strategy == .exclusion ? recorder.types : [])
                        ]), "RecordingStrategy": .members(["UseOnly": .string(recorder.strategy.rawValue)]),
                    ]),
                    "RecordingMode": .members([
                        "RecordingFrequency": .string(recorder.frequency.rawValue),
                        "RecordingModeOverrides": .array(
                            recorder.overrides.map {
                                .members([
                                    "ResourceTypes": list($0.types),
                                    "RecordingFrequency": .string($0.frequency.rawValue),
                                ])
                            }),
                    ]),
                ]))
        })
}
