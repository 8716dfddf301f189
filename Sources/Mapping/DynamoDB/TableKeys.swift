public import Wire

/// The attributes that a table's items, and those of its indexes, are found by: what `dynamodb:LeadingKeys` is worked out
/// with.
///
/// ```swift
/// let keys = TableKeys(describing: description)
/// let leading = keys?.primary.partition  // ["UserId"]
/// let ofIndex = keys?.indexes["ByGame"]?.partition  // ["GameTitle"]
/// ```
public struct TableKeys: Sendable, Equatable {
    /// One key: that of a table, or of an index.
    public struct Key: Sendable, Equatable {
        /// The attributes of the partition key, in their order. A table has one, an index up to four.
        public var partition: [String]
        /// The attributes of the sort key, in their order; empty where there is none.
        public var sort: [String]

        /// A key of these attributes.
        public init(partition: [String], sort: [String] = []) {
            self.partition = partition
            self.sort = sort
        }

        /// The attributes of both.
        var attributes: [String] { partition + sort }
    }

    /// The key of the table.
    public var primary: Key
    /// The keys of its global and local secondary indexes, by the indexes' names.
    public var indexes: [String: Key]

    /// A table's keys.
    public init(primary: Key, indexes: [String: Key] = [:]) {
        self.primary = primary
        self.indexes = indexes
    }

    /// The keys of a table with a key of one or two attributes.
    public init(partition: String, sort: String? = nil, indexes: [String: Key] = [:]) {
        self.init(primary: Key(partition: [partition], sort: sort.map { [$0] } ?? []), indexes: indexes)
    }

    /// The keys that a structure of the API tells of: the input of CreateTable, `TableCreationParameters` of ImportTable, a
    /// `TableDescription`, or an output with one, as those of DescribeTable and CreateTable.
    ///
    /// nil where it says nothing of keys, or contradicts itself: an attribute or an index twice, or a key without a
    /// partition key.
    public init?(describing structure: Structure) {
        for member in ["Table", "TableDescription"] {
            guard case .structure(let description)? = structure[member] else { continue }
            self.init(describing: description)
            return
        }
        guard let primary = Key(schema: structure["KeySchema"]) else { return nil }
        var indexes: [String: Key] = [:]
        for member in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
            guard case .list(let elements)? = structure[member] else { continue }
            for element in elements {
                guard case .structure(let index) = element, case .string(let name)? = index["IndexName"],
                    let key = Key(schema: index["KeySchema"]), indexes.updateValue(key, forKey: name) == nil
                else { return nil }
            }
        }
        self.init(primary: primary, indexes: indexes)
    }
}

extension TableKeys.Key {
    /// nil unless there is a partition key, and no attribute twice.
    fileprivate init?(schema: Value?) {
        guard case .list(let elements)? = schema else { return nil }
        self.init(partition: [])
        for element in elements {
            guard case .structure(let part) = element, case .string(let attribute)? = part["AttributeName"],
                case .string(let type)? = part["KeyType"], !attributes.contains(attribute)
            else { return nil }
            switch type {
            case "HASH": partition.append(attribute)
            case "RANGE": sort.append(attribute)
            default: return nil
            }
            // More than AWS has, and the search above stays short.
            guard attributes.count <= 16 else { return nil }
        }
        guard !partition.isEmpty else { return nil }
    }
}
