public import WAF
import Wire

/// What a detector knows besides the call.
public struct Surroundings: Sendable {
    /// Addresses whose calls make no findings.
    public var trusted: AddressLists
    /// Addresses that are known for attacks.
    public var threats: AddressLists
    /// The exits of the Tor network.
    public var tor: AddressLists
    /// Whether the data events of S3 are looked at.
    public var looksAtData = true
    /// The addresses that an instance has, and its account; nil: it is not known.
    public var instance: @Sendable (_ id: String) -> (account: String, addresses: Set<String>)?
    /// The account whose instance or interface has a public address; nil: none of here.
    public var owner: @Sendable (_ address: String) -> String?
    /// Whether an account is looked after by the same administrator.
    public var isAffiliated: @Sendable (_ account: String) -> Bool
    /// The country of an address; nil: it is not known.
    public var country: @Sendable (IPAddress) -> String?
    /// Whether a bucket's or its account's Block Public Access restricts what its policies and lists give to everybody.
    public var isRestricted: @Sendable (_ bucket: String) -> Bool

    /// Knows nothing.
    public init(
        trusted: AddressLists = AddressLists(), threats: AddressLists = AddressLists(),
        tor: AddressLists = AddressLists()
    ) {
        (self.trusted, self.threats, self.tor) = (trusted, threats, tor)
        instance = { _ in nil }
        owner = { _ in nil }
        isAffiliated = { _ in false }
        country = { _ in nil }
        isRestricted = { _ in false }
    }
}

/// The detectors that need nothing but the call.
enum CallRules {
    static func detections(_ call: ObservedCall, _ around: Surroundings) -> [Detection] {
        var found: [Detection] = []
        if let use = rootUse(call) { found.append(use) }
        if let system = AttackSystem.named(in: call.userAgent) { found += penTest(call, system) }
        found += addressRules(call, around)
        if let stolen = credentialUse(call, around) { found.append(stolen) }
        if !call.isOfData { found += change(call, around) }
        return found
    }

    /// Whether a service has called in the course of somebody's own call, which counts by itself.
    private static func isInCourse(_ call: ObservedCall) -> Bool { call.invokedBy != nil }

    // MARK: - Who

    private static func rootUse(_ call: ObservedCall) -> Detection? {
        guard call.actor.type == "Root", !isInCourse(call) else { return nil }
        if call.actor.isAssumedRoot {
            return Detection(
                .shortRootUse, call, title: "The API \(call.name) was invoked using restricted root credentials.",
                description: "The API \(call.name) of \(call.source) was invoked with a session of AssumeRoot in "
                    + "account \(call.actor.accountID), from \(call.sourceAddress).",
                identity: [call.actor.id, call.api])
        }
        // Signing in is told by what is then done; a failed attempt uses nothing.
        if call.name == "ConsoleLogin", !call.succeeded { return nil }
        return Detection(
            .rootUse, call, title: "The API \(call.name) was invoked using root credentials.",
            description: "The API \(call.name) of \(call.source) was invoked using root credentials from IP address "
                + "\(call.sourceAddress).", identity: [call.actor.id, call.api])
    }

    private static func penTest(_ call: ObservedCall, _ system: String) -> [Detection] {
        guard !isInCourse(call) else { return [] }
        let name = system.replacing("Linux", with: " Linux")
        let isOfS3 = call.isOfData && call.bucket != nil
        guard isOfS3 || !call.isOfData else { return [] }
        return [
            Detection(
                .penTest(system, ofData: isOfS3), call,
                title: "\(name) invoked \(isOfS3 ? "S3 APIs" : "API calls") commonly used in penetration tests.",
                description: "\(call.name) of \(call.source) was called by \(call.actor.described) from a machine that "
                    + "calls itself \(name): \(call.userAgent)",
                identity: isOfS3 ? [call.actor.id, call.bucket ?? "", system] : [call.actor.id, system])
        ]
    }

    // MARK: - From where

    private static func addressRules(_ call: ObservedCall, _ around: Surroundings) -> [Detection] {
        guard let address = call.address, !isInCourse(call) else { return [] }
        var found: [Detection] = []
        let threats = around.threats.lists(with: address)
        for isCustom in [false, true] {
            let names = threats.filter { $0.isCustom == isCustom }.map(\.name)
            guard !names.isEmpty, let type = type(of: call, custom: isCustom) else { continue }
            found.append(of(call, type, address, names))
        }
        let exits = around.tor.lists(with: address).map(\.name)
        if !exits.isEmpty, let type = torType(of: call) { found.append(of(call, type, address, exits)) }
        return found
    }

