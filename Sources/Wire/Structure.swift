/// The members of one structure, in the order of its shape.
///
/// Two structures are equal when they are of the same shape and hold equal values.
///
/// It can be sent: its values can, and nobody changes a storage that is shared.
public struct Structure: @unchecked Sendable, Equatable {
    /// The shape whose members these are.
    public let shape: StructureShape
    private var storage: Storage

    /// The values side by side, in one object of its own: making an array asks the runtime for the type of its storage
    /// each time, and messages consist of structures.
    private final class Storage: ManagedBuffer<Int, Value?> {
        static func make(
            count: Int, _ initialize: (UnsafeMutablePointer<Value?>) -> Void
        ) -> Storage {
            let storage = unsafeDowncast(create(minimumCapacity: count) { _ in count }, to: Storage.self)
            storage.withUnsafeMutablePointerToElements(initialize)
            return storage
        }

        deinit {
            withUnsafeMutablePointers { count, values in
                // One by one: all at once, they would be asked for their kind through a table.
                for index in 0..<count.pointee where values[index] != nil { (values + index).deinitialize(count: 1) }
            }
        }

        func copy() -> Storage {
            withUnsafeMutablePointers { count, values in
                Storage.make(count: count.pointee) { $0.initialize(from: values, count: count.pointee) }
            }
        }

        /// Lends the values.
        @inline(__always)
        func withValues<Result>(_ body: (UnsafeBufferPointer<Value?>) -> Result) -> Result {
            withUnsafeMutablePointers { body(UnsafeBufferPointer(start: $1, count: $0.pointee)) }
        }
    }

    /// An empty structure of a shape.
    public init(_ shape: StructureShape) {
        self.shape = shape
        let count = shape.members.count
        self.storage = Storage.make(count: count) { $0.initialize(repeating: nil, count: count) }
    }

    /// The value of the member at a position of `shape.members`; nil when it is absent, or there is no such member.
    public subscript(member index: Int) -> Value? {
        get { storage.withValues { $0.indices.contains(index) ? $0[index] : nil } }
        set {
            guard storage.withValues({ $0.indices.contains(index) }) else { return }
            if !isKnownUniquelyReferenced(&storage) { storage = storage.copy() }
            storage.withUnsafeMutablePointerToElements { $0[index] = newValue }
        }
    }

    /// The first member that is a stream; nil: none is.
    var stream: BodyStream? {
        for index in shape.members.indices {
            if case .stream(let stream) = self[member: index] { return stream }
        }
        return nil
    }

    /// Lends the values of all members, in their order: reading them so copies nothing.
    @inline(__always)
    func withValues<Result>(_ body: (UnsafeBufferPointer<Value?>) -> Result) -> Result {
        storage.withValues(body)
    }

    /// The value of the member with the model's name, `UserName`; nil when it is absent, or there is no such member.
    public subscript(name: String) -> Value? {
        get { shape.index(of: name).flatMap { self[member: $0] } }
        set {
            guard let index = shape.index(of: name) else { return }
            self[member: index] = newValue
        }
    }

    /// Whether no member is set.
    public var isEmpty: Bool { withValues { $0.allSatisfy { $0 == nil } } }

    /// Whether two structures are of one shape and have the same values.
    public static func == (left: Structure, right: Structure) -> Bool {
        left.shape === right.shape
            && left.withValues { left in right.withValues { right in left.elementsEqual(right) } }
    }
}
