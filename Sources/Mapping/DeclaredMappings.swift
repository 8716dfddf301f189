/// What operations ask for, said in the mapping language: by the operator in the configuration file, and by the tables
/// that ship with the program.
///
/// ```swift
/// let mappings = try DeclaredMappings(
///     parsing: """
///         # A batch asks for the action of the single one.
///         sqs type queue = arn:{partition}:sqs:{region}:{account}:{name}
///         sqs SendMessageBatch = sqs:SendMessage on queue(QueueUrl tail)
///         """)
/// ```
///
/// <doc:MappingLanguage> describes the language.
public struct DeclaredMappings: Sendable {
    /// By the service's id.
    private var services: [String: ServiceMappings] = [:]

    /// Nothing is declared.
    public init() {}

    /// Reads a text of the mapping language.
    /// - Parameter text: at most 4 MiB.
    /// - Throws: ``MappingSyntaxError`` for the first line that can't be read, with what is wrong.
    /// - Complexity: linear in the length of the text.
    public init(parsing text: String) throws(MappingSyntaxError) {
        var parser = MappingParser()
        try parser.read(text)
        services = parser.services
    }

    /// Whether nothing is declared.
    public var isEmpty: Bool { services.isEmpty }

    /// The ids of the services that something is declared of, sorted.
    public var serviceIDs: [String] { services.keys.sorted() }

    /// What is declared of a service.
    func service(_ id: String) -> ServiceMappings? { services[id] }

    /// The services and operations that are declared, sorted, so that whoever reads a file can check that they exist.
    public var operations: [(service: String, operation: String)] {
        services.flatMap { service, mappings in mappings.operations.keys.map { (service, $0) } }
            .sorted { $0 < $1 }
    }
}

/// What is declared of one service.
struct ServiceMappings: Sendable {
    var operations: [String: [AccessRule]] = [:]
    /// By name.
    var types: [String: TypeRule] = [:]
    /// Types of the catalogue that members name, whose ARNs the catalogue has.
    var namings: [String: PlainNamings] = [:]
    var keys: [KeyRule] = []

    struct PlainNamings: Sendable {
        var namings: [TypeRule.Naming] = []
        var absent = TypeRule.Absent.unsaid
        var account: MemberPath?
    }
}
