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
        var pipe: [Int32] = [-1, -1]
        var pair: [Int32] = [-1, -1]
        guard pipe2(&pipe, O_CLOEXEC) == 0 else { throw RuntimeProblem("a pipe", errno: errno) }
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
            let number = errno
            for file in pipe { close(file) }
            throw RuntimeProblem("a pair of sockets", errno: number)
        }
        let supervisor = settings.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { text in
                text.baseAddress.map {
                    instance_start($0, text.count, pipe[1], pair[1], network?.descriptor ?? -1)
                } ?? -EINVAL
            }
        }
        close(pipe[1])
        close(pair[1])
        guard supervisor > 0 else {
            close(pipe[0])
            close(pair[0])
            throw RuntimeProblem("its supervisor can't be started", errno: -supervisor)
        }
        return try await watch(supervisor, console: (pipe[0], console), control: pair[0], ended: ended)
    }

    private static func watch(
        _ supervisor: Int32, console: (file: Int32, tell: @Sendable ([UInt8]) -> Void), control file: Int32,
        ended: @escaping @Sendable (Int?) -> Void
    ) async throws(RuntimeProblem) -> InstanceProcess {
        let (reports, report) = AsyncStream.makeStream(of: Report.self)
        let group = MultiThreadedEventLoopGroup.singleton
        let tell = console.tell
        let control: any Channel
        do {
            _ = try await NIOPipeBootstrap(group: group).channelInitializer { channel in
                channel.pipeline.addHandler(Reader(read: tell, closed: {}))
            }.takingOwnershipOfDescriptor(input: console.file).get()
            control = try await NIOPipeBootstrap(group: group).channelInitializer { channel in
                let lines = Lines { line in if let said = Self.report(line) { report.yield(said) } }
                return channel.pipeline.addHandler(
                    Reader(read: { lines.take($0) }, closed: { report.finish() }))
            }.takingOwnershipOfDescriptor(inputOutput: file).get()
        } catch {
            kill(supervisor, SIGKILL)
            throw RuntimeProblem("its supervisor can't be watched: \(error)")
        }
        let process = InstanceProcess(control: control)
        var isStarted = false
        var iterator = reports.makeAsyncIterator()
        switch await iterator.next() {
        case .started(let pid):
            process.state.withLock { $0.pid = pid }
            isStarted = true
        case .failed(let why):
            await process.reap(supervisor)
            throw RuntimeProblem(why)
        case .ended, nil: break
        }
        guard isStarted else {
            await process.reap(supervisor)
            throw RuntimeProblem("its supervisor has ended at once")
        }
        let rest = iterator
        Task {
            var rest = rest
            var status: Int?
            while let said = await rest.next() { if case .ended(let number) = said { status = number } }
            await process.reap(supervisor)
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
