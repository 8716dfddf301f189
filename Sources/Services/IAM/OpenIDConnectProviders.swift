import Directory
import Fetch
import IAMAPI
import OIDC
import Platform
import Policy
import Wire

// OpenID Connect providers. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html>

private let mostClientIDs = 100
private let mostThumbprints = 5

extension Call {
    fileprivate func access(onProvider arn: String, _ context: [String: ContextValue] = [:]) -> Authorization {
        let tags = directory.openIDConnectProvider(arn: arn)?.tags ?? []
        return access(on: arn, ConditionKeys.resourceTags(tags, service: "iam").merging(context) { $1 })
    }
}

extension RecordReading {
    /// - Throws: NoSuchEntity; InvalidInput for the ARN of something else.
    fileprivate func provider(_ arn: String) throws(ServiceError) -> OpenIDConnectProvider {
        guard let parsed = ARN(parsing: arn), parsed.service == "iam", let (type, url) = parsed.typeAndRest,
            type == "oidc-provider"
        else { throw .invalidInput("Invalid Open ID Connect Provider ARN: \(arn)") }
        guard let provider = try get(OpenIDConnectProvider.self, String(url)), provider.arn == arn else {
            throw .noSuchEntity("OpenIDConnect Provider not found for arn \(arn)")
        }
        return provider
    }
}

private enum ProviderRules {
    /// The issuer without `https://`. Other than AWS, which wants none, Gatehouse takes a port: who tries out
    /// federation on one machine has providers on ports.
    static func address(_ url: String) throws(ServiceError) -> (address: WebAddress, url: String) {
        guard let address = WebAddress(url) else {
            throw .invalidInput("Invalid Open ID Connect Provider URL")
        }
        return (address, String(url.dropFirst("https://".count)))
    }

    static func clientIDs(_ ids: [String]) throws(ServiceError) -> [String] {
        var unique: [String] = []
        for id in ids where !unique.contains(id) { unique.append(id) }
        guard unique.count <= mostClientIDs else {
            throw .quotaExceeded("ClientIdsPerOpenIdConnectProvider", mostClientIDs)
        }
        return unique
    }

    static func thumbprints(_ thumbprints: [String]) throws(ServiceError) -> [String] {
        guard thumbprints.count <= mostThumbprints else {
            throw .invalidInput("Thumbprint list must contain fewer than \(mostThumbprints) entries.")
        }
        for thumbprint in thumbprints {
            guard thumbprint.utf8.allSatisfy({ isHexDigit($0) }) else {
                throw .invalidInput("Thumbprint must contain only hexadecimal digits: \(thumbprint)")
            }
        }
        return thumbprints
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }
}

extension IAM.CreateOpenIDConnectProvider: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let url = try ProviderRules.address(input.url).url
        return call.access(
            creating: OpenIDConnectProvider.arn(url: url, in: call.accountID), input.tags,
            taggedBy: "TagOpenIDConnectProvider")
    }

    /// The thumbprints, asked of the provider's server when the request has none.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> [String] {
        if let given = input.thumbprintList, !given.isEmpty { return try ProviderRules.thumbprints(given) }
        let address = try ProviderRules.address(input.url).address
        do throws(OIDCError) {
            return [try await call.environment.openIDProviders.thumbprint(of: address)]
        } catch {
            throw ServiceError(
                "OpenIdIdpCommunicationError",
                "The certificate of the OpenID Connect provider \(input.url) could not be retrieved.", status: 400)
        }
    }

    public static func handle(
        _ input: Input, _ thumbprints: [String], _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let url = try ProviderRules.address(input.url).url
        guard try records.get(OpenIDConnectProvider.self, url) == nil else {
            throw .entityAlreadyExists("Provider with url \(input.url) already exists.")
        }
        let quota = call.quotas[.openIDConnectProviders]
        guard try records.count(OpenIDConnectProvider.self) < quota else {
            throw .quotaExceeded("OpenIdConnectProvidersPerAccount", quota)
        }
        let provider = OpenIDConnectProvider(
            accountID: call.accountID, url: url, createDate: call.time,
            clientIDs: try ProviderRules.clientIDs(input.clientIDList ?? []), thumbprints: thumbprints,
            tags: try TagRules.ofResources.new(input.tags))
        try records.put(provider)
        var output = Output()
        output.openIDConnectProviderArn = provider.arn
        if !provider.tags.isEmpty { output.tags = provider.tags.map(IAM.Tag.init) }
        return output
    }
}

extension IAM.GetOpenIDConnectProvider: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onProvider: input.openIDConnectProviderArn)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let provider = try records.provider(input.openIDConnectProviderArn)
        var output = Output()
        output.url = provider.url
        output.clientIDList = provider.clientIDs
        output.thumbprintList = provider.thumbprints
        output.createDate = Timestamp(secondsSinceEpoch: provider.createDate)
        if !provider.tags.isEmpty { output.tags = provider.tags.map(IAM.Tag.init) }
        return output
    }
}

extension IAM.ListOpenIDConnectProviders: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(on: "*")
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        return Output(
            openIDConnectProviderList: try records.list(OpenIDConnectProvider.self).map { provider in
                var entry = IAM.OpenIDConnectProviderListEntry()
                entry.arn = provider.arn
                return entry
            })
    }
}

extension IAM.DeleteOpenIDConnectProvider: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onProvider: input.openIDConnectProviderArn)
    }

    /// Roles that trust the provider stay; nobody can assume them by it any more.
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.delete(try records.provider(input.openIDConnectProviderArn))
        return Output()
    }
}

extension IAM.AddClientIDToOpenIDConnectProvider: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onProvider: input.openIDConnectProviderArn)
    }

    /// One that is there already does not matter.
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var provider = try records.provider(input.openIDConnectProviderArn)
        provider.clientIDs = try ProviderRules.clientIDs(provider.clientIDs + [input.clientID])
        try records.put(provider)
        return Output()
    }
}

extension IAM.RemoveClientIDFromOpenIDConnectProvider: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onProvider: input.openIDConnectProviderArn)
    }

    /// One that is not there does not matter.
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var provider = try records.provider(input.openIDConnectProviderArn)
        provider.clientIDs.removeAll { $0 == input.clientID }
        try records.put(provider)
        return Output()
    }
}

extension IAM.UpdateOpenIDConnectProviderThumbprint: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onProvider: input.openIDConnectProviderArn)
    }

    /// The new list takes the place of the old one.
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var provider = try records.provider(input.openIDConnectProviderArn)
        provider.thumbprints = try ProviderRules.thumbprints(input.thumbprintList)
        try records.put(provider)
        return Output()
    }
}

extension IAM.TagOpenIDConnectProvider: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onProvider: input.openIDConnectProviderArn, requestTags(input.tags))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var provider = try records.provider(input.openIDConnectProviderArn)
        provider.tags = try TagRules.ofResources.merge(input.tags, into: provider.tags)
        try records.put(provider)
        return Output()
    }
}

extension IAM.UntagOpenIDConnectProvider: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onProvider: input.openIDConnectProviderArn, tagKeys(input.tagKeys))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var provider = try records.provider(input.openIDConnectProviderArn)
        provider.tags = TagRules.ofResources.remove(input.tagKeys, from: provider.tags)
        try records.put(provider)
        return Output()
    }
}

extension IAM.ListOpenIDConnectProviderTags: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onProvider: input.openIDConnectProviderArn)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let provider = try records.provider(input.openIDConnectProviderArn)
        let page = page(provider.tags, by: \.key, try Paging(input))
        return Output(page.items.map(IAM.Tag.init), next: page.marker)
    }
}
