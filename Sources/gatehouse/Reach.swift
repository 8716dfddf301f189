import ArgumentParser
import Server
import VPC

struct Reach: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reach",
        abstract: "What reaches an instance, and which way?",
        discussion: """
            gatehouse reach i-0123456789abcdef0
            gatehouse reach i-0123456789abcdef0 --from i-0fedcba9876543210

            From the internet, or from another instance of the VPC. It is computed of routes, network ACLs and security \
            groups for all packets at once; none is sent. What doesn't get its answer counts as not reaching. Exit status: \
            0, 2 if something can't be read.
            """)

    @Argument(help: "The instance, or one of its network interfaces.")
    var target: String

    @Option(
        help: ArgumentHelp(
            "An instance or a network interface from which it is to be reached (default: the internet).",
            valueName: "id"))
    var from: String?

    @Option(
        help: ArgumentHelp(
            "Only this protocol: tcp, udp, icmp, icmpv6, or a number.", valueName: "protocol"))
    var `protocol`: String?

    @Option(help: ArgumentHelp("With --protocol tcp or udp: only this port.", valueName: "port"))
    var port: UInt16?

    @OptionGroup var formatOption: ListFormatOption
    @OptionGroup var placeOptions: PlaceOptions

    func validate() throws {
        _ = try wish()
    }

    func run() async throws {
        let wish = try wish()
        let networks: RecordedNetworks
        do {
            networks = try RecordedNetworks(try placeOptions.place())
        } catch {
            fail("\(error)", status: 2)
        }
        let targets = found(target, networks)
        var reports: [ReachReport] = []
        for target in targets {
            if let from {
                for source in found(from, networks) { reports.append(ReachReport(source, target, wish)) }
            } else {
                reports.append(ReachReport(target, wish))
            }
        }
        switch formatOption.format {
        case .text: print(reports.map(\.text).joined(separator: "\n\n"))
        case .json: print(try PrintedJSON.of(reports))
        }
    }

    private func found(_ id: String, _ networks: RecordedNetworks) -> [RecordedNetworks.Found] {
        let found = networks.interfaces(of: id)
        if found.isEmpty {
            fail("There is no instance and no network interface \(id) here.", status: 2)
        }
        return found
    }

    /// What is asked for.
    private func wish() throws -> ServiceSet {
        guard let name = `protocol` else {
            if port != nil { throw ValidationError("--port goes together with --protocol tcp or udp.") }
            return .all
        }
        let named = [
            "tcp": TrafficMatch.tcp, "udp": TrafficMatch.udp, "icmp": TrafficMatch.icmp,
            "icmpv6": TrafficMatch.icmpv6,
        ]
        guard let number = named[name] ?? UInt8(name) else {
            throw ValidationError(
                "--protocol takes tcp, udp, icmp, icmpv6 or a number to 255, not '\(name)'.")
        }
        guard let port else { return ServiceSet(TrafficMatch(protocolNumber: number)) }
        guard number == TrafficMatch.tcp || number == TrafficMatch.udp else {
            throw ValidationError("--port goes together with --protocol tcp or udp.")
        }
        return ServiceSet(number, port...port)
    }
}

/// What reaches an interface, as it is printed.
struct ReachReport: Encodable {
    struct Way: Encodable {
        /// What passes: `tcp 443, udp 53`
        let services: String
        /// From where: addresses, or what is said for many.
        let sources: String
        let severity: String?
        let path: [Component]
    }

    struct Component: Encodable {
        let type: String
        let id: String
        /// With its rules, in words.
        let text: String

        init(_ step: PathStep) {
            type = step.component.kind.rawValue
            id = step.component.id
            text = step.description
        }
    }

    struct Obstacle: Encodable {
        let code: String
        let component: String
        let text: String

        init(_ barrier: Barrier) {
            code = barrier.code.rawValue
            component = barrier.component.id
            text = barrier.description
        }
    }

    let networkInterface: String
    let instance: String?
    let source: String
    let ways: [Way]
    let barriers: [Obstacle]

    /// From the internet.
    init(_ target: RecordedNetworks.Found, _ wish: ServiceSet) {
        let (network, id) = (target.network, target.interfaceID)
        networkInterface = id
        instance = network.interfaces[id]?.instanceID
        source = "the internet"
        let asked = TrafficRegion(.all, wish)
        let region = network.internetReach(of: id).intersection(asked)
        ways = region.summary.map { services, addresses in
            let part = TrafficRegion(addresses, services)
            let severities = network.exposedPorts(of: id, part).map(\.severity)
            return Way(
                services: services.description, sources: addresses.inWords(),
                severity: ExposureSeverity.allCases.last { severities.contains($0) }?.rawValue,
                path: network.internetPath(to: id, of: part).map { Component($0) })
        }
        barriers = network.internetBarriers(to: id, of: asked).map { Obstacle($0) }
    }

    /// From another interface.
    init(_ from: RecordedNetworks.Found, _ target: RecordedNetworks.Found, _ wish: ServiceSet) {
        networkInterface = target.interfaceID
        instance = target.network.interfaces[target.interfaceID]?.instanceID
        source = from.interfaceID
        let reach = target.network.reach(from: from.interfaceID, to: target.interfaceID, wish: wish)
        let path = reach.steps.map { Component($0) }
        ways = reach.ways.map {
            Way(
                services: $0.services.description, sources: "\($0.source) to \($0.destination)",
                severity: nil, path: path)
        }
        barriers = reach.barriers.map { Obstacle($0) }
    }

    var text: String {
        let name = instance.map { "\($0) (\(networkInterface))" } ?? networkInterface
        guard !ways.isEmpty else {
            return
                (["Nothing from \(source) reaches \(name)."] + barriers.map { "  \($0.code): \($0.text)" })
                .joined(separator: "\n")
        }
        let lines = ways.flatMap { way in
            [
                "  \(way.services) from \(way.sources)\(way.severity.map { ", \($0)" } ?? "")",
                "    \(way.path.map(\.text).joined(separator: " > "))",
            ]
        }
        return (["From \(source) to \(name):"] + lines).joined(separator: "\n")
    }
}
