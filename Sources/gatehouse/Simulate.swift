import ArgumentParser
import Policy
import Simulation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Evaluate a request against policy files, without a server, and explain the result.",
        discussion: """
            gatehouse simulate --identity alice.json --context aws:username=alice \\
              --principal arn:aws:iam::111122223333:user/alice \\
              --action s3:GetObject --resource arn:aws:s3:::home/alice/x

            The request has the condition keys given with --context, and no others. Exit status: 0 allowed, 1 denied, \
            2 bad input.

            With --json-lines, each line of standard input is a case, and each line of standard output is its answer. \
            A case is:
            {"id": 1, "request": {"principal": …, "action": …, "resource": …, "resourceAccount": …, "context": {…}}, \
            "identityPolicies": […], "resourcePolicy": …, "permissionBoundaries": […], "sessionPolicies": […], \
            "scps": [[…]], "rcps": [[…]], "endpointPolicies": […]}.
            """)

    @Option(
        help: """
            The caller: the ARN of a user, role, role session, federated user or root user, an account id, a service \
            name, or '*' for an anonymous caller.
            """)
    var principal: String?

    @Option(help: "The action, for example s3:GetObject.")
    var action: String?

    @Option(help: "The resource's ARN, or '*' for an action that has none.")
    var resource = "*"

    @Option(
        help: ArgumentHelp(
            "The account that owns the resource (default: the one in its ARN, else the caller's).", valueName: "account"
        ))
    var resourceAccount: String?

    @Option(
        help: ArgumentHelp(
            "A condition key of the request, key=value. Repeat a key to give it several values.",
            valueName: "key=value"))
    var context: [String] = []

    @Option(parsing: .upToNextOption, help: ArgumentHelp("The caller's identity-based policies.", valueName: "file"))
    var identity: [String] = []

    @Option(help: ArgumentHelp("The resource's policy: of a bucket, a key, …", valueName: "file"))
    var resourcePolicy: String?

    @Option(
        help: ArgumentHelp("The trust policy, if the resource is a role to be assumed.", valueName: "file"))
    var trust: String?

    @Option(parsing: .upToNextOption, help: ArgumentHelp("The caller's permissions boundary.", valueName: "file"))
    var boundary: [String] = []

    @Option(
        parsing: .upToNextOption, help: ArgumentHelp("The session policies of the caller's session.", valueName: "file")
    )
    var session: [String] = []

    @Option(
        help: ArgumentHelp(
            "The SCPs of one level, separated by commas; repeat for each level, root first.", valueName: "file,…"))
    var scp: [String] = []

    @Option(
        help: ArgumentHelp(
            "The RCPs of one level, as for --scp. RCPFullAWSAccess, which can't be detached, is always included.",
            valueName: "file,…"))
    var rcp: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("The policy of the VPC endpoint that the request comes through.", valueName: "file"))
    var endpoint: [String] = []

    @Flag(help: "Answer cases from standard input, one per line.")
    var jsonLines = false

    enum Coloring: String, ExpressibleByArgument, CaseIterable {
        case auto, always, never
    }

    @Option(help: "auto, always or never. auto: on a terminal, unless NO_COLOR is set.")
    var color = Coloring.auto

    func run() throws {
        if jsonLines { return try answerLines() }
        let simulated: SimulatedCase
        do throws(SimulationError) {
            simulated = try self.simulated()
        } catch {
            refuse(error.description)
        }
        let report = Report(simulated, style: Style(isColored: isColored))
        print(report.lines.joined(separator: "\n"))
        throw simulated.decision.isAllowed ? ExitCode.success : ExitCode(1)
    }

    private var isColored: Bool {
        switch color {
        case .always: return true
        case .never: return false
        case .auto: return Terminal.isColored
        }
    }

    // MARK: One request

    private func simulated() throws(SimulationError) -> SimulatedCase {
        guard let principal, let action else {
            throw SimulationError(
                "Say who asks for what with --principal and --action, or have cases answered with --json-lines.")
        }
        guard action.wholeMatch(of: /[A-Za-z0-9-]+:[A-Za-z0-9]+/) != nil else {
            throw SimulationError("--action takes service:Action, such as s3:GetObject, not '\(action)'.")
        }
        guard resource == "*" || resource.wholeMatch(of: /arn:([^:]*:){4}.*/.dotMatchesNewlines()) != nil else {
            throw SimulationError(
                "--resource takes an ARN, such as arn:aws:s3:::bucket/key, or '*' for an action that has none, not "
                    + "'\(resource)'.")
        }
        if let resourceAccount, resourceAccount.wholeMatch(of: /[0-9]{12}/) == nil {
            throw SimulationError("--resource-account takes twelve digits, not '\(resourceAccount)'.")
        }
        let context = try contextKeys()
        var principalARN: String?
        for (key, value) in context where key.lowercased() == "aws:principalarn" {
            if case .one(let arn) = value { principalARN = arn }
        }
        let request = AuthorizationRequest(
            principal: try Principal(simulating: principal, principalARN: principalARN), action: action,
            resource: resource, resourceAccount: resourceAccount)
        let full = try fullAccess
        let inputs = PolicyInputs(
            identity: try policies(identity, as: .identity),
            resource: try resourcePolicy.map { (path) throws(SimulationError) in try policy(path, as: .resource) },
            roleTrust: try trust.map { (path) throws(SimulationError) in try policy(path, as: .roleTrust) },
            boundaries: boundary.isEmpty ? nil : try policies(boundary, as: .permissionsBoundary),
            session: session.isEmpty ? nil : try policies(session, as: .session),
            serviceControl: scp.isEmpty ? nil : try levels(scp, as: .serviceControl),
            resourceControl: rcp.isEmpty
                ? nil : try levels(rcp, as: .resourceControl).map { [full] + $0 },
            endpoint: endpoint.isEmpty ? nil : try policies(endpoint, as: .endpoint))
        return SimulatedCase(request: request, inputs: inputs, context: context)
    }

    private func contextKeys() throws(SimulationError) -> [String: ContextValue] {
        var values: [String: [String]] = [:]
        for pair in context {
            guard let separator = pair.firstIndex(of: "="), separator > pair.startIndex else {
                throw SimulationError("--context takes key=value, such as aws:username=alice, not '\(pair)'.")
            }
            values[String(pair[..<separator]), default: []].append(String(pair[separator...].dropFirst()))
        }
        return values.mapValues { values in values.count == 1 ? .one(values[0]) : .many(values) }
    }

    private func levels(
        _ levels: [String], as type: PolicyType
    ) throws(SimulationError) -> [[CompiledPolicy]] {
        var found: [[CompiledPolicy]] = []
        for level in levels {
            found.append(try policies(level.split(separator: ",").map(String.init), as: type))
        }
        return found
    }

    /// RCPFullAWSAccess.
    private var fullAccess: CompiledPolicy {
        get throws(SimulationError) {
            let text = #"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}"#
            do throws(PolicyError) {
                return CompiledPolicy(
                    try PolicyDocument(parsing: text, as: .resourceControl),
                    source: PolicySource(type: .resourceControl, name: "RCPFullAWSAccess"))
            } catch {
                throw SimulationError(error.description)
            }
        }
    }

    private func policies(_ paths: [String], as type: PolicyType) throws(SimulationError) -> [CompiledPolicy] {
        var found: [CompiledPolicy] = []
        for path in paths { found.append(try policy(path, as: type)) }
        return found
    }

    private func policy(_ path: String, as type: PolicyType) throws(SimulationError) -> CompiledPolicy {
        let text: String
        do throws(InputFile.Unreadable) {
            text = try InputFile.text(of: path)
        } catch {
            throw SimulationError("\(path) \(error.reason)")
        }
        do throws(PolicyError) {
            return CompiledPolicy(
                try PolicyDocument(parsing: text, as: type), source: PolicySource(type: type, name: path))
        } catch {
            throw SimulationError(error.position == nil ? "\(path): \(error)" : "\(path):\(error)")
        }
    }

    // MARK: A stream

    private func answerLines() throws {
        // A reader that goes away (`| head`) is not an error.
        signal(SIGPIPE, SIG_IGN)
        var lines = JSONLines()
        var input = [UInt8](repeating: 0, count: 1 << 16)
        var output: [UInt8] = []
        while true {
            let count = input.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                refuse("standard input can't be read: \(String(cString: strerror(errno)))")
            }
            // What has arrived is answered before waiting for more, so that two programs can converse.
            if count == 0 {
                lines.finish(answeringInto: &output)
            } else {
                lines.take(input[..<count], answeringInto: &output)
            }
            guard write(output) else { return }
            output.removeAll(keepingCapacity: true)
            if count == 0 { return }
        }
    }

    /// False when nobody reads any more.
    private func write(_ bytes: [UInt8]) -> Bool {
        let problem = Terminal.write(bytes, to: STDOUT_FILENO)
        guard problem == 0 || problem == EPIPE else {
            refuse("standard output can't be written: \(String(cString: strerror(problem)))")
        }
        return problem == 0
    }

    /// Ends the program for input that can't be used.
    private func refuse(_ message: String) -> Never { fail(message, status: 2) }
}
