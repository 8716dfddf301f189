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

extension RecordReading {
    /// - Parameter missing: what is said when there is none.
    /// - Throws: NoSuchEntity; InvalidInput for the ARN of something else.
    fileprivate func provider(
        _ arn: String, missing: String? = nil
    ) throws(ServiceError) -> OpenIDConnectProvider {
        guard let parsed = ARN(parsing: arn), parsed.service == "iam", let (type, url) = parsed.typeAndRest,
            type == "oidc-provider"
        else { throw .invalidInput("Invalid Open ID Connect Provider ARN: \(arn)") }
        guard let provider = try get(OpenIDConnectProvider.self, String(url)), provider.arn == arn else {
            throw .noSuchEntity(missing ?? "OpenIDConnect Provider not found for arn \(arn)")
        }
        return provider
    }
}

protocol OnOpenIDConnectProvider: RecordOperation
where InputFields: IAM.WithOpenIDConnectProviderArn, Target == OpenIDConnectProvider {}

extension OnOpenIDConnectProvider {
    static func access(_ input: Input, _ keys: [String: ContextValue], _ call: Call) -> Authorization {
        let arn = input.openIDConnectProviderArn
        let tags = call.directory.openIDConnectProvider(arn: arn)?.tags ?? []
        return call.access(on: arn, ConditionKeys.resourceTags(tags, service: "iam").merging(keys) { $1 })
    }

    static func target(_ input: Input, _ call: Call, _ records: some RecordReading) throws(ServiceError)
        -> OpenIDConnectProvider
    {
        try records.provider(input.openIDConnectProviderArn)
    }
}

private enum ProviderRules {
    /// The issuer without `https://`. Unlike AWS, Gatehouse accepts a port: those who try out federation on one machine
    /// run their providers on ports.
    static func address(_ url: String) throws(ServiceError) -> (address: WebAddress, url: String) {
        guard let address = WebAddress(url) else {
            throw .validation("Invalid Open ID Connect Provider URL")
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
            throw IAM.Failure.openIdIdpCommunicationError(
                "The certificate of the OpenID Connect provider \(input.url) could not be retrieved.")
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

extension IAM.GetOpenIDConnectProvider: ReadOperation, OnOpenIDConnectProvider {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let provider = try records.provider(input.openIDConnectProviderArn)
        var output = Output()
        output.url = provider.url
        output.clientIDList = provider.clientIDs
        output.thumbprintList = provider.thumbprints
        output.createDate = Timestamp(secondsSinceEpoch: provider.createDate)
        output.tags = provider.tags.map(IAM.Tag.init)
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

/// Roles that trust the provider remain, but nobody can assume them through it any more.
extension IAM.DeleteOpenIDConnectProvider: DeleteOperation, OnOpenIDConnectProvider {
    static func target(
        _ input: Input, _ call: Call, _ records: some RecordReading
    ) throws(ServiceError) -> OpenIDConnectProvider {
        try records.provider(
            input.openIDConnectProviderArn, missing: "OpenId connect Provider ARN cannot be found.")
    }
}

extension IAM.AddClientIDToOpenIDConnectProvider: ChangeOperation, OnOpenIDConnectProvider {
    /// Adding one that is already there is no error.
    static func change(
        _ provider: inout OpenIDConnectProvider, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        provider.clientIDs = try ProviderRules.clientIDs(provider.clientIDs + [input.clientID])
    }
}

extension IAM.RemoveClientIDFromOpenIDConnectProvider: ChangeOperation, OnOpenIDConnectProvider {
    /// Removing one that is not there is no error.
    static func change(
        _ provider: inout OpenIDConnectProvider, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        provider.clientIDs.removeAll { $0 == input.clientID }
    }
}

extension IAM.UpdateOpenIDConnectProviderThumbprint: ChangeOperation, OnOpenIDConnectProvider {
    /// The new list takes the place of the old one.
    static func change(
        _ provider: inout OpenIDConnectProvider, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        provider.thumbprints = try ProviderRules.thumbprints(input.thumbprintList)
    }
}

extension IAM.TagOpenIDConnectProvider: TagOperation, OnOpenIDConnectProvider {}
extension IAM.UntagOpenIDConnectProvider: UntagOperation, OnOpenIDConnectProvider {}
extension IAM.ListOpenIDConnectProviderTags: ListTagsOperation, OnOpenIDConnectProvider {}
