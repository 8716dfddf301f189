import EC2API
import Ledger
import Platform
import Policy
import Wire

// The options by which instances reach their metadata.
// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html>

extension StoredInstance.MetadataOptions {
    /// Those of a new instance: what its request says, else what the account has set, else what the image asks for.
    /// - Throws: InvalidParameterValue, and UnsupportedOperation where the account insists on tokens.
    init(
        _ asked: EC2.InstanceMetadataOptionsRequest?, _ defaults: EC2Settings.MetadataDefaults, _ image: StoredImage?
    ) throws(ServiceError) {
        self.init()
        let needsTokens = image?.imdsSupport == "v2.0"
        requiresTokens = (asked?.httpTokens ?? defaults.tokens ?? (needsTokens ? "required" : "optional")) == "required"
        hopLimit = asked?.httpPutResponseHopLimit ?? defaults.hopLimit ?? (needsTokens ? 2 : 1)
        isEnabled = (asked?.httpEndpoint ?? defaults.endpoint ?? "enabled") == "enabled"
        hasIPv6 = asked?.httpProtocolIpv6 == "enabled"
        hasTags = (asked?.instanceMetadataTags ?? defaults.tags ?? "disabled") == "enabled"
        try check(defaults)
    }

    /// Takes in what a request changes.
    /// - Throws: as the initializer.
    mutating func change(
        _ input: EC2.ModifyInstanceMetadataOptions.Input, _ defaults: EC2Settings.MetadataDefaults
    ) throws(ServiceError) {
        if let tokens = input.httpTokens { requiresTokens = tokens == "required" }
        if let limit = input.httpPutResponseHopLimit { hopLimit = limit }
        if let endpoint = input.httpEndpoint { isEnabled = endpoint == "enabled" }
        if let version6 = input.httpProtocolIpv6 { hasIPv6 = version6 == "enabled" }
        if let tags = input.instanceMetadataTags { hasTags = tags == "enabled" }
        try check(defaults)
    }

    private func check(_ defaults: EC2Settings.MetadataDefaults) throws(ServiceError) {
        guard (1...64).contains(hopLimit) else {
            throw .invalidValue(
                String(hopLimit), of: "httpPutResponseHopLimit", "The value must be between 1 and 64.")
        }
        guard requiresTokens || !isEnabled || defaults.tokensEnforced != "enabled" else {
            throw .ec2(
                "UnsupportedOperation",
                "You can't launch instances with IMDSv1 because httpTokensEnforced is enabled for this account. "
                    + "Either launch the instance with httpTokens=required or contact your account owner to disable "
                    + "httpTokensEnforced using the ModifyInstanceMetadataDefaults API or the account settings in the EC2 "
                    + "console.")
        }
    }

    var shown: EC2.InstanceMetadataOptionsResponse {
        EC2.InstanceMetadataOptionsResponse {
            $0.state = "applied"
            $0.httpTokens = requiresTokens ? "required" : "optional"
            $0.httpPutResponseHopLimit = hopLimit
            $0.httpEndpoint = isEnabled ? "enabled" : "disabled"
            $0.httpProtocolIpv6 = hasIPv6 ? "enabled" : "disabled"
            $0.instanceMetadataTags = hasTags ? "enabled" : "disabled"
        }
    }
}

extension EC2.ModifyInstanceMetadataOptions: WriteOperation, OnInstance {
    static func keys(_ input: Input) -> [String: ContextValue] {
        var keys: [String: ContextValue] = [:]
        let asked = [
            ("HttpTokens", input.httpTokens), ("HttpEndpoint", input.httpEndpoint),
            ("HttpPutResponseHopLimit", input.httpPutResponseHopLimit.map(String.init)),
            ("HttpProtocolIpv6", input.httpProtocolIpv6), ("InstanceMetadataTags", input.instanceMetadataTags),
        ]
        for (name, value) in asked {
            if let value { keys["ec2:attribute/\(name.lowercased())"] = .one(value) }
        }
        let names = asked.compactMap { $0.1 == nil ? nil : $0.0 }
        if let name = names.first { keys["ec2:attribute"] = names.count == 1 ? .one(name) : .many(names) }
        return keys
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var instance = try records.livingInstance(input.instanceId)
        try instance.metadataOptions.change(input, try records.settings().metadataDefaults)
        try records.put(instance)
        return Output {
            $0.instanceId = instance.id
            $0.instanceMetadataOptions = instance.metadataOptions.shown
        }
    }
}

extension EC2.GetInstanceMetadataDefaults: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) -> Output {
        let defaults = call.settings.metadataDefaults
        return Output {
            $0.accountLevel = EC2.InstanceMetadataDefaultsResponse {
                $0.httpTokens = defaults.tokens
                $0.httpPutResponseHopLimit = defaults.hopLimit
                $0.httpEndpoint = defaults.endpoint
                $0.instanceMetadataTags = defaults.tags
                $0.httpTokensEnforced = defaults.tokensEnforced
                $0.managedBy = "account"
            }
        }
    }
}

extension EC2.ModifyInstanceMetadataDefaults: WriteOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var settings = try records.settings()
        if let tokens = input.httpTokens { settings.metadataDefaults.tokens = preference(tokens) }
        if let endpoint = input.httpEndpoint { settings.metadataDefaults.endpoint = preference(endpoint) }
        if let tags = input.instanceMetadataTags { settings.metadataDefaults.tags = preference(tags) }
        if let enforced = input.httpTokensEnforced { settings.metadataDefaults.tokensEnforced = preference(enforced) }
        if let limit = input.httpPutResponseHopLimit {
            // -1 is no preference.
            guard limit == -1 || (1...64).contains(limit) else {
                throw .invalidValue(
                    String(limit), of: "httpPutResponseHopLimit", "The value must be -1, or between 1 and 64.")
            }
            settings.metadataDefaults.hopLimit = limit == -1 ? nil : limit
        }
        try records.put(settings)
        return Output { $0.return = true }
    }

    private static func preference(_ value: String) -> String? { value == "no-preference" ? nil : value }
}
