import Edge
public import Platform
public import Wire

/// The metadata service, as it is reached by Gatehouse's own address: for programs that have no network of an instance's.
///
/// Below `/_gatehouse/instances/SECRET` lies the metadata of the instance that is sealed in the secret; `SECRET/latest/…` is what
/// SDKs make of `AWS_EC2_METADATA_SERVICE_ENDPOINT`. `/_gatehouse/instance-identity/REGION.pem` has the certificates that identity
/// documents are verified by. No bucket has such names.
public struct MetadataSite: Site {
    private static let certificates = "/_gatehouse/instance-identity/"

    private let environment: Environment
    let addresses: MetadataAddresses
    let responder: MetadataResponder

    /// - Throws: InternalFailure when the keyring can't provide a key.
    public init(_ environment: Environment) throws(ServiceError) {
        self.environment = environment
        addresses = try MetadataAddresses(environment)
        responder = try MetadataResponder(environment)
    }

    /// Gatehouse's own address.
    var publicURL: String { environment.publicAddress.url }

    public var bodyLimit: Int { 4096 }

    public func takes(_ request: WireRequest) -> Bool {
        request.path.hasPrefix(MetadataAddresses.root) || request.path == MetadataAddresses.container
            || request.path.hasPrefix(Self.certificates)
    }

    public func respond(to arrival: SiteRequest) async -> WireResponse {
        let request = arrival.request
        if request.path == MetadataAddresses.container {
            let secret = request.header("authorization") ?? ""
            return await responder.container(request, of: addresses.open(secret, for: .container))
        }
        if request.path.hasPrefix(Self.certificates) { return await certificates(request) }
        let rest = request.path.dropFirst(MetadataAddresses.root.count)
        let secret = rest.prefix { $0 != "/" }
        guard let name = addresses.open(secret, for: .metadata) else { return responder.failure(404) }
        return await responder.answer(
            request, at: String(rest.dropFirst(secret.count)), of: name, isIPv6: false)
    }

    /// The certificates of a Region, the newest first.
    private func certificates(_ request: WireRequest) async -> WireResponse {
        let name = request.path.dropFirst(Self.certificates.count)
        let end = ".pem"
        let region = String(name.dropLast(end.count))
        guard request.method == "GET" || request.method == "HEAD", name.hasSuffix(end),
            region == environment.region || Regions.needsOptIn(region) != nil
        else { return responder.failure(404) }
        do throws(ServiceError) {
            _ = try await environment.identitySigner(in: region)
            let texts = environment.projection(IdentityKeyIndex.self).signers(in: region).map(\.certificate)
            return WireResponse(
                status: 200, headers: [(name: "content-type", value: "application/x-pem-file")],
                body: Array((texts.joined(separator: "\n") + "\n").utf8))
        } catch {
            return responder.failure(503)
        }
    }
}

/// The metadata service as one instance sees it: all that comes by a door that nobody else has.
struct InstanceSite: Site {
    let site: MetadataSite
    let name: InstanceName

    var bodyLimit: Int { 4096 }

    func takes(_ request: WireRequest) -> Bool { true }

    func isHost(_ host: String) -> Bool { true }

    func respond(to arrival: SiteRequest) async -> WireResponse {
        let request = arrival.request
        if request.path.hasPrefix(MetadataAddresses.relative) {
            let secret = request.path.dropFirst(MetadataAddresses.relative.count)
            let asked = site.addresses.open(secret, for: .container)
            return await site.responder.container(request, of: asked == name ? asked : nil)
        }
        var response = await site.responder.answer(
            request, at: request.path, of: name, isIPv6: arrival.address.contains(":"))
        if request.method == "PUT", response.status == 200, let limit = site.responder.hopLimit(of: name) {
            response.headers.append((name: HopLimit.header, value: "\(limit)"))
        }
        return response
    }
}
