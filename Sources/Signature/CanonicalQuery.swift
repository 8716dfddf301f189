/// The query of a canonical request: every parameter encoded anew, sorted by encoded name and then by encoded value,
/// without the signature itself.
enum CanonicalQuery {
    static func append(_ query: String, leavesTokenOut: Bool, to output: inout [UInt8]) {
        var parameters: [(name: [UInt8], value: [UInt8])] = []
        for parameter in QueryParameter.parse(query) {
            if parameter.name.elementsEqual("X-Amz-Signature".utf8) { continue }
            if leavesTokenOut && parameter.name.elementsEqual("X-Amz-Security-Token".utf8) { continue }
            parameters.append((encoded(parameter.name), encoded(parameter.value)))
        }
        parameters.sort { left, right in
            left.name == right.name
                ? left.value.lexicographicallyPrecedes(right.value)
                : left.name.lexicographicallyPrecedes(right.name)
        }
        var isFirst = true
        for parameter in parameters {
            if !isFirst { output.append(UInt8(ascii: "&")) }
            isFirst = false
            output.append(contentsOf: parameter.name)
            output.append(UInt8(ascii: "="))
            output.append(contentsOf: parameter.value)
        }
    }

    private static func encoded(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        PercentEncoding.appendEncoded(bytes, to: &output)
        return output
    }
}
