import CProgram
import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The processes of an instance, from one start to their end.
final class InstanceProcess: Sendable {
    /// What its supervisor says.
    private enum Report {
        case started(Int32)
        case failed(String)
        /// With the status of the first process; below 0: the signal that killed it.
        case ended(Int)
    }

    private struct State {
        var pid: Int32?
        /// What is known of its end; the inner nil: it was killed.
        var end: Int??
        var isAsked = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let control: any Channel

    /// Process 1 of the instance, as the machine counts.
    var pid: Int32? { state.withLock { $0.pid } }
    /// Whether nothing of it is left.
    var hasEnded: Bool { state.withLock { $0.end != nil } }

    private init(control: any Channel) { self.control = control }

    /// Starts it; returns when its first process is there.
    /// - Parameters:
    ///   - console: gets what it prints.
    ///   - ended: is called when it has ended though nobody has asked for it, with what its first process returned; nil: it was killed.
    static func start(
        _ spec: InstanceSpec, network: NetworkNamespace?, console: @escaping @Sendable ([UInt8]) -> Void,
        ended: @escaping @Sendable (Int?) -> Void
    ) async throws(RuntimeProblem) -> InstanceProcess {
        let settings = try ProcessSettings.bytes(spec, isApart: network != nil)
        var (output, outputEnd, control, controlEnd) = (Int32(-1), Int32(-1), Int32(-1), Int32(-1))
        let error = instance_channels(&output, &outputEnd, &control, &controlEnd)
        guard error == 0 else { throw RuntimeProblem("a pipe", errno: error) }
        let supervisor = settings.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { text in
                text.baseAddress.map {
                    instance_start($0, text.count, outputEnd, controlEnd, network?.descriptor ?? -1)
                } ?? -EINVAL
            }
        }
        close(outputEnd)
        close(controlEnd)
        guard supervisor > 0 else {
            close(output)
            close(control)
            throw RuntimeProblem("its supervisor can't be started", errno: -supervisor)
        }
        return try await watch(supervisor, console: (output, console), control: control, ended: ended)
    }

    private static func watch(
        _ supervisor: Int32, console: (file: Int32, tell: @Sendable ([UInt8]) -> Void), control file: Int32,
        ended: @escaping @Sendable (Int?) -> Void
    ) async throws(RuntimeProblem) -> InstanceProcess {
        let (beginnings, beginning) = AsyncStream.makeStream(of: Report.self)
        let (ends, end) = AsyncStream.makeStream(of: Int.self)
        let (silences, silence) = AsyncStream.makeStream(of: Void.self)
        let group = MultiThreadedEventLoopGroup.singleton
        let tell = console.tell
        let control: any Channel
        do {
            _ = try await NIOPipeBootstrap(group: group).channelInitializer { channel in
                channel.pipeline.addHandler(Reader(read: tell, closed: { silence.finish() }))
            }.takingOwnershipOfDescriptor(input: console.file).get()
            control = try await NIOPipeBootstrap(group: group).channelInitializer { channel in
                let lines = Lines { line in
                    switch report(line) {
                    case .ended(let status)?: end.yield(status)
                    case let other?: beginning.yield(other)
                    case nil: break
                    }
                }
                return channel.pipeline.addHandler(
                    Reader(
                        read: { lines.take($0) },
                        closed: {
                            beginning.finish()
                            end.finish()
                        }))
            }.takingOwnershipOfDescriptor(inputOutput: file).get()
        } catch {
            kill(supervisor, SIGKILL)
            throw RuntimeProblem("its supervisor can't be watched: \(error)")
        }
        let process = InstanceProcess(control: control)
        var failure = "its supervisor has ended at once"
        for await report in beginnings {
            switch report {
            case .started(let pid): process.state.withLock { $0.pid = pid }
            case .failed(let why): failure = why
            case .ended: continue
            }
            break
        }
        guard process.pid != nil else {
            await process.reap(supervisor)
            throw RuntimeProblem(failure)
        }
        Task {
            var status: Int?
            for await number in ends { status = number }
            await process.reap(supervisor)
            // What was printed last is still to be read. If something that has got away holds it open, nobody waits for that.
            let patience = Task {
                try? await Task.sleep(for: .seconds(2))
                silence.finish()
            }
            for await _ in silences {}
            patience.cancel()
            process.finish(status.flatMap { $0 < 0 ? nil : $0 }, ended)
        }
        return process
    }

    private func finish(_ status: Int?, _ ended: @Sendable (Int?) -> Void) {
        let (isAsked, waiting) = state.withLock { state in
            defer { state.waiting = [] }
            state.end = .some(status)
            return (state.isAsked, state.waiting)
        }
        for one in waiting { one.resume() }
        if !isAsked { ended(status) }
    }

    /// Ends all of it, and returns when nothing is left.
    /// - Parameter grace: how long those that are asked to end may take; nil: nobody is asked.
    func stop(grace: Duration?) async {
        guard
            !state.withLock({ state in
                state.isAsked = true
                return state.end != nil
            })
        else { return }
        if let grace {
            tell("T")
            let timer = Task {
                try await Task.sleep(for: grace)
                tell("K")
            }
            await end()
            timer.cancel()
        } else {
            tell("K")
            await end()
        }
    }

    private func end() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if state.end == nil { state.waiting.append(continuation) }
                return state.end != nil
            }
            if hasEnded { continuation.resume() }
        }
    }

    private func tell(_ letter: String) { control.writeAndFlush(ByteBuffer(string: letter), promise: nil) }

    /// The supervisor has closed its socket, which it does by ending.
    private func reap(_ supervisor: Int32) async {
        _ = try? await NIOThreadPool.singleton.runIfActive {
            while waitpid(supervisor, nil, 0) < 0, errno == EINTR {}
        }
        try? await control.close().get()
    }

    private static func report(_ line: String) -> Report? {
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        guard words.count == 2, let first = words.first, let rest = words.last else { return nil }
        switch first {
        case "started": return Int32(rest).map { .started($0) }
        case "failed": return .failed(rest)
        case "ended": return Int(rest).map { .ended($0) }
        default: return nil
        }
    }

    /// Hands on what it reads.
    private final class Reader: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let read: @Sendable ([UInt8]) -> Void
        let closed: @Sendable () -> Void

        init(read: @escaping @Sendable ([UInt8]) -> Void, closed: @escaping @Sendable () -> Void) {
            self.read = read
            self.closed = closed
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            read(Array(unwrapInboundIn(data).readableBytesView))
        }

        func channelInactive(context: ChannelHandlerContext) { closed() }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    /// Puts lines together.
    private final class Lines: Sendable {
        private let rest = Mutex<[UInt8]>([])
        private let tell: @Sendable (String) -> Void

        init(_ tell: @escaping @Sendable (String) -> Void) { self.tell = tell }

        func take(_ bytes: [UInt8]) {
            let lines = rest.withLock { rest -> [String] in
                rest += bytes
                var lines: [String] = []
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    lines.append(String(decoding: rest[..<end], as: UTF8.self))
                    rest.removeFirst(end + 1)
                }
                return lines
            }
            for line in lines { tell(line) }
        }
    }
}
