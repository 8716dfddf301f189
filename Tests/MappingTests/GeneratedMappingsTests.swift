import Catalogue
import Testing
import Wire

@testable import Mapping

/// The table that Tools/generate-operation-map writes.
struct GeneratedMappingsTests {
    private let models = ServiceModels.aws
    private static let table = Result { try DeclaredMappings(parsing: ShippedMappings.generated.text) }

    @Test("Every line of the generated table can be read, and is of an operation that exists")
    func everyLine() throws {
        let mappings = try Self.table.get()
        #expect(mappings.operations.count > 2_000)
        for (id, operation) in mappings.operations {
            #expect(models.service(id)?.operation(named: operation) != nil, "\(id) \(operation)")
        }
    }

    @Test("Every action of the table is in the catalogue, and every type that it names is one of the action's")
    func everyAction() throws {
        let mappings = try Self.table.get()
        for (id, operation) in mappings.operations {
            guard let entry = models.entry(id) else { continue }
            for rule in mappings.service(id)?.operations[operation] ?? [] where rule.refusal == nil {
                let candidates =
                    rule.action.map { [$0] } ?? OperationPlan.prefixes(of: entry).map { "\($0):\(operation)" }
                let found = candidates.lazy.compactMap { action -> (CatalogueService, CatalogueService.Action)? in
                    let parts = action.split(separator: ":")
                    guard let service = ServiceCatalogue.aws.service(parts[0]) else { return nil }
                    return service.action(parts[1]).map { (service, $0) }
                }.first
                guard let (service, action) = found else {
                    Issue.record("\(id) \(operation): \(candidates) is not in the catalogue")
                    continue
                }
                for case .named(let namings) in rule.resources {
                    let types = action.resourceTypes.map { service.resourceTypes[$0] }
                    for naming in namings {
                        #expect(types.contains { $0.name == naming.type }, "\(id) \(operation): \(naming.type)")
                    }
                }
            }
        }
    }

    @Test("Every member that the table names is one of the operation's input")
    func everyMember() throws {
        let mappings = try Self.table.get()
        for (id, operation) in mappings.operations {
            let input = models.service(id)?.operation(named: operation)?.input
            for rule in mappings.service(id)?.operations[operation] ?? [] {
                for path in rule.paths where !path.isRelative {
                    #expect(input.map { path.exists(in: $0) } == true, "\(id) \(operation): \(path.description)")
                }
            }
        }
    }
}

extension AccessRule {
    fileprivate var paths: [MemberPath] {
        resources.flatMap { resource -> [Argument] in
            switch resource {
            case .all: []
            case .named(let namings): namings.flatMap(\.arguments)
            case .type(_, let arguments): arguments
            case .template(let template):
                template.pieces.compactMap { piece in if case .argument(let argument) = piece { argument } else { nil }
                }
            }
        }.compactMap(\.path) + conditions.map(\.path)
    }
}

extension MemberPath {
    /// Whether the path leads to a text, or to a list of texts.
    fileprivate func exists(in structure: StructureShape) -> Bool {
        var shape = Shape.structure(structure)
        for name in names {
            while case .list(let list) = shape { shape = list.element }
            guard case .structure(let structure) = shape, let index = structure.index(of: name) else { return false }
            shape = structure.members[index].shape
        }
        return shape.isTextOrTexts
    }
}
