@testable import Wire

/// A random generator whose seed a failing test prints (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    static func freshSeed() -> UInt64 { UInt64.random(in: .min ... .max) }
}

/// A POST of a form, as a client sends it.
func form(_ body: String) -> WireRequest {
    WireRequest(
        headers: [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")], body: Array(body.utf8))
}

/// A POST of JSON with a target.
func json(_ target: String, _ body: String) -> WireRequest {
    WireRequest(
        headers: [("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", target)], body: Array(body.utf8))
}

func text(_ response: WireResponse) -> String {
    String(decoding: response.body, as: UTF8.self)
}

/// A value of a shape, without regard to its constraints; nested no deeper than `depth`.
func randomValue(_ shape: Shape, depth: Int, using random: inout Seeded) -> Value {
    switch shape {
    case .string: .string(randomText(using: &random))
    case .integer(let shape):
        .integer(
            shape.isShort
                ? Int(Int32.random(in: .min ... .max, using: &random)) : Int.random(in: .min ... .max, using: &random))
    case .double: .double(Double.random(in: -1e9...1e9, using: &random))
    case .boolean: .boolean(Bool.random(using: &random))
    case .timestamp:
        .timestamp(Timestamp(secondsSinceEpoch: Double(Int.random(in: -1_000_000...4_000_000_000, using: &random))))
    case .blob:
        .blob((0..<Int.random(in: 0...9, using: &random)).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    case .list(let list):
        .list(
            (0..<Int.random(in: 0...3, using: &random)).map { _ in
                randomValue(list.element, depth: depth - 1, using: &random)
            })
    case .map(let map):
        .map(
            (0..<Int.random(in: 0...3, using: &random)).map { index in
                MapEntry(
                    key: "\(index)" + randomText(using: &random),
                    value: randomValue(map.value, depth: depth - 1, using: &random))
            })
    case .structure(let shape): .structure(randomStructure(shape, depth: depth - 1, using: &random))
    }
}

func randomStructure(_ shape: StructureShape, depth: Int = 5, using random: inout Seeded) -> Structure {
    var structure = Structure(shape)
    guard depth > 0 else { return structure }
    for (index, member) in shape.members.enumerated() where Bool.random(using: &random) {
        structure[member: index] = randomValue(member.shape, depth: depth, using: &random)
    }
    return structure
}

/// Text with what protocols have to escape.
func randomText(using random: inout Seeded) -> String {
    let pieces = [
        "a", "Z", "9", " ", "+", "&", "=", "%", "<", ">", "\"", "\\", "/", ".", "\n", "\t", "é", "\u{1F511}", "]]>",
        ";",
    ]
    return (0..<Int.random(in: 0...8, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
}
