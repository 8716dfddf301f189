import GuardDutyAPI
import Ledger
import Platform
import ThreatDetection
import Wire

// Made-up findings, which say so.
// <https://docs.aws.amazon.com/guardduty/latest/ug/sample_findings.html>

extension GuardDuty.CreateSampleFindings: WriteOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let detector = try records.detector(input.detectorId, call)
        var types: [FindingType] = []
        for name in input.findingTypes ?? [] {
            guard let type = FindingType.named(name) else {
                throw .invalidParameter(
                    "findingTypes", "\(name) is not a finding type, or none that Gatehouse can find anything of.")
            }
            types.append(type)
        }
        if types.isEmpty { types = FindingType.all }
        let keeper = try FindingKeeper(detector, records, call.environment, at: call.time)
        for type in types { try keeper.putSample(type) }
        return Output()
    }
}

extension FindingKeeper {
    /// Makes a sample, or counts one more occurrence of it.
    func putSample(_ type: FindingType) throws(ServiceError) {
        try keep(Samples.detection(type), isSample: true)
    }

    private enum Samples {
        static func detection(_ type: FindingType) -> Detection {
            var call = ObservedCall()
            call.eventID = "00000000-0000-0000-0000-000000000000"
            call.name = "GeneratedFindingAPIName"
            call.source = "generatedfindingservice.amazonaws.com"
            call.sourceAddress = "198.51.100.0"
            call.userAgent = "GeneratedFindingUserAgent"
            call.actor.type = "IAMUser"
            call.actor.userName = "GeneratedFindingUserName"
            call.actor.principalID = "GeneratedFindingPrincipalId"
            call.actor.accessKeyID = "GeneratedFindingAccessKeyId"
            if type.subject == .bucket { call.bucket = "amzn-s3-demo-bucket" }
            var detection = Detection(
                type, call, title: "[SAMPLE] \(type.name)",
                description: "A sample finding of type \(type.name). Nothing has happened.",
                identity: ["sample"])
            if type.subject == .sequence {
                detection.signals = [
                    Signal(
                        id: "sample", isFinding: true, name: "GeneratedFindingSignal", tactic: "Discovery", time: 0,
                        event: call.eventID, severity: 5, address: call.sourceAddress, indicators: [], bucket: nil)
                ]
            }
            return detection
        }
    }
}
