import Advisories
import FuzzDriver
import Glibc
import Packages

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is a file of advisories: of OSV, of Debian's tracker, of EPSS or of CISA. Nothing traps, and what is made of it can be
/// asked.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let source = "/tmp/fuzz-advisories.\(getpid())"
    let place = source + ".index"
    guard let file = fopen(source, "w") else { return 0 }
    fwrite(start, 1, count, file)
    fclose(file)
    defer {
        unlink(source)
        unlink(place)
    }
    guard (try? AdvisoryIndex.build(from: [source], to: place)) != nil else { return 0 }
    guard let index = try? AdvisoryIndex(path: place) else { preconditionFailure("an index that can't be read") }
    for match in index.matches(in: inventory) {
        precondition(!match.id.isEmpty && !match.advisories.isEmpty && !match.packages.isEmpty, "a match of nothing")
        _ = (match.severity, match.title, match.vectors)
    }
    _ = index.advisories(named: "CVE-2026-1")
    return 0
}

private let inventory = Inventory(
    system: OperatingSystem(id: "debian", version: "12"),
    packages: [
        InstalledPackage(manager: .os, type: .deb, name: "a", version: "1.0-1"),
        InstalledPackage(manager: .pip, type: .pypi, name: "a", version: "1.0"),
        InstalledPackage(manager: .npm, type: .npm, name: "a", version: "1.0.0"),
        InstalledPackage(manager: .jar, type: .maven, namespace: "a", name: "a", version: "1.0"),
    ])
