import Fetch
import Ledger
public import Platform
import VPC

/// What the resolver of a VPC knows: the names of its instances, and those that lead to this installation. It asks nobody else.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html>
public struct VPCNames: Sendable {
    private let environment: Environment
    private let vpc: VPCPlace
    private let services: String

    /// The numbers of RFC 1035.
    private static let (address, pointer): (UInt16, UInt16) = (1, 12)
    /// Below these names are AWS's services.
    private static let awsNames = ["amazonaws.com", "api.aws"]

    /// - Parameters:
    ///   - vpc: whose instances ask.
    ///   - services: the address at which they find this installation.
    public init(_ environment: Environment, in vpc: VPCPlace, services: String) {
        self.environment = environment
        self.vpc = vpc
        self.services = services
    }

    /// What is said of a question; nil: nothing, as the VPC has no resolver.
    public func answer(_ question: NameQuestion) -> NameAnswer? {
        let estate = environment.projection(EC2Index.self).estate(scope)
        guard let stored = estate.get(StoredVPC.self, vpc.id), stored.hasDNS else { return nil }
        let name = question.name
        if name.hasSuffix(".in-addr.arpa") { return reverse(question, stored, estate) }
        let zone = Self.zone(in: vpc.region)
        if name == zone || name.hasSuffix("." + zone) {
            guard stored.hasDNSHostnames else { return .noSuchName }
            if name == zone { return .records([]) }
            return own(name, estate).map { records($0, question) } ?? .noSuchName
        }
        if Self.isPublic(name) {
            guard stored.hasDNSHostnames else { return .noSuchName }
            return ofPublic(name, estate).map { records($0, question) } ?? .noSuchName
        }
        return isOfServices(name) ? records(services, question) : .refused
    }

    private var scope: Scope { Scope(account: vpc.accountID, region: vpc.region) }

    private func records(_ address: String, _ question: NameQuestion) -> NameAnswer {
        .records(question.type == Self.address ? [.address(address)] : [])
    }

    /// Below it are the private names of a Region.
    static func zone(in region: String) -> String {
        region == "us-east-1" ? "ec2.internal" : "\(region).compute.internal"
    }

    // MARK: Instances

    /// The address of a private name.
    private func own(_ name: String, _ estate: EC2Estate) -> String? {
        if name == "instance-data." + Self.zone(in: vpc.region) { return "169.254.169.254" }
        guard let address = Self.address(in: name, after: "ip-"),
            EC2HostNames.privateName(address, in: vpc.region) == name,
            estate.interface(at: address, in: vpc.id) != nil
        else { return nil }
        return address
    }

    private static func isPublic(_ name: String) -> Bool {
        name.hasSuffix(".compute.amazonaws.com") || name.hasSuffix(".compute-1.amazonaws.com")
    }

    /// The address of a public name: within the VPC the private one.
    private func ofPublic(_ name: String, _ estate: EC2Estate) -> String? {
        guard let address = Self.address(in: name, after: "ec2-"),
            EC2HostNames.publicName(address, in: vpc.region) == name
        else { return nil }
        for interface in estate.each(StoredNetworkInterface.self) {
            guard let found = interface.addresses.first(where: { $0.publicAddress == address }) else { continue }
            return interface.vpcID == vpc.id ? found.privateAddress : address
        }
        return nil
    }

    /// `10.0.0.7`, of `ip-10-0-0-7.ec2.internal`.
    private static func address(in name: String, after beginning: String) -> String? {
        guard name.hasPrefix(beginning) else { return nil }
        let address = name.dropFirst(beginning.count).prefix { $0 != "." }.split(separator: "-").joined(separator: ".")
        return NetworkAddress(address).flatMap { $0.isVersion6 ? nil : $0.description }
    }

    /// The name of an address: `7.0.0.10.in-addr.arpa`.
    private func reverse(_ question: NameQuestion, _ stored: StoredVPC, _ estate: EC2Estate) -> NameAnswer {
        let text = question.name.dropLast(".in-addr.arpa".count).split(separator: ".").reversed().joined(separator: ".")
        guard let address = NetworkAddress(text), !address.isVersion6,
            stored.blocks.contains(where: { CIDRBlock($0.block)?.contains(address) == true })
        else { return .refused }
        guard stored.hasDNSHostnames, estate.interface(at: address.description, in: vpc.id) != nil else {
            return .noSuchName
        }
        let name = EC2HostNames.privateName(address.description, in: vpc.region)
        return .records(question.type == Self.pointer ? [.pointer(name)] : [])
    }

    // MARK: Services

    /// Whether a name leads to this installation: it is AWS's, or the one by which the world reaches it, or below one of those.
    private func isOfServices(_ name: String) -> Bool {
        var all = Self.awsNames
        if let host = WebAddress(environment.publicAddress.url, mayBePlain: true)?.host.lowercased(),
            host != "localhost", !host.contains(":"), NetworkAddress(host) == nil
        {
            all.append(host)
        }
        return all.contains { name == $0 || name.hasSuffix("." + $0) }
    }

    // MARK: What instances are told

    /// What `/etc/resolv.conf` of the VPC's instances says, as its DHCP options have it; nil: there is no such VPC.
    public var configuration: String? {
        let estate = environment.projection(EC2Index.self).estate(scope)
        guard let stored = estate.get(StoredVPC.self, vpc.id) else { return nil }
        var lines = ["# By the DHCP options of \(vpc.id)."]
        for option in estate.get(StoredDHCPOptions.self, stored.dhcpOptionsID)?.options ?? [] {
            switch option.key {
            case "domain-name-servers":
                for value in option.values {
                    let server = value == "AmazonProvidedDNS" ? Self.resolver(of: stored) : NetworkAddress(value)
                    if let server { lines.append("nameserver \(server)") }
                }
            case "domain-name":
                let domains = option.values.flatMap { $0.split(separator: " ") }.filter(Self.isDomain)
                if !domains.isEmpty { lines.append("search \(domains.joined(separator: " "))") }
            default: break
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func resolver(of vpc: StoredVPC) -> NetworkAddress? {
        vpc.blocks.first.flatMap { CIDRBlock($0.block) }.map { NetworkAddress($0.first.value &+ 2, isVersion6: false) }
    }

    /// What is written to a file of lines and words.
    private static func isDomain(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-._".utf8.contains(byte)
        }
    }
}
