import Directory
import GuardDutyAPI
import Ledger
import Platform
import ThreatDetection
import Wire

/// What a finding says of what was detected.
/// <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-summary.html>
enum FindingContent {
    /// A `Finding` as JSON, without what ``StoredFinding`` has itself.
    static func of(_ detection: Detection, _ detector: StoredDetector, _ environment: Environment) -> String {
        GuardDuty.Finding { finding in
            finding.title = detection.title
            finding.description = detection.description
            finding.resource = resource(detection, environment)
            finding.service = GuardDuty.Service {
                $0.resourceRole = "TARGET"
                if detection.type.isOfData { $0.featureName = "S3DataEvents" }
                if detection.subject == .sequence {
                    $0.detection = GuardDuty.Detection { $0.sequence = sequence(detection, detector) }
                } else {
                    $0.action = action(detection, detector)
                    $0.evidence = evidence(detection)
                    if !detection.unusual.isEmpty, detection.type.name.contains("AnomalousBehavior") {
                        $0.detection = GuardDuty.Detection { $0.anomaly = anomaly(detection) }
                    }
                }
            }
        }.structure.json
    }

    private static func resource(_ detection: Detection, _ environment: Environment) -> GuardDuty.Resource {
        GuardDuty.Resource {
            $0.resourceType = detection.subject.rawValue
            guard detection.subject != .sequence else { return }
            let actor = detection.call.actor
            $0.accessKeyDetails = GuardDuty.AccessKeyDetails {
                $0.accessKeyId = actor.accessKeyID
                $0.principalId = actor.principalID
                $0.userName = actor.type == "Root" ? "Root" : actor.userName
                $0.userType = actor.type
            }
            if detection.subject == .bucket, let bucket = detection.call.bucket {
                $0.s3BucketDetails = [
                    GuardDuty.S3BucketDetail {
                        $0.arn = "arn:aws:s3:::\(bucket)"
                        $0.name = bucket
                        $0.type = "Destination"
                        $0.owner = detection.call.bucketOwner.map { owner in GuardDuty.Owner { $0.id = owner } }
                        $0.s3ObjectDetails = detection.call.objectKey.map { key in
                            [
                                GuardDuty.S3ObjectDetail {
                                    $0.objectArn = "arn:aws:s3:::\(bucket)/\(key)"
                                    $0.key = key
                                }
                            ]
                        }
                    }
                ]
            }
            if let id = detection.instanceID {
                $0.instanceDetails = instance(id, environment)
            }
        }
    }

    private static func instance(_ id: String, _ environment: Environment) -> GuardDuty.InstanceDetails {
        GuardDuty.InstanceDetails {
            $0.instanceId = id
            guard let instance = environment.projection(EC2Index.self).find(StoredInstance.self, id) else { return }
            $0.instanceType = instance.instanceType
            $0.imageId = instance.imageID
            $0.instanceState = instance.state.rawValue
            $0.availabilityZone = instance.availabilityZone
            $0.launchTime = Timestamp(secondsSinceEpoch: instance.launchTime).iso8601
            $0.tags = instance.head.tags.map { guardDutyTag($0) }
            $0.networkInterfaces = [
                GuardDuty.NetworkInterface {
                    $0.networkInterfaceId = instance.primaryInterfaceID
                    $0.privateIpAddress = instance.privateIPAddress
                    $0.subnetId = instance.subnetID
                    $0.vpcId = instance.vpcID
                }
            ]
        }
    }

    private static func action(_ detection: Detection, _ detector: StoredDetector) -> GuardDuty.Action {
        let call = detection.call
        return GuardDuty.Action {
            $0.actionType = "AWS_API_CALL"
            $0.awsApiCallAction = GuardDuty.AwsApiCallAction {
                $0.api = call.name
                $0.serviceName = call.source
                $0.callerType = call.address == nil ? "Domain" : "Remote IP"
                $0.errorCode = call.errorCode
                $0.userAgent = call.userAgent
                if let address = call.address {
                    $0.remoteIpDetails = GuardDuty.RemoteIpDetails {
                        if address.version == 4 {
                            $0.ipAddressV4 = address.description
                        } else {
                            $0.ipAddressV6 = address.description
                        }
                    }
                } else if !call.sourceAddress.isEmpty {
                    $0.domainDetails = GuardDuty.DomainDetails { $0.domain = call.sourceAddress }
                }
                let remote = detection.remoteAccount ?? call.actor.accountID
                if remote.utf8.count == 12, detection.remoteAccount != nil || remote != detector.accountID {
                    $0.remoteAccountDetails = GuardDuty.RemoteAccountDetails {
                        $0.accountId = remote
                        $0.affiliated = remote == detector.accountID || detection.isAffiliated
                    }
                }
                if let bucket = call.bucket { $0.affectedResources = ["AWS::S3::Bucket": bucket] }
                if call.source == "cloudtrail.amazonaws.com", let trail = detection.identity.last,
                    detection.type.name.hasPrefix("Stealth")
                {
                    $0.affectedResources = ["AWS::CloudTrail::Trail": trail]
                }
            }
        }
    }

