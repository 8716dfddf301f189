import FuzzDriver
import Packages

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is an archive, of whatever sort it says. Nothing traps, and nothing takes more than it is allowed.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    var limits = InventoryLimits()
    limits.files = 1_000
    limits.fileSize = 1 << 20
    limits.binarySize = 1 << 20
    limits.expandedSize = 16 << 20
    limits.packages = 1_000
    guard let inventory = try? Inventory.reading(archive: bytes, limits: limits) else { return 0 }
    precondition(inventory.packages.count <= limits.packages, "more packages than are allowed")
    return 0
}
