/// The members of one structure, in the order of its shape.
///
/// Two structures are equal when they are of the same shape and hold equal values.
public struct Structure: Sendable, Equatable {
    /// The shape whose members these are.
    public let shape: StructureShape
    // Contiguous: making an `Array` of a type like this asks the runtime for the type of its storage each time.
    private var values: ContiguousArray<Value?>

    /// An empty structure of a shape.
    public init(_ shape: StructureShape) {
        self.shape = shape
        self.values = ContiguousArray(repeating: nil, count: shape.members.count)
    }

    /// The value of the member at a position of `shape.members`; nil when it is absent, or there is no such member.
    public subscript(member index: Int) -> Value? {
        // Lends the value: reading a member copies nothing.
        _read {
            if values.indices.contains(index) { yield values[index] } else { yield nil }
        }
        set {
            guard values.indices.contains(index) else { return }
            values[index] = newValue
        }
    }

    /// The value of the member with the model's name, `UserName`; nil when it is absent, or there is no such member.
    ///
    /// Takes time linear in the number of members.
    public subscript(name: String) -> Value? {
        get { shape.index(of: name).flatMap { values[$0] } }
        set {
            guard let index = shape.index(of: name) else { return }
            values[index] = newValue
        }
    }

    /// Whether no member is set.
    public var isEmpty: Bool { values.allSatisfy { $0 == nil } }

    public static func == (left: Structure, right: Structure) -> Bool {
        left.shape === right.shape && left.values == right.values
    }
}
