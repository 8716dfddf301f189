import FuzzDriver
import PackageVersions

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is two versions with a zero byte between them. Nothing traps, and each order is the other's opposite.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    let middle = bytes.firstIndex(of: 0) ?? count
    let one = Array(bytes[..<middle])
    let other = Array(bytes[min(middle + 1, count)...])
    for scheme in VersionScheme.allCases {
        let order = scheme.compare(one.span, other.span)
        precondition(order == scheme.compare(other.span, one.span)?.reversed, "two orders")
        let own = scheme.compare(one.span, one.span)
        precondition(own == nil || own == .same, "a version that is older than itself")
        precondition(order == nil || own != nil, "a version that is none")
    }
    return 0
}
