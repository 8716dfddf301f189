/// How much of the AWS API is mapped: for each service, how many of its operations ask for the resources that they name,
/// for `*`, or for nothing that can be worked out.
public struct MappingCoverage: Sendable {
    /// Of one service.
    public struct Row: Sendable, Equatable {
        /// The service's id, as in botocore.
        public var service: String
        /// How many of the operations are mapped so far.
        public var counts: [MappingDescription.Coverage: Int] = [:]
        /// Who said what the operations ask for, and of how many.
        public var sources: [MappingSource: Int] = [:]
        /// The names of the operations that are not mapped, sorted.
        public var unmapped: [String] = []

        /// All operations.
        public var total: Int { counts.values.reduce(0, +) }
    }

    /// Sorted by the services' ids.
    public private(set) var rows: [Row] = []

    /// Goes through all operations of all services, whose models are read for it: some seconds, and 150 MB that stay.
    public init(_ mapper: RequestMapper, models: ServiceModels = .aws) {
        for entry in models.entries {
            guard let service = models.service(entry.id) else { continue }
            var row = Row(service: entry.id)
            for name in service.operationNames {
                guard let operation = service.operation(named: name) else { continue }
                let description = mapper.description(of: operation, of: entry)
                row.counts[description.coverage, default: 0] += 1
                if description.coverage == .unmapped {
                    row.unmapped.append(name)
                } else if let source = description.source {
                    row.sources[source, default: 0] += 1
                }
            }
            rows.append(row)
        }
    }

    /// The sums of all services.
    public var total: Row {
        var total = Row(service: "total")
        for row in rows {
            total.counts.merge(row.counts, uniquingKeysWith: +)
            total.sources.merge(row.sources, uniquingKeysWith: +)
        }
        return total
    }
}