    private static func type(of call: ObservedCall, custom: Bool) -> FindingType? {
        if call.isOfData {
            guard call.bucket != nil, let use = DataUse(call.name) else { return nil }
            guard custom else { return .maliciousIPOfData(use.purpose, custom: false) }
            return .maliciousIPOfData(use == .list ? "Discovery" : "UnauthorizedAccess", custom: true)
        }
        return .maliciousIP(call.isReadOnly ? "Recon" : "UnauthorizedAccess", custom: custom)
    }

    private static func torType(of call: ObservedCall) -> FindingType? {
        if call.isOfData {
            guard call.bucket != nil, let use = DataUse(call.name) else { return nil }
            return .torOfData(use == .list ? "Discovery" : "UnauthorizedAccess")
        }
        return .tor(call.isReadOnly ? "Recon" : "UnauthorizedAccess")
    }

    private static func of(
        _ call: ObservedCall, _ type: FindingType, _ address: IPAddress, _ lists: [String]
    ) -> Detection {
        let place = type.name.contains("Tor") ? "a Tor exit node" : "an IP address on the list \(lists[0])"
        var detection = Detection(
            type, call, title: "\(call.name) was invoked from \(place).",
            description: "\(call.actor.described) called \(call.name) of \(call.source) from \(address), "
                + "which \(lists.joined(separator: ", ")) has.",
            identity: [call.actor.id, call.isOfData ? call.bucket ?? "" : call.api, address.description])
        detection.lists = lists
        return detection
    }

    /// Credentials of an instance that are used elsewhere.
    private static func credentialUse(_ call: ObservedCall, _ around: Surroundings) -> Detection? {
        guard let id = call.actor.instanceID, !isInCourse(call) else { return nil }
        // One that is gone has no address any more.
        let instance = around.instance(id) ?? (account: call.actor.accountID, addresses: [])
        var remote: String?
        if let account = call.endpointAccount {
            guard account != instance.account else { return nil }
            remote = account
        } else {
            guard let address = call.address, !instance.addresses.contains(address.description) else { return nil }
            if let owner = around.owner(address.description) {
                guard owner != instance.account else { return nil }
                remote = owner
            }
        }
        let type: FindingType = remote == nil ? .credentialsOutside : .credentialsInside
        let place = remote == nil ? "an external IP address" : "a remote AWS account"
        let isAffiliated = remote.map { around.isAffiliated($0) } ?? false
        let owner = remote.map { " of account \($0)" } ?? ""
        var detection = Detection(
            type, call, title: "Credentials for the EC2 instance role \(call.actor.userName) were used from \(place).",
            description: "Credentials that were made for EC2 instance \(id) by its role \(call.actor.userName) were "
                + "used for \(call.name) of \(call.source) from \(call.sourceAddress)\(owner), which is none of the "
                + "instance's addresses (\(instance.addresses.sorted().joined(separator: ", "))).",
            // Less is at stake among one's own accounts: as AWS has it.
            severity: isAffiliated ? 5 : nil, identity: [call.actor.id, id, remote ?? call.sourceAddress])
        detection.remoteAccount = remote
        detection.isAffiliated = isAffiliated
        detection.instanceID = id
        detection.unusual = [
            Detection.Unusual(
                "network", seen: remote.map { "\(call.sourceAddress) of account \($0)" } ?? call.sourceAddress,
                usual: "the instance's own addresses: \(instance.addresses.sorted().joined(separator: ", "))")
        ]
        return detection
    }
}

extension ObservedCall.Actor {
    /// Who, in a sentence.
    var described: String {
        switch type {
        case "Root": "the root user of account \(accountID)"
        case "IAMUser": "user \(userName)"
        case "AssumedRole": "role \(userName) (session \(sessionName ?? ""))"
        case "FederatedUser": "federated user \(arn)"
        default: type == "AWSAccount" && accountID == "ANONYMOUS_PRINCIPAL" ? "an anonymous caller" : "\(type) \(arn)"
        }
    }
}
