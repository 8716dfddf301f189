/// A constraint on a plain value, and AWS's message for it.
enum Constraint: Equatable {
    case maximumLength(Double)
    case minimumLength(Double)
    case maximum(Double)
    case minimum(Double)
    case pattern(String)
    case values([String])

    var text: String {
        switch self {
        case .maximumLength(let bound): "Member must have length less than or equal to \(Self.plain(bound))"
        case .minimumLength(let bound): "Member must have length greater than or equal to \(Self.plain(bound))"
        case .maximum(let bound): "Member must have value less than or equal to \(Self.plain(bound))"
        case .minimum(let bound): "Member must have value greater than or equal to \(Self.plain(bound))"
        case .pattern(let pattern): "Member must satisfy regular expression pattern: \(pattern)"
        case .values(let values): "Member must satisfy enum value set: [\(values.joined(separator: ", "))]"
        }
    }

    /// The constraints of a shape that a plain value breaks; empty for a value of another kind than the shape's.
    static func broken(by value: Value, _ shape: Shape) -> [Constraint] {
        switch (value, shape) {
        case (.string(let string), .string(let shape)): broken(by: string, shape)
        case (.integer(let integer), .integer(let shape)): brokenRange(Double(integer), shape.bounds)
        case (.double(let double), .double(let shape)): brokenRange(double, shape.bounds)
        case (.blob(let bytes), .blob(let shape)): brokenLength(bytes.count, shape.bounds)
        default: []
        }
    }

    /// The pattern comes before the lengths when a value breaks both.
    private static func broken(by string: String, _ shape: StringShape) -> [Constraint] {
        if !shape.values.isEmpty { return shape.values.contains { isSame($0, string) } ? [] : [.values(shape.values)] }
        let patternFails = shape.pattern.map { !$0.matches(string) } ?? false
        let lengths = brokenLength(of: string, shape.bounds)
        guard patternFails, let pattern = shape.pattern else { return lengths }
        return [.pattern(pattern.source)] + lengths
    }

    /// The length is the number of Unicode scalars; bytes are counted first, because they often decide already.
    private static func brokenLength(of string: String, _ bounds: Bounds) -> [Constraint] {
        let bytes = Double(string.utf8.count)
        if bytes <= bounds.maximum ?? .infinity, bytes / 4 >= bounds.minimum ?? 0 { return [] }
        return brokenLength(string.unicodeScalars.count, bounds)
    }

    static func brokenLength(_ count: Int, _ bounds: Bounds) -> [Constraint] {
        if let maximum = bounds.maximum, Double(count) > maximum { return [.maximumLength(maximum)] }
        if let minimum = bounds.minimum, Double(count) < minimum { return [.minimumLength(minimum)] }
        return []
    }

    private static func brokenRange(_ value: Double, _ bounds: Bounds) -> [Constraint] {
        if let maximum = bounds.maximum, value > maximum { return [.maximum(maximum)] }
        if let minimum = bounds.minimum, value < minimum { return [.minimum(minimum)] }
        return []
    }

    /// All constraints of a plain shape, as AWS lists them for the elements of lists and maps.
    static func all(of shape: Shape) -> [Constraint] {
        var constraints: [Constraint] = []
        switch shape {
        case .string(let shape):
            constraints += shape.bounds.maximum.map { [.maximumLength($0)] } ?? []
            constraints += shape.bounds.minimum.map { [.minimumLength($0)] } ?? []
            constraints += shape.pattern.map { [.pattern($0.source)] } ?? []
            constraints += shape.values.isEmpty ? [] : [.values(shape.values)]
        case .blob(let shape):
            constraints += shape.bounds.maximum.map { [.maximumLength($0)] } ?? []
            constraints += shape.bounds.minimum.map { [.minimumLength($0)] } ?? []
        case .integer(let shape), .double(let shape):
            constraints += shape.bounds.maximum.map { [.maximum($0)] } ?? []
            constraints += shape.bounds.minimum.map { [.minimum($0)] } ?? []
        default: break
        }
        return constraints
    }

    /// A bound without a point when it is a whole number.
    private static func plain(_ bound: Double) -> String {
        Int(exactly: bound).map { String($0) } ?? String(bound)
    }
}
