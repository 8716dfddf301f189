import FuzzDriver
import Glibc
import Packages

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The first byte says what sort of file the rest is: it lies in an archive alone. Nothing traps, and no file has packages without
/// names and versions.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let path = paths[Int(bytes[0]) % paths.count]
    guard let inventory = try? Inventory.reading(file: path, Array(bytes.dropFirst())) else { return 0 }
    for package in inventory.packages {
        precondition(!package.name.isEmpty && !package.version.isEmpty, "a package without a name or a version")
        _ = package.url(in: inventory.system)
        _ = package.fullName
    }
    return 0
}

private let paths = [
    "etc/os-release", "var/lib/dpkg/status", "var/lib/dpkg/info/x.list", "lib/apk/db/installed",
    "var/lib/rpm/rpmdb.sqlite",
    "x.dist-info/METADATA", "requirements.txt", "Pipfile.lock", "poetry.lock", "node_modules/a/package.json",
    "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "go.mod", "go.sum", "Cargo.lock", "a.jar", "bin/program",
    "var/lib/rpm/Packages", "var/lib/rpm/Packages.db",
]
