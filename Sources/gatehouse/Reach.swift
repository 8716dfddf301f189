import ArgumentParser
import Server
import VPC

struct Reach: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reach",
        abstract: "What reaches an instance, and which way?",
        discussion: """
            gatehouse reach i-0123456789abcdef0
            gatehouse reach i-0123456789abcdef0 --port 22 --from 203.0.113.0/24
            gatehouse reach i-0123456789abcdef0 --from i-0fedcba9876543210

            From the internet, from a block of addresses, or from another instance of the VPC. It is computed of routes, \
            network ACLs and security groups for all packets at once; none is sent, and the instance needn't run. What doesn't \
            get its answer counts as not reaching. Exit status: 0, 1 if nothing reaches it, 2 if something can't be read.
            """)

    @Argument(help: "The instance, or one of its network interfaces.")
    var instance: String

    @Option(
        help: ArgumentHelp(
            "From where: a block of addresses, or an instance or network interface of the VPC (default: the internet).",
            valueName: "CIDR|id"))
    var from: String?

    @Option(
        name: .customLong("protocol"),
        help: ArgumentHelp("Only this protocol: tcp, udp, icmp, icmpv6, or a number.", valueName: "protocol"))
    var protocolName: String?

    @Option(help: ArgumentHelp("Only this port, of TCP and UDP, or of what --protocol says.", valueName: "port"))
    var port: UInt16?

    @OptionGroup var formatOption: ListFormatOption
    @OptionGroup var placeOptions: PlaceOptions

    func validate() throws {
        guard Self.isID(instance) else {
            throw ValidationError(
                "'\(instance)' is neither an instance's id nor a network interface's: i-0123456789abcdef0, "
                    + "eni-0123456789abcdef0.")
        }
        _ = try origin()
        _ = try services()
    }

    func run() async throws {
        let (origin, services, place) = (try origin(), try services(), try placeOptions.place())
        let networks: RecordedNetworks
        do {
            networks = try RecordedNetworks(place)
        } catch {
            fail("\(error)", status: 2)
        }
        let reports = found(instance, networks).flatMap { target in
            switch origin {
            case .internet: [ReachReport(internetTo: target, .all, services)]
            case .block(let block): ReachReport.all(from: block, to: target, services)
            case .interfaces(let id):
                found(id, networks).map { ReachReport(from: $0.interfaceID, to: target, services) }
            }
        }
        switch formatOption.format {
        case .text: print(reports.map(\.text).joined(separator: "\n\n"))
        case .json: print(try PrintedJSON.of(reports))
        }
        if reports.allSatisfy(\.ways.isEmpty) { throw ExitCode(1) }
    }

    private func found(_ id: String, _ networks: RecordedNetworks) -> [RecordedNetworks.Found] {
        let found = networks.interfaces(of: id)
        if found.isEmpty { fail("There is no instance and no network interface \(id) here.", status: 2) }
        return found
    }

    /// Where packets come from.
    private enum Origin {
        case internet
        case block(CIDRBlock)
        case interfaces(String)
    }

    private static func isID(_ text: String) -> Bool { text.wholeMatch(of: /(i|eni)-[0-9a-f]{8,32}/) != nil }

    private func origin() throws -> Origin {
        guard let from else { return .internet }
        if Self.isID(from) { return .interfaces(from) }
        if let block = CIDRBlock(from) { return .block(block) }
        if let address = NetworkAddress(from) { return .block(CIDRBlock(address, prefixLength: 128)) }
        throw ValidationError(
            "--from takes a block of addresses such as 203.0.113.0/24, an instance or a network interface, not '\(from)'."
        )
    }

    /// What is asked for.
    private func services() throws -> [ServiceSet] {
        guard let protocolName else {
            guard let port else { return [.all] }
            return [TrafficMatch.tcp, TrafficMatch.udp].map { ServiceSet($0, port...port) }
        }
        let named = [
            "tcp": TrafficMatch.tcp, "udp": TrafficMatch.udp, "icmp": TrafficMatch.icmp,
            "icmpv6": TrafficMatch.icmpv6,
        ]
        guard let number = named[protocolName] ?? UInt8(protocolName) else {
            throw ValidationError(
                "--protocol takes tcp, udp, icmp, icmpv6 or a number to 255, not '\(protocolName)'.")
        }
        guard let port else { return [ServiceSet(TrafficMatch(protocolNumber: number))] }
        guard number == TrafficMatch.tcp || number == TrafficMatch.udp else {
            throw ValidationError("Only TCP and UDP have ports: leave out --port, or --protocol \(protocolName).")
        }
        return [ServiceSet(number, port...port)]
    }
}
