import FoundationEssentials
import InstanceRuntime
import Logging
import NIOPosix
import Synchronization
import UnixSignals
import VPC

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// `gatehouse instance run --json-lines`: what is to be done comes by standard input, and is answered in order. When it ends, so do all
/// instances.
struct InstanceLines {
    private struct Order: Decodable {
        var network: NetworkDocument?
        var run: String?
        var interfaces: [String]?
        var command: [String]?
        var root: String?
        var readOnly: Bool?
        var hide: [String]?
        var userData: String?
        var environment: [String: String]?
        var stop: String?
        var kill: String?
        var reboot: String?
        var console: String?
        var log: [String]?
        var flows: String?
    }

    private struct Answer: Encodable {
        var error: String?
        /// What ran has ended by itself: its id and status.
        var ended: String?
        var status: Int?
        /// The first process of what was started.
        var process: Int?
        var output: String?
        var records: [String]?
        /// How long it took, in milliseconds.
        var milliseconds: Double?
    }

    func run() async throws {
        let runtime = InstanceRuntime(log: Logger(label: "instance")) { end in
            Self.say(Answer(ended: end.id, status: end.status))
        }
        let (lines, line) = AsyncStream.makeStream(of: String.self)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        Task {
            for await _ in signals { line.finish() }
        }
        // It waits for input as long as the program runs.
        NIOThreadPool.singleton.submit { _ in
            while let text = readLine() { line.yield(text) }
            line.finish()
        }
        var document: NetworkDocument?
        for await text in lines {
            let start = ContinuousClock.now
            var answer: Answer
            do {
                let order = try NetworkDocument.decoder.decode(Order.self, from: Data(text.utf8))
                if let new = order.network { document = new }
                answer = try await Self.answer(order, document, runtime)
            } catch let error as RuntimeProblem {
                answer = Answer(error: error.description)
            } catch {
                answer = Answer(error: "\(error)")
            }
            let took = (ContinuousClock.now - start).components
            answer.milliseconds = Double(took.seconds) * 1e3 + Double(took.attoseconds) / 1e15
            Self.say(answer)
        }
        await runtime.stopAll()
    }

    private static func answer(
        _ order: Order, _ document: NetworkDocument?, _ runtime: InstanceRuntime
    ) async throws -> Answer {
        if let order = order.network {
            let network = try order.network()
            try await runtime.update { (network, nil) }
        }
        if let id = order.run {
            let interfaces = (order.interfaces ?? []).compactMap { document?.interface($0) }
            guard interfaces.count == order.interfaces?.count ?? 0 else {
                return Answer(error: "the network has no such interface")
            }
            let spec = InstanceSpec(
                id: id, hostName: document.map { RunInstance.hostName(interfaces.first, $0) } ?? "instance",
                files: order.root.map { .folder($0, isReadOnly: order.readOnly ?? false) }
                    ?? .machine(hidden: order.hide ?? []),
                command: order.command ?? [], environment: order.environment ?? [:],
                userData: order.userData.map { Array($0.utf8) }, interfaces: interfaces)
            try await runtime.start(spec)
            return Answer(process: await runtime.process(id).map(Int.init))
        }
        if let id = order.stop { await runtime.stop(id) }
        if let id = order.kill { await runtime.stop(id, isForced: true) }
        if let id = order.reboot {
            try await runtime.reboot(id)
            return Answer(process: await runtime.process(id).map(Int.init))
        }
        if let id = order.console {
            return Answer(output: await runtime.output(id).map { String(decoding: $0.bytes, as: UTF8.self) })
        }
        if let logged = order.log, let document {
            let (network, marks) = (try document.network(), NetworkMarks(logged: Set(logged)))
            try await runtime.update { (network, marks) }
        }
        if let text = order.flows {
            guard let format = text.isEmpty ? .standard : FlowLogFormat(text) else {
                return Answer(error: "'\(text)' is no format of flow logs")
            }
            return Answer(records: try await records(format, document, runtime))
        }
        return Answer()
    }

    private static func records(
        _ format: FlowLogFormat, _ document: NetworkDocument?, _ runtime: InstanceRuntime
    ) async throws -> [String] {
        let network = try document?.network() ?? Network()
        let now = Double(time(nil))
        return try await runtime.takeFlows(now: now).flatMap { counted in
            let interface = network.interfaces[counted.interfaceID]
            let place = FlowLogFormat.Place(
                account: "000000000000", region: "us-east-1", vpcID: counted.vpcID,
                subnetID: interface?.subnetID ?? "-",
                interfaceID: counted.interfaceID, instanceID: interface?.instanceID)
            return format.records(counted, at: place)
        }
    }

    /// Lines of several threads don't mix.
    private static let output = Mutex(())

    private static func say(_ answer: Answer) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(answer) else { return }
        _ = output.withLock { _ in Terminal.write(Array(data) + [UInt8(ascii: "\n")], to: STDOUT_FILENO) }
    }
}
