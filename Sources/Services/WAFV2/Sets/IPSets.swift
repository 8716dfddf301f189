import Ledger
import Platform
import WAF
import WAFV2API
import Wire

// IP sets. <https://docs.aws.amazon.com/waf/latest/developerguide/waf-ip-set-managing.html>

extension Quota {
    /// <https://docs.aws.amazon.com/waf/latest/developerguide/limits.html>
    static let ipSets = Quota("IPSets", 100)
    static let ipSetAddresses = Quota("AddressesPerIPSet", 10_000)
}

extension WAFV2.CreateIPSet: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.accessToNew(StoredIPSet.type, scope: input.scope, name: input.name, tags: input.tags)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let head = WAFHead(
            call, name: input.name, scope: try WAFScope(input.scope, region: call.region),
            description: input.description, tags: try TagRules.ofWAF.new(input.tags))
        let set = StoredIPSet(
            head: head, addressVersion: input.ipAddressVersion,
            addresses: try IPAddresses.checked(input.addresses, input.ipAddressVersion, call))
        try records.checkIsNew(set, most: call.quotas[.ipSets])
        try records.put(set)
        return Output(summary: WAFV2.IPSetSummary(set))
    }
}

extension WAFV2.GetIPSet: ReadOperation, OnWAFResource {
    typealias Target = StoredIPSet

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let set = try records.resource(StoredIPSet.self, name: input.name, scope: input.scope, id: input.id)
        return Output {
            $0.ipSet = WAFV2.IPSet {
                $0.name = set.head.name
                $0.id = set.head.id
                $0.arn = set.arn
                $0.description = set.head.description
                $0.ipAddressVersion = set.addressVersion
                $0.addresses = set.addresses
            }
            $0.lockToken = set.head.lockToken
        }
    }
}

extension WAFV2.UpdateIPSet: WriteOperation, OnWAFResource {
    typealias Target = StoredIPSet

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var set = try records.locked(
            StoredIPSet.self, name: input.name, scope: input.scope, id: input.id, lockToken: input.lockToken)
        set.addresses = try IPAddresses.checked(input.addresses, set.addressVersion, call)
        set.head.description = input.description
        return Output(nextLockToken: try records.update(set))
    }
}

extension WAFV2.DeleteIPSet: WriteOperation, OnWAFResource {
    typealias Target = StoredIPSet

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let set = try records.locked(
            StoredIPSet.self, name: input.name, scope: input.scope, id: input.id, lockToken: input.lockToken)
        try records.checkIsUnused(set)
        try records.delete(set)
        return Output()
    }
}

extension WAFV2.ListIPSets: ReadOperation, OnAllOfWAF {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let scope = try WAFScope(input.scope, region: call.region)
        let page = try records.page(StoredIPSet.self, try WAFPage.paging(input.nextMarker, input.limit)) {
            $0.head.scope == scope
        }
        return Output {
            $0.ipSets = page.items.map { WAFV2.IPSetSummary($0) }
            $0.nextMarker = page.marker
        }
    }
}

extension WAFV2.IPSetSummary {
    init(_ set: StoredIPSet) {
        self.init {
            $0.name = set.head.name
            $0.id = set.head.id
            $0.description = set.head.description ?? ""
            $0.lockToken = set.head.lockToken
            $0.arn = set.arn
        }
    }
}

/// The addresses of an IP set.
enum IPAddresses {
    /// - Returns: each network once, as AWS shows it.
    /// - Throws: WAFInvalidParameterException for what is no network of the version, or all addresses;
    ///   WAFLimitsExceededException.
    static func checked(_ texts: [String], _ version: String, _ call: Call) throws(ServiceError) -> [String] {
        guard texts.count <= call.quotas[.ipSetAddresses] else { throw .limitsExceeded }
        var seen: Set<WAF.Network> = []
        var result: [String] = []
        for text in texts {
            // All networks but /0 may be given.
            guard let network = WAF.Network(text), network.length > 0,
                network.address.version == (version == "IPV4" ? 4 : 6)
            else { throw .invalid(.ipAddress, text, .format) }
            if seen.insert(network).inserted { result.append(network.description) }
        }
        return result
    }
}