    private static func evidence(_ detection: Detection) -> GuardDuty.Evidence? {
        guard !detection.lists.isEmpty else { return nil }
        return GuardDuty.Evidence {
            $0.threatIntelligenceDetails = detection.lists.map { list in
                GuardDuty.ThreatIntelligenceDetail {
                    $0.threatListName = list
                    $0.threatNames = []
                }
            }
        }
    }

    /// What was unusual, and against what.
    private static func anomaly(_ detection: Detection) -> GuardDuty.Anomaly {
        GuardDuty.Anomaly { anomaly in
            anomaly.unusual = GuardDuty.AnomalyUnusual { unusual in
                unusual.behavior = [
                    "explained": Dictionary(
                        detection.unusual.map { one in
                            (
                                one.what,
                                GuardDuty.AnomalyObject {
                                    $0.profileType = "FREQUENCY"
                                    $0.profileSubtype = "UNSEEN"
                                    $0.observations = GuardDuty.Observations { $0.text = [one.seen, one.usual] }
                                }
                            )
                        }
                    ) { first, _ in first }
                ]
            }
        }
    }

    private static func sequence(_ detection: Detection, _ detector: StoredDetector) -> GuardDuty.Sequence {
        let call = detection.call
        let actor = call.actor
        return GuardDuty.Sequence {
            $0.uid = GuardDutyName.id([detector.id] + detection.identity)
            $0.description = detection.description
            $0.actors = [
                GuardDuty.Actor {
                    $0.id = actor.id
                    $0.user = GuardDuty.User {
                        $0.name = actor.type == "Root" ? "Root" : actor.userName
                        $0.uid = actor.principalID
                        $0.type = actor.type
                        $0.credentialUid = actor.accessKeyID
                        $0.account = GuardDuty.Account { $0.uid = actor.accountID }
                    }
                    if let start = actor.sessionStart {
                        $0.session = GuardDuty.Session {
                            $0.createdTime = Timestamp(secondsSinceEpoch: start)
                            $0.mfaStatus = actor.usedMFA ? "ENABLED" : "DISABLED"
                        }
                    }
                }
            ]
            let addresses = Set(detection.signals.map(\.address)).sorted()
            $0.endpoints = addresses.map { address in
                GuardDuty.NetworkEndpoint {
                    $0.id = address
                    $0.ip = address
                }
            }
            $0.resources = resources(detection, detector)
            $0.signals = detection.signals.map { signal in
                GuardDuty.Signal {
                    $0.uid = signal.event
                    $0.type = signal.isFinding ? "FINDING" : "CLOUD_TRAIL"
                    $0.name = signal.name
                    $0.description = signal.tactic
                    let time = Timestamp(secondsSinceEpoch: signal.time)
                    ($0.createdAt, $0.updatedAt, $0.firstSeenAt, $0.lastSeenAt) = (time, time, time, time)
                    $0.severity = signal.isFinding ? signal.severity : nil
                    $0.count = 1
                    $0.actorIds = [actor.id]
                    $0.endpointIds = [signal.address]
                    $0.resourceUids = signal.bucket.map { ["arn:aws:s3:::\($0)"] }
                    $0.signalIndicators = signal.indicators.map { key in GuardDuty.Indicator { $0.key = key } }
                }
            }
            var indicators = Set(detection.signals.flatMap(\.indicators)).sorted().map { key in
                GuardDuty.Indicator { $0.key = key }
            }
            indicators.append(
                GuardDuty.Indicator {
                    $0.key = "ATTACK_TACTIC"
                    $0.values = Set(detection.signals.map(\.tactic)).sorted()
                })
            $0.sequenceIndicators = indicators
        }
    }

    private static func resources(
        _ detection: Detection, _ detector: StoredDetector
    ) -> [GuardDuty.ResourceV2] {
        let actor = detection.call.actor
        let key = GuardDuty.ResourceV2 {
            $0.uid = actor.accessKeyID.isEmpty ? actor.id : actor.accessKeyID
            $0.resourceType = "ACCESS_KEY"
            $0.accountId = actor.accountID
            $0.region = detector.region
            $0.cloudPartition = "aws"
            $0.data = GuardDuty.ResourceData {
                $0.accessKey = GuardDuty.AccessKey {
                    $0.principalId = actor.principalID
                    $0.userName = actor.userName
                    $0.userType = actor.type
                }
            }
        }
        let buckets = Set(detection.signals.compactMap(\.bucket)).sorted().map { bucket in
            GuardDuty.ResourceV2 {
                $0.uid = "arn:aws:s3:::\(bucket)"
                $0.name = bucket
                $0.resourceType = "S3_BUCKET"
                $0.accountId = detector.accountID
                $0.region = detector.region
                $0.cloudPartition = "aws"
            }
        }
        return [key] + buckets
    }
}

/// The model requires neither of a tag's members.
private func guardDutyTag(_ tag: Tag) -> GuardDuty.Tag {
    GuardDuty.Tag {
        $0.key = tag.key
        $0.value = tag.value
    }
}
