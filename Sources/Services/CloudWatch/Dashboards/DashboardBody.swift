import CloudWatchAPI
import Wire

/// What is wrong with the body of a dashboard.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html>
struct DashboardBody {
    /// The most widgets of a dashboard.
    private static let mostWidgets = 500
    private static let types: Set<String> = ["metric", "text", "log", "alarm", "explorer", "custom"]

    /// Errors, each with the place in the body: such a dashboard is not kept.
    private(set) var errors: [(path: String, message: String)] = []
    /// What is no error.
    private(set) var warnings: [(path: String, message: String)] = []

    init(_ text: String) {
        guard let json = try? JSONValue(parsing: Array(text.utf8)), case .object = json else {
            errors.append(("", "The field DashboardBody must be a valid JSON object"))
            return
        }
        guard case .array(let widgets)? = json["widgets"] else {
            errors.append(("/widgets", "Should have required property 'widgets'"))
            return
        }
        if widgets.count > Self.mostWidgets {
            errors.append(("/widgets", "Should NOT have more than \(Self.mostWidgets) items"))
            return
        }
        for (index, widget) in widgets.enumerated() { check(widget, "/widgets/\(index)") }
    }

    private mutating func check(_ widget: JSONValue, _ path: String) {
        guard case .object = widget else {
            errors.append((path, "Should be object"))
            return
        }
        for (member, range) in [("x", 0...23), ("y", 0...Int.max), ("width", 1...24), ("height", 1...1000)] {
            guard let value = widget[member] else { continue }
            guard let number = value.wholeNumber else {
                errors.append(("\(path)/\(member)", "Should be integer"))
                continue
            }
            if number < range.lowerBound { errors.append(("\(path)/\(member)", "Should be >= \(range.lowerBound)")) }
            if number > range.upperBound { errors.append(("\(path)/\(member)", "Should be <= \(range.upperBound)")) }
        }
        guard case .string(let type)? = widget["type"], Self.types.contains(type) else {
            errors.append(("\(path)/type", "Should be equal to one of the allowed values"))
            return
        }
        guard let properties = widget["properties"], case .object = properties else {
            errors.append((path, "Should have required property 'properties'"))
            return
        }
        check(type, properties, "\(path)/properties")
    }

    private mutating func check(_ type: String, _ properties: JSONValue, _ path: String) {
        func isText(_ member: String) -> Bool { if case .string? = properties[member] { true } else { false } }
        switch type {
        case "text" where !isText("markdown"): errors.append((path, "Should have required property 'markdown'"))
        case "log" where !isText("query"): errors.append((path, "Should have required property 'query'"))
        case "alarm":
            guard case .array(let alarms)? = properties["alarms"] else {
                errors.append((path, "Should have required property 'alarms'"))
                return
            }
            if alarms.isEmpty { errors.append(("\(path)/alarms", "Should NOT have fewer than 1 items")) }
        case "metric":
            if let metrics = properties["metrics"] {
                check(metrics: metrics, "\(path)/metrics")
            } else if properties["annotations"] == nil {
                errors.append((path, "Should have required property 'metrics'"))
            }
            if !isText("region") { warnings.append((path, "Should have required property 'region'")) }
        default: break
        }
    }

    private mutating func check(metrics: JSONValue, _ path: String) {
        guard case .array(let rows) = metrics else {
            errors.append((path, "Should be array"))
            return
        }
        if rows.isEmpty { errors.append((path, "Should NOT have fewer than 1 items")) }
        for (index, row) in rows.enumerated() {
            guard case .array(let fields) = row, let first = fields.first else {
                errors.append(("\(path)/\(index)", "Should be array"))
                continue
            }
            switch first {
            case .string:
                if fields.count < 2 {
                    errors.append(("\(path)/\(index)", "Should NOT have fewer than 2 items"))
                }
            case .object:
                if first["expression"] == nil {
                    errors.append(("\(path)/\(index)/0", "Should have required property 'expression'"))
                }
            default: errors.append(("\(path)/\(index)/0", "Should be string"))
            }
        }
    }
}

extension JSONValue {
    fileprivate var wholeNumber: Int? {
        switch self {
        case .integer(let number): number
        case .double(let number): Int(exactly: number)
        default: nil
        }
    }
}
