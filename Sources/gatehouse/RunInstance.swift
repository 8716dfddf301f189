import ArgumentParser
import FoundationEssentials
import InstanceRuntime
import Logging
import Synchronization
import UnixSignals

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// `gatehouse instance run`: an instance without a server, to see what security groups and ACLs let pass.
struct RunInstance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a command as an instance of EC2: behind its security groups, in namespaces of its own.",
        discussion: """
            gatehouse instance run --network vpc.json --interface eni-0123456789abcdef0 /usr/bin/python3 -m http.server 80

            As root on Linux the command is in a network of its own, with the interface's addresses, and behind tables of nftables \
            that are made of its security groups and network ACLs; it sees the machine's files without what is private in them, or \
            a root folder (--root), and nothing of the machine's processes. Without root it is a plain process, and no rule holds.

            The network is what `aws ec2 describe-vpcs`, `describe-subnets`, `describe-security-groups`, `describe-network-acls`, \
            `describe-route-tables` and `describe-network-interfaces` print. Without --network it is a default VPC, whose default \
            group lets everything out.

            It prints what the command prints, and ends with its status, and the command with it. With --json-lines any number \
            of instances run; what is to be done is read from standard input, one JSON object a line:
            {"network": {…}} · {"run": "i-…", "interfaces": ["eni-…"], "command": ["…"], "root": "/…", "readOnly": true, \
            "userData": "#!…", "environment": {…}} · {"stop": "i-…"} · {"kill": "i-…"} · {"reboot": "i-…"} · {"console": "i-…"} · \
            {"log": ["eni-…"]} · {"flows": "${version} …"}.
            """)

    @Option(help: ArgumentHelp("What EC2 says of a network, in JSON. Repeat it for several files.", valueName: "file"))
    var network: [String] = []

    @Option(
        help: ArgumentHelp(
            "An interface of the instance. Repeat it for several (default: those attached to --id, or to nothing).",
            valueName: "eni-…"))
    var interface: [String] = []

    @Option(help: "The instance's id.")
    var id = "i-00000000000000001"

    @Option(help: ArgumentHelp("The folder that is its /.", valueName: "folder"))
    var root: String?

    @Flag(help: "It may not write to its root folder.")
    var readOnly = false

    @Option(help: ArgumentHelp("A folder or file of the machine that it must not see.", valueName: "path"))
    var hide: [String] = []

    @Option(
        name: .customLong("env"), help: ArgumentHelp("A variable of its environment.", valueName: "name=value"))
    var environment: [String] = []

    @Option(help: ArgumentHelp("A script that begins with '#!' and is run before the command.", valueName: "file"))
    var userData: String?

    @Flag(help: "Read from standard input what is to be done.")
    var jsonLines = false

    @Argument(parsing: .captureForPassthrough, help: "The command: a program and its arguments.")
    var command: [String] = []

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        // What root starts is never a plain process.
        if let why = InstanceRuntime.whyNot, geteuid() != 0 {
            Terminal.complain("A plain process, without a network of its own: no security group holds (\(why)).")
        }
        if jsonLines { return try await InstanceLines().run() }
        var words = command
        if words.first == "--" { words.removeFirst() }
        guard !words.isEmpty || userData != nil else {
            throw ValidationError("Say what is to be run: a program and its arguments, or --user-data.")
        }
        let document = try self.document()
        let (statuses, status) = AsyncStream.makeStream(of: Int?.self)
        let runtime = InstanceRuntime(log: Logger(label: "instance")) { _, bytes in
            _ = Terminal.write(bytes, to: STDOUT_FILENO)
        } ended: {
            status.yield($0.status)
        }
        // Before anything runs that they would have to end.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        do throws(RuntimeProblem) {
            let network = try document.network()
            try await runtime.update { (network, nil) }
            try await runtime.start(try spec(words, document))
        } catch {
            fail("\(error).")
        }
        Task {
            for await _ in signals {
                await runtime.stopAll()
                status.yield(nil)
            }
        }
        for await found in statuses {
            // What it has printed last may still be on its way.
            await runtime.stopAll()
            throw ExitCode(Int32(truncatingIfNeeded: found ?? 137))
        }
    }

    private func document() throws -> NetworkDocument {
        guard !network.isEmpty else { return try DefaultNetwork.document(instance: id) }
        var all: NetworkDocument?
        for path in network {
            let document: NetworkDocument
            do {
                document = try NetworkDocument.decoder.decode(
                    NetworkDocument.self, from: Data(contentsOf: URL(filePath: path)))
            } catch {
                fail("\(path) is no answer of EC2's in JSON: \(error)")
            }
            if all == nil { all = document } else { all?.add(document) }
        }
        return try all ?? DefaultNetwork.document(instance: id)
    }

    private func spec(_ words: [String], _ document: NetworkDocument) throws(RuntimeProblem) -> InstanceSpec {
        var interfaces = interface.compactMap { document.interface($0) }
        if interface.isEmpty {
            let own = document.interfaces(of: id)
            interfaces = own.isEmpty ? document.interfaces(of: nil) : own
        }
        if interfaces.count < interface.count {
            fail("The network has no such interface: \(interface.joined(separator: ", "))")
        }
        var variables: [String: String] = [:]
        for text in environment {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let name = parts.first, parts.count == 2, !name.isEmpty else {
                fail("--env takes name=value, and not '\(text)'.")
            }
            variables[name] = parts[1]
        }
        var script: [UInt8]?
        if let userData {
            guard let data = try? Data(contentsOf: URL(filePath: userData)) else { fail("\(userData) can't be read.") }
            script = Array(data)
        }
        return InstanceSpec(
            id: id, hostName: Self.hostName(interfaces.first, document),
            files: root.map { .folder($0, isReadOnly: readOnly) } ?? .machine(hidden: hide), command: words,
            environment: variables, userData: script, interfaces: interfaces)
    }

    /// As EC2 makes it of the address.
    static func hostName(_ interface: InstanceSpec.Interface?, _ document: NetworkDocument) -> String {
        guard let interface, let address = try? document.network().interfaces[interface.id]?.addresses.first,
            !address.isVersion6
        else { return "instance" }
        return "ip-" + "\(address)".split(separator: ".").joined(separator: "-")
    }
}

/// The network of those who name none: a default VPC, as EC2 makes it.
enum DefaultNetwork {
    static func document(instance: String) throws -> NetworkDocument {
        let text = """
            {"Vpcs": [{"VpcId": "vpc-00000000000000001", "CidrBlock": "172.31.0.0/16"}],
             "Subnets": [{"SubnetId": "subnet-00000000000000001", "VpcId": "vpc-00000000000000001", "CidrBlock": "172.31.0.0/20"}],
             "NetworkAcls": [{"NetworkAclId": "acl-00000000000000001", "VpcId": "vpc-00000000000000001", "IsDefault": true, "Entries": [
               {"RuleNumber": 100, "Egress": true, "RuleAction": "allow", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"},
               {"RuleNumber": 100, "Egress": false, "RuleAction": "allow", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"}]}],
             "SecurityGroups": [{"GroupId": "sg-00000000000000001", "VpcId": "vpc-00000000000000001",
               "IpPermissions": [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-00000000000000001"}]}],
               "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}],
             "NetworkInterfaces": [{"NetworkInterfaceId": "eni-00000000000000001", "SubnetId": "subnet-00000000000000001",
               "PrivateIpAddress": "172.31.0.10", "Groups": [{"GroupId": "sg-00000000000000001"}]}]}
            """
        return try NetworkDocument.decoder.decode(NetworkDocument.self, from: Data(text.utf8))
    }
}
