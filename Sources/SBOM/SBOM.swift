import Packages

/// The forms of bills of materials that Inspector exports.
/// <https://docs.aws.amazon.com/inspector/latest/user/sbom-export.html>
public enum SBOMFormat: String, Sendable, CaseIterable {
    /// CycloneDX 1.4, in JSON.
    case cycloneDX = "CYCLONEDX_1_4"
    /// SPDX 2.3, in JSON.
    case spdx = "SPDX_2_3"

    /// An inventory's bill of materials in JSON.
    ///
    /// - Parameter vulnerabilities: by their names the packages that have them.
    public func document(
        of inventory: Inventory, _ subject: SBOMSubject, vulnerabilities: [String: [InstalledPackage]] = [:]
    ) -> [UInt8] {
        let components = inventory.packages.map { Component($0) }
        switch self {
        case .cycloneDX: return cycloneDX(components, subject, vulnerabilities)
        case .spdx: return spdx(components, subject, vulnerabilities)
        }
    }
}

/// A package as bills of materials name it.
struct Component {
    let package: InstalledPackage
    /// Inspector's form of its URL.
    let url: String
    /// 32 hexadecimal digits, the same for the same package each time.
    let id: String

    init(_ package: InstalledPackage) {
        self.package = package
        url = package.inspectorURL
        id = digest("\(url)\n\(package.manager.rawValue)\n\(package.path ?? "")\n\(package.layer ?? "")")
    }
}

/// 32 hexadecimal digits that tell texts apart; they protect nothing.
private func digest(_ text: String) -> String {
    [0xcbf2_9ce4_8422_2325, 0x6c62_272e_07bb_0142].map { (start: UInt64) in
        var hash = start
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        hash = (hash ^ (hash >> 32)) &* 0xd6e8_feb8_6659_fd93
        hash ^= hash >> 32
        return String(repeating: "0", count: max(0, 16 - String(hash, radix: 16).utf8.count)) + String(hash, radix: 16)
    }.joined()
}

extension InstalledPackage {
    /// The package URL as Inspector writes it, which is not quite that of the specification: `pkg:dpkg/…` with the machine in
    /// capitals, and the file in which a language's package was found.
    public var inspectorURL: String {
        guard manager == .os else {
            let front = url(in: nil)
            guard let path else { return front }
            return "\(front)?path=\(Self.plain(path))"
        }
        let kind = type == .deb ? "dpkg" : type.rawValue
        let shown = [upstreamVersion, release].compactMap { $0 }.joined(separator: "-")
        let machine =
            switch architecture {
            case nil, "all", "noarch": "NOARCH"
            case "amd64"?, "x86_64"?: "X86_64"
            case "arm64"?, "aarch64"?: "ARM64"
            case let other?: other.uppercased()
            }
        let text = Self.plain(name)
        let version = Self.plain(shown)
        return
            "pkg:\(kind)/\(text)@\(version)?arch=\(Self.plain(machine))&epoch=\(epoch)&upstream=\(text)-\(version).src.\(kind)"
    }

    /// Everything but letters, digits and what URLs may have as it is in percent form.
    private static func plain(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x30...0x39,
                UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "+"),
                UInt8(ascii: "/"), UInt8(ascii: ":"):
                result.append(Character(Unicode.Scalar(byte)))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }
}
