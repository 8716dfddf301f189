import ArgumentParser
import Mapping
import Upstreams

struct MapRequests: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map",
        abstract:
            "Show what requests to AWS services ask the policies for, where Gatehouse stands before other endpoints.",
        discussion: """
            Of one operation, of all operations of a service, or, with --report, how much of each service is mapped. What is \
            not mapped is denied, until the configuration says what it asks for. Needs no server. \
            Exit status: 0; 1 if the service or the operation is not known, or if the configuration can't be read.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json, markdown
    }

    @Argument(help: "The service, as the AWS CLI or botocore calls it: sqs.")
    var service: String?

    @Argument(help: "The operation: SendMessageBatch.")
    var operation: String?

    @Flag(help: "Count, for each service, the operations that are mapped with resources, on all, or not.")
    var report = false

    @Option(help: "The configuration of the endpoints behind Gatehouse, whose \"map\" lines come first.")
    var config: String?

    @Option(help: "The output format; markdown is for --report.")
    var format = Format.text

    func validate() throws {
        guard report == (service == nil) else {
            throw ValidationError(
                report
                    ? "--report is of all services: leave out '\(service ?? "")'."
                    : "Name a service, or ask for --report.")
        }
        guard report || format != .markdown else { throw ValidationError("Only --report can be had as markdown.") }
    }

    func run() throws {
        let mapper = RequestMapper(declared: declared())
        guard let service else {
            print(try format.render(MappingCoverage(mapper)), terminator: format == .markdown ? "" : "\n")
            return
        }
        let entries = Self.entries(of: service)
        guard !entries.isEmpty else {
            fail("gatehouse map: there is no service '\(service)': gatehouse map --report lists them.")
        }
        var found: [MappedOperation] = []
        for entry in entries {
            guard let model = ServiceModels.aws.service(entry.id) else { continue }
            for name in model.operationNames where operation == nil || operation == name {
                guard let shape = model.operation(named: name) else { continue }
                found.append(
                    MappedOperation(
                        service: entry.id, name: name, description: mapper.description(of: shape, of: entry)))
            }
        }
        if let operation, found.isEmpty {
            fail("gatehouse map: \(service) has no operation '\(operation)': gatehouse map \(service) lists them.")
        }
        print(try format.render(found))
    }

    /// By the id; or else all that sign requests with the name.
    private static func entries(of name: String) -> [ServiceModels.Entry] {
        ServiceModels.aws.entry(name).map { [$0] } ?? ServiceModels.aws.entries(signingAs: name)
    }

    /// What the configuration's `map` lines say.
    private func declared() -> DeclaredMappings {
        guard let config else { return DeclaredMappings() }
        do {
            return try UpstreamsFile(parsing: try InputFile.text(of: config)).declared
        } catch let problem as InputFile.Unreadable {
            fail("gatehouse map: \(config): \(problem.reason)")
        } catch {
            fail("gatehouse map: \(config): \(error)")
        }
    }
}

/// What is known of an operation.
struct MappedOperation {
    var service: String
    var name: String
    var description: MappingDescription
}
