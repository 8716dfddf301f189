import Synchronization

/// A body that is on its way: it arrives in pieces, each of which is passed on once, so that it needs no more memory
/// than a piece, however long it is.
///
/// The reader sets the pace: no more is fetched than it asks for. There is one reader. It calls ``next()`` until that
/// returns nil or throws, or ``stop()`` when it wants no more. For the body of a request, ``next()`` returns nil only
/// when every byte has been verified, and throws when what it returned before turns out to be forged or incomplete.
///
/// ```swift
/// let body = BodyStream(length: 6) {
///     left.next()
/// } onStop: {
///     left.close()
/// }
/// ```
public struct BodyStream: Sendable, CustomStringConvertible {
    /// What all copies share.
    private final class Flow: Sendable {
        let source: @Sendable () async throws(ServiceError) -> [[UInt8]]?
        /// Pieces that the source has given and nobody has got yet.
        let left = Mutex<ArraySlice<[UInt8]>>([])
        let trailers: @Sendable () -> [(name: String, value: String)]
        let onStop: @Sendable () -> Void
        let isStopped = Atomic<Bool>(false)

        init(
            _ source: @escaping @Sendable () async throws(ServiceError) -> [[UInt8]]?,
            _ trailers: @escaping @Sendable () -> [(name: String, value: String)],
            _ onStop: @escaping @Sendable () -> Void
        ) {
            self.source = source
            self.trailers = trailers
            self.onStop = onStop
        }

        deinit { stop() }

        func stop() {
            if !isStopped.exchange(true, ordering: .relaxed) { onStop() }
        }
    }

    /// The length in bytes, as announced; nil where it is not known beforehand.
    public let length: Int?
    /// The whole of it, if it is no more than bytes that are at hand: who can, passes them on without asking for pieces.
    let bytes: [UInt8]?
    /// The names of the fields that are to follow the body, in lower case, as announced.
    public let trailerNames: [String]
    private let flow: Flow

    /// Makes a stream of pieces that come from somewhere else.
    ///
    /// - Parameters:
    ///   - length: how many bytes it will be, nil where that is not known.
    ///   - trailerNames: what `trailers` will be, as announced.
    ///   - source: gives the next piece, never an empty one; nil at the end. It is called by one at a time, and no more
    ///     once it gave nil or threw.
    ///   - trailers: the fields that follow the body; asked for at the end.
    ///   - onStop: called once, when the last piece is given, or when no more will be asked for.
    public init(
        length: Int?, trailerNames: [String] = [],
        _ source: @escaping @Sendable () async throws(ServiceError) -> [UInt8]?,
        trailers: @escaping @Sendable () -> [(name: String, value: String)] = { [] },
        onStop: @escaping @Sendable () -> Void = {}
    ) {
        self.length = length
        bytes = nil
        self.trailerNames = trailerNames
        flow = Flow({ () async throws(ServiceError) in try await source().map { [$0] } }, trailers, onStop)
    }

    /// Makes a stream of pieces that come several at a time.
    ///
    /// - Parameters:
    ///   - length: how many bytes it will be.
    ///   - pieces: gives the next ones, at least one, and none of them empty; nil at the end.
    public init(length: Int, pieces: @escaping @Sendable () async throws(ServiceError) -> [[UInt8]]?) {
        self.length = length
        bytes = nil
        trailerNames = []
        flow = Flow(pieces, { [] }, {})
    }

    /// A stream of bytes that are at hand already, in one piece.
    public init(_ bytes: [UInt8]) {
        let isGiven = Once(bytes.isEmpty)
        length = bytes.count
        self.bytes = bytes
        trailerNames = []
        flow = Flow({ () throws(ServiceError) in isGiven.set() ? nil : [bytes] }, { [] }, {})
    }

    /// The next piece; nil at the end.
    /// - Throws: why the rest can't be had. What came before is then worthless.
    public func next() async throws(ServiceError) -> [UInt8]? {
        if let piece = flow.left.withLock({ $0.popFirst() }) { return piece }
        guard let pieces = try await nextPieces() else { return nil }
        flow.left.withLock { $0 = pieces.dropFirst() }
        return pieces.first
    }

    /// The next pieces, as many as are there at once; nil at the end.
    /// - Throws: as ``next()``.
    public func nextPieces() async throws(ServiceError) -> [[UInt8]]? {
        let left = flow.left.withLock { left in
            defer { left = [] }
            return left
        }
        if !left.isEmpty { return Array(left) }
        guard !flow.isStopped.load(ordering: .relaxed) else { return nil }
        do throws(ServiceError) {
            if let pieces = try await flow.source() { return pieces }
            flow.stop()
            return nil
        } catch {
            flow.stop()
            throw error
        }
    }

    /// The fields that followed the body, their names in lower case; once ``next()`` gave nil.
    public var trailers: [(name: String, value: String)] { flow.trailers() }

    /// Says that no more will be asked for. It does nothing the second time.
    public func stop() { flow.stop() }

    public var description: String { length.map { "a stream of \($0) bytes" } ?? "a stream" }
}

/// Something that happens once.
private final class Once: Sendable {
    private let hasHappened: Atomic<Bool>

    init(_ hasHappened: Bool) {
        self.hasHappened = Atomic(hasHappened)
    }

    /// Whether it had happened before.
    func set() -> Bool { hasHappened.exchange(true, ordering: .relaxed) }
}

extension BodyStream: Equatable {
    /// A stream is like no other.
    public static func == (left: BodyStream, right: BodyStream) -> Bool { left.flow === right.flow }
}

extension BodyStream: ValueConvertible {
    public init?(_ value: Value) {
        switch value {
        case .stream(let stream): self = stream
        case .blob(let bytes): self.init(bytes)
        default: return nil
        }
    }
    public var wireValue: Value { .stream(self) }
    public static var absent: BodyStream { BodyStream([]) }
}
