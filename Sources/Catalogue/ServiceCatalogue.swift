import BundledData
import Synchronization

/// What AWS's services are made of: their actions, resource types and condition keys, as they ship with the program.
///
/// ```swift
/// let catalogue = ServiceCatalogue.aws
/// let key = catalogue.conditionKey("aws:SourceIp")
/// let uploads = catalogue.service("s3")?.actions(matching: "*MultipartUpload*") ?? []
/// ```
///
/// Making the catalogue reads one short head line for each service. A service's own lines are read when it is first
/// asked for, and kept. It may be used from any number of threads.
///
/// The data are the names, patterns and relations of AWS's pages, as of the day on which
/// `Tools/generate-service-catalogue` last ran. A service or action that is newer is unknown, which is not proof that
/// it does not exist.
///
/// AWS: Service Authorization Reference, `reference_policies_actions-resources-contextkeys.html`.
public final class ServiceCatalogue: Sendable {
    /// The catalogue that ships with the program. Its index is made at first use, in about a millisecond.
    public static let aws = ServiceCatalogue(
        UnsafeRawBufferPointer(start: gatehouse_service_catalogue(), count: gatehouse_service_catalogue_length()))

    /// The prefixes of all services, as in `s3:GetObject`, sorted; without "aws", which is the global condition keys'.
    public let prefixes: [String]

    /// What AWS calls the services, by their prefixes: "iam" → "AWS Identity and Access Management (IAM)".
    public let names: [String: String]

    private let blocks: [String: Block]
    /// By the service that an ARN names: "s3" → ["s3", "s3express", …].
    private let prefixesByARNService: [String: [String]]
    private let read = Mutex<[String: CatalogueService]>([:])

    /// A service's lines, in memory that lives as long as the program.
    private struct Block: Sendable {
        nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    }

    /// - Parameter data: as `Tools/generate-service-catalogue` writes it, in memory that stays. What is not of that
    ///   form ends the catalogue.
    init(_ data: UnsafeRawBufferPointer) {
        var blocks: [String: Block] = [:]
        var byARNService: [String: [String]] = [:]
        var prefixes: [String] = []
        var names: [String: String] = [:]
        blocks.reserveCapacity(512)
        var rest = data[...]
        while let lineEnd = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let head = String(decoding: rest[..<lineEnd], as: UTF8.self)
                .split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
            rest = rest[(lineEnd + 1)...]
            guard head.count == 4, let length = Int(head[1]), length >= 0, length <= rest.count else { break }
            let prefix = String(head[0])
            blocks[prefix] = Block(bytes: UnsafeRawBufferPointer(rebasing: rest.prefix(length)))
            if prefix != Self.globalPrefix {
                prefixes.append(prefix)
                names[prefix] = String(head[3])
            }
            for service in head[2].split(separator: ",") { byARNService[String(service), default: []].append(prefix) }
            rest = rest.dropFirst(length)
        }
        self.blocks = blocks
        self.prefixes = prefixes.sorted()
        self.names = names
        prefixesByARNService = byARNService
    }

    private static let globalPrefix = "aws"

    /// The service with this prefix, in any case of letters; "aws" has the global condition keys.
    /// - Returns: nil where there is no such service. Two services with one prefix are one here.
    /// - Complexity: O(1), but for the first time, when the service's lines are read.
    public func service(_ prefix: some StringProtocol) -> CatalogueService? {
        let prefix = prefix.lowercased()
        guard let block = blocks[prefix] else { return nil }
        return read.withLock { read in
            if let service = read[prefix] { return service }
            let service = CatalogueService(prefix: prefix, lines: block.bytes)
            read[prefix] = service
            return service
        }
    }

    /// Whether actions can have this prefix: "s3" but not "aws". Reads nothing.
    public func hasService(_ prefix: some StringProtocol) -> Bool {
        let prefix = prefix.lowercased()
        return prefix != Self.globalPrefix && blocks[prefix] != nil
    }

    /// Whether an ARN can name this service: "elasticloadbalancing", say, or "s3".
    public func hasARNService(_ name: String) -> Bool { prefixesByARNService[name] != nil || hasService(name) }

    /// The resource types whose ARNs name this service; empty where none is known.
    ///
    /// Several prefixes may share one namespace, so these can come from several services.
    public func resourceTypes(ofARNService name: String) -> [CatalogueService.ResourceType] {
        (prefixesByARNService[name] ?? []).flatMap { prefix in
            service(prefix)?.resourceTypes.filter { $0.arn.service == name } ?? []
        }
    }

    /// The prefix that looks most like this one, for "did you mean"; nil where none does.
    /// - Complexity: O(number of services × length²).
    public func nearestPrefix(to prefix: String) -> String? { nearest(to: prefix, among: prefixes) }

    /// The condition key of this name, whichever service has it.
    /// - Parameter name: with its prefix. What follows a slash may be anything where the key has `${TagKey}`. The keys
    ///   of identity providers, such as "accounts.google.com:sub", are found, too.
    public func conditionKey(_ name: String) -> CatalogueService.ConditionKey? {
        guard let colon = name.firstIndex(of: ":") else { return nil }
        let service = service(name[..<colon]) ?? service(Self.holder(ofKeysOf: name[..<colon]))
        return service?.conditionKey(name)
    }

    /// Keys of identity providers ("saml:aud", "accounts.google.com:sub") stand among those of STS.
    private static func holder(ofKeysOf prefix: Substring) -> String {
        switch prefix.lowercased() {
        case "identitycenter": "identitystore"
        case "cognito-identity-auth", "cognito-identity-unauth": "cognito-identity"
        case "catalog": "aws-marketplace"
        default: "sts"
        }
    }
}
