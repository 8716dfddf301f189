/// Names and types over the members of a ``Structure``.
///
/// The generated API modules consist of views: `IAM.User` is `View<IAM.UserFields>`, and an extension of it has the
/// members. (There is one generic type because a struct for each shape takes the compiler twice as long.) A view
/// contains nothing but the structure, so wrapping and unwrapping costs nothing.
///
/// ```swift
/// var user = IAM.User {
///     $0.userName = "analyst"
///     $0.path = "/"
/// }
/// user.tags = [IAM.Tag(key: "team", value: "audit")]
/// let name = user.structure["UserName"]  // .string("analyst")
/// ```
public struct View<Members: Fields>: StructureView {
    /// The structure that the view reads and fills.
    public var structure: Structure

    /// A view over a structure, which should be of this view's shape: members are found by their position, so in one of
    /// another shape they would be others.
    public init(_ structure: Structure) {
        self.structure = structure
    }

    public static var shape: StructureShape { Members.shape }

    /// The member at a position, nil when it is absent.
    public subscript<T: ValueConvertible>(optional index: Int) -> T? {
        get { structure[member: index].flatMap(T.init(_:)) }
        set { structure[member: index] = newValue?.wireValue }
    }

    /// The member at a position that the model requires; `T.absent` when it is not there.
    public subscript<T: ValueConvertible>(required index: Int) -> T {
        get { structure[member: index].flatMap(T.init(_:)) ?? T.absent }
        set { structure[member: index] = newValue.wireValue }
    }
}

/// The types that most members have, without generic code, which asks each value for its kind by tables: Swift prefers
/// these where both would do.
extension View {
    /// The texts at a position, nil when they are absent.
    public subscript(optional index: Int) -> [String]? {
        get { structure[member: index].flatMap { [String]($0) } }
        set { structure[member: index] = newValue.map { .list($0.map { .string($0) }) } }
    }

    /// The text at a position, nil when it is absent.
    public subscript(optional index: Int) -> String? {
        get { structure[member: index].flatMap { String($0) } }
        set { structure[member: index] = newValue.map { .string($0) } }
    }

    /// The text at a position that the model requires; an empty one when it is not there.
    public subscript(required index: Int) -> String {
        get { structure[member: index].flatMap { String($0) } ?? "" }
        set { structure[member: index] = .string(newValue) }
    }

    /// The number at a position, nil when it is absent.
    public subscript(optional index: Int) -> Int? {
        get { structure[member: index].flatMap { Int($0) } }
        set { structure[member: index] = newValue.map { .integer($0) } }
    }

    /// The boolean at a position, nil when it is absent.
    public subscript(optional index: Int) -> Bool? {
        get { structure[member: index].flatMap { Bool($0) } }
        set { structure[member: index] = newValue.map { .boolean($0) } }
    }

    /// The moment at a position, nil when it is absent.
    public subscript(optional index: Int) -> Timestamp? {
        get { structure[member: index].flatMap { Timestamp($0) } }
        set { structure[member: index] = newValue.map { .timestamp($0) } }
    }

    /// The moment at a position that the model requires; 1970 when it is not there.
    public subscript(required index: Int) -> Timestamp {
        get { structure[member: index].flatMap { Timestamp($0) } ?? .absent }
        set { structure[member: index] = .timestamp(newValue) }
    }

    /// The bytes at a position, nil when they are absent.
    public subscript(optional index: Int) -> Blob? {
        get { structure[member: index].flatMap { Blob($0) } }
        set { structure[member: index] = newValue.map { .blob($0.bytes) } }
    }

    /// The bytes at a position that the model requires; none when they are not there.
    public subscript(required index: Int) -> Blob {
        get { structure[member: index].flatMap { Blob($0) } ?? .absent }
        set { structure[member: index] = .blob(newValue.bytes) }
    }

    /// The texts at a position by their names, nil when they are absent.
    public subscript(optional index: Int) -> [String: String]? {
        get {
            guard case .map(let entries)? = structure[member: index] else { return nil }
            var texts = [String: String](minimumCapacity: entries.count)
            for entry in entries {
                guard case .string(let text) = entry.value else { return nil }
                texts[entry.key] = text
            }
            return texts
        }
        set { structure[member: index] = newValue?.wireValue }
    }
}

/// Which structure a view is of.
public protocol Fields: Sendable {
    /// The structure's shape, in which the members have their positions.
    static var shape: StructureShape { get }
}

/// The members of a structure that is a key and a value and nothing else, both required: a tag. The generator knows
/// which are.
public protocol KeyValueFields: Fields {}

