import Ledger
import Platform
import Wire

/// What an event data store makes of an event: with the context that it asked for, and no larger than it may be.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-context-events.html>
struct Enrichment {
    /// The role by which CloudTrail reads the tags of resources: without it events tell none.
    static let service = "context.cloudtrail.amazonaws.com"
    static let roleName = "AWSServiceRoleForCloudTrailEventContext"

    private let keys: EventContextKeys
    private let isEnriched: Bool
    private let size: EventSize

    init(_ store: EventDataStore, _ environment: Environment) {
        var keys = store.contextKeys
        if environment.directory.role(named: Self.roleName, in: store.accountID) == nil { keys.resourceTags = [] }
        self.keys = keys
        isEnriched = store.isEnriched
        size = store.eventConfiguration?.isLarge == true ? .large : .standard
    }

    /// The record as the event data store keeps it.
    func record(of event: Event) -> [UInt8] {
        guard isEnriched, !event.context.isEmpty, let context = try? JSONValue(parsing: event.context) else {
            return size.fitted(event.body)
        }
        var writer = JSONWriter(capacity: event.context.count)
        writer.json(wanted(context, isSupported: Self.supports(event)))
        // The record is an object that has members.
        return size.fitted(event.body.dropLast() + Array(#","eventContext":"#.utf8) + writer.bytes + Array("}".utf8))
    }

    /// What is there for all event data stores, without what this one did not ask for.
    private func wanted(_ context: JSONValue, isSupported: Bool) -> JSONValue {
        let tags = context["tagContext"]
        let principal = tags?["principalTags"].map { $0.members { isSupported && asksForPrincipalTag($0) } } ?? []
        var resources: [JSONValue] = []
        if case .array(let all)? = tags?["resourceTags"] {
            for resource in all {
                guard let arn = resource["arn"], let own = resource["tags"]?.members(where: keys.resourceTags.contains),
                    !own.isEmpty
                else { continue }
                resources.append(
                    .object([JSONMember(key: "arn", value: arn), JSONMember(key: "tags", value: .object(own))]))
            }
        }
        var tagContext: [JSONMember] = []
        if !principal.isEmpty { tagContext.append(JSONMember(key: "principalTags", value: .object(principal))) }
        if !resources.isEmpty { tagContext.append(JSONMember(key: "resourceTags", value: .array(resources))) }
        let request = context["requestContext"]?.members { isSupported && keys.conditions.contains($0) } ?? []
        return .object([
            JSONMember(key: "requestContext", value: .object(request)),
            JSONMember(key: "tagContext", value: .object(tagContext)),
        ])
    }

    private func asksForPrincipalTag(_ key: String) -> Bool {
        keys.conditions.contains(EventContextKeys.principalTag + key)
    }

    /// Whether the condition keys of a service's requests are among what AWS tells; the tags of resources are for all services.
    private static func supports(_ event: Event) -> Bool {
        guard let source = event.attributes.first(where: { $0.name == "EventSource" })?.value else { return false }
        return services.contains(Substring(source.utf8.prefix { $0 != UInt8(ascii: ".") }))
    }

    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-context-events.html#condition-keys-supported-services>
    private static let services = Set(
        """
        acm acm-pca cloudtrail monitoring logs codebuild codecommit codedeploy cognito-sync comprehend comprehendmedical \
        voiceid controltower firehose ebs elasticloadbalancing social-messaging events scheduler fsx medical-imaging \
        iotevents iotfleetwise iotsitewise iottwinmaker iotwireless kendra kms lambda license-manager lookoutequipment \
        lookoutvision network-firewall payment-cryptography personalize proton rekognition sagemaker secretsmanager ses \
        sns sqs states storagegateway swf scn timestream timestream-influxdb transcribe transfer trustedadvisor \
        workspaces xray
        """.split(separator: " "))

    /// The condition keys that events can tell; the principal's tags can be asked for besides.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-context-events.html#condition-keys-supported>
    private static let conditionKeys = Set(
        """
        aws:FederatedProvider aws:TokenIssueTime aws:MultiFactorAuthAge aws:MultiFactorAuthPresent aws:SourceIdentity \
        aws:PrincipalAccount aws:PrincipalArn aws:PrincipalIsAWSService aws:PrincipalOrgID aws:PrincipalOrgPaths \
        aws:PrincipalServiceName aws:PrincipalServiceNamesList aws:PrincipalType aws:userid aws:username \
        aws:RequestedRegion aws:SecureTransport aws:ViaAWSService aws:CurrentTime aws:EpochTime aws:SourceAccount \
        aws:SourceOrgID
        """.split(separator: " ").map(String.init))

    /// - Throws: InvalidParameterException for a condition key that events can't tell.
    static func check(conditionKeys names: [String]) throws(ServiceError) {
        for name in names {
            let isTag = name.hasPrefix(EventContextKeys.principalTag) && name != EventContextKeys.principalTag
            guard isTag || conditionKeys.contains(name) else {
                throw .parameter("\(name) is not a condition key that CloudTrail can include in events.")
            }
        }
    }
}

extension EventDataStore {
    /// What its events are to tell besides.
    var contextKeys: EventContextKeys {
        var keys = EventContextKeys()
        for selector in eventConfiguration?.selectors ?? [] {
            if selector.type == EventConfiguration.tags {
                keys.resourceTags = Set(selector.keys)
            } else {
                keys.conditions = Set(selector.keys)
            }
        }
        return keys
    }

    /// Whether its events are to tell more than others.
    var isEnriched: Bool { eventConfiguration?.selectors.isEmpty == false }
}

extension JSONValue {
    /// The members of an object whose keys pass a test.
    fileprivate func members(where isWanted: (String) -> Bool) -> [JSONMember] {
        guard case .object(let members) = self else { return [] }
        return members.filter { isWanted($0.key) }
    }
}
