import Compression
import Wire

/// Rust's packages: those of `Cargo.lock`, and those that `cargo auditable` writes into programs.
/// <https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md>
enum RustPackages {
    /// `Cargo.lock`: what comes from a registry.
    static func lockFile(_ bytes: [UInt8], path: String) -> [InstalledPackage] {
        lockedTables(bytes).compactMap { table in
            guard let name = table["name"], let version = table["version"], let source = table["source"] else {
                return nil
            }
            guard source.hasPrefix("registry+") || source.hasPrefix("sparse+") else { return nil }
            let hashes = table["checksum"].map { [PackageHash(algorithm: "SHA-256", value: $0.lowercased())] } ?? []
            return InstalledPackage(
                manager: .cargo, type: .cargo, name: name, version: version, path: path, hashes: hashes)
        }
    }

    /// What a program was built from, if it says so.
    static func program(_ elf: ELF, path: String) -> [InstalledPackage] {
        guard
            let section = elf.section(".dep-v0", most: 1 << 24),
            let text = Gunzip.inflate(section, most: 8 << 20), let document = try? JSONValue(parsing: text),
            case .array(let packages)? = document["packages"]
        else { return [] }
        return packages.compactMap { package in
            guard
                case .string(let name)? = package["name"], case .string(let version)? = package["version"],
                case .string(let source)? = package["source"], source == "crates.io"
            else { return nil }
            // What only the build needed is not in the program.
            if case .string("build")? = package["kind"] { return nil }
            return InstalledPackage(manager: .cargo, type: .cargo, name: name, version: version, path: path)
        }
    }
}
