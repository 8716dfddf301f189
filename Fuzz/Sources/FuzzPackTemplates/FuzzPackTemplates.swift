import FuzzDriver
import Wire

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is the template of a conformance pack, in YAML. Nothing traps or takes for ever; a template is filled in the same each
/// time; and what it comes to is not much larger than it is.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    _ = YAMLDocument.hasAnchors(text)
    do throws(YAMLDocument.Problem) {
        let value = try YAMLDocument.parse(text)
        precondition((try? YAMLDocument.parse(text)) == value, "another time another value")
    } catch {
        precondition(!error.reason.isEmpty)
    }
    let pseudo = ["AWS::Region": "us-east-1", "AWS::Partition": "aws"]
    do throws(PackTemplate.Problem) {
        let template = try PackTemplate(text, given: [:], pseudo: pseudo)
        let again = try PackTemplate(text, given: [:], pseudo: pseudo)
        precondition(template.resources.map(\.properties) == again.resources.map(\.properties), "filled in otherwise")
        precondition(
            Set(template.resources.map(\.logicalID)).count == template.resources.count, "a resource is there twice")
        precondition(template.resources.reduce(0) { $0 + size($1.properties) } <= 8 << 20, "much of little")
    } catch {
        precondition(!error.reason.isEmpty)
    }
    return 0
}

private func size(_ value: JSONValue) -> Int {
    switch value {
    case .string(let text): text.utf8.count
    case .array(let elements): elements.reduce(8) { $0 + size($1) }
    case .object(let members): members.reduce(8) { $0 + $1.key.utf8.count + size($1.value) }
    default: 8
    }
}