extension View where Members: KeyValueFields {
    /// The structure of a key and a value.
    public init(key: String, value: String) {
        self.init()
        self[required: 0] = key
        self[required: 1] = value
    }

    /// The key and the value.
    public var pair: (key: String, value: String) { (self[required: 0], self[required: 1]) }
}

/// The members of a request for a page of a list: which of them are the token of the previous page and the maximum
/// number of items. The generator knows which requests these are.
public protocol PageRequestFields: Fields {
    /// The position of the token of the previous page.
    static var tokenPlace: Int { get }
    /// The position of the maximum number of items.
    static var limitPlace: Int { get }
}

extension View where Members: PageRequestFields {
    /// The token from the previous answer; nil for the first page.
    public var pageToken: String? { self[optional: Members.tokenPlace] }

    /// The maximum number of items; nil: up to the service.
    public var pageLimit: Int? { self[optional: Members.limitPlace] }
}

/// The members of an answer that is one page of a list and nothing else. The generator knows which are.
public protocol PageFields: Fields {
    /// What the list is of.
    associatedtype Item: ValueConvertible
    /// The position of the list.
    static var itemsPlace: Int { get }
    /// The position of the token for the next page.
    static var nextPlace: Int { get }
    /// The position of the member that says whether there is a next page; nil in services where the token alone says
    /// it.
    static var isTruncatedPlace: Int? { get }
}

extension View where Members: PageFields {
    /// An answer that is one page.
    ///
    /// - Parameters:
    ///   - items: of the page.
    ///   - next: the token for the next page; nil on the last one.
    public init(_ items: [Members.Item], next: String?) {
        self.init(items: items.wireValue, next: next)
    }

    /// An answer that is one page of items that are made when it is written.
    ///
    /// - Parameters:
    ///   - items: of the page; the closure that makes them gives the value of a `Members.Item`.
    ///   - next: the token for the next page; nil on the last one.
    public init(_ items: LazyList, next: String?) {
        self.init(items: .lazyList(items), next: next)
    }

    private init(items: Value, next: String?) {
        self.init()
        structure[member: Members.itemsPlace] = items
        self[optional: Members.nextPlace] = next
        if let place = Members.isTruncatedPlace { self[optional: place] = next != nil }
    }
}

/// What every view can do.
public protocol StructureView: ValueConvertible, Equatable {
    /// The shape of every structure that is seen through this type.
    static var shape: StructureShape { get }
    /// What the view reads and fills.
    var structure: Structure { get set }
    /// A view over a structure, which should be of this view's shape.
    init(_ structure: Structure)
}

extension StructureView {
    /// A view over an empty structure.
    public init() {
        self.init(Structure(Self.shape))
    }

    /// A view over a new structure that the closure fills.
    public init(_ fill: (inout Self) throws -> Void) rethrows {
        self.init()
        try fill(&self)
    }

    /// Nil when the value is not a structure of this view's shape.
    public init?(_ value: Value) {
        guard case .structure(let structure) = value, structure.shape === Self.shape else { return nil }
        self.init(structure)
    }

    public var wireValue: Value { .structure(structure) }

    public static var absent: Self { Self() }
}

/// An operation of a model, for code that is written for one operation, or for several that have members in common: its
/// shape, and views of its input and output.
public protocol OperationModel: Sendable {
    /// What its input consists of; that of an operation without is ``EmptyFields``.
    associatedtype InputFields: Fields
    /// What its output consists of; that of an operation without is ``EmptyFields``.
    associatedtype OutputFields: Fields
    /// The input that a handler reads.
    typealias Input = View<InputFields>
    /// The output that a handler fills.
    typealias Output = View<OutputFields>
    /// What the model says of the operation: name, errors, bindings.
    static var shape: OperationShape { get }
}

/// The view of an input or output that the model leaves out.
public typealias EmptyStructure = View<EmptyFields>

/// The members of a structure without any, for operations that the model gives no input or output.
public enum EmptyFields: Fields {
    /// A shape without members.
    public static let shape = StructureShape.empty
}

/// The errors that a model declares, by their codes.
public protocol ErrorModel: Sendable, RawRepresentable<String> {
    /// The service whose model declares them.
    static var service: ServiceShape { get }
}

extension ErrorModel {
    /// The error with the model's status and fault: `throw IAM.Failure.noSuchEntity("…")`.
    public func callAsFunction(_ message: String) -> ServiceError {
        Self.service.serviceError(rawValue, message)
    }
}
