/// Package URLs: `pkg:deb/debian/openssl@3.0.11-1?arch=amd64&distro=debian-12`.
/// <https://github.com/package-url/purl-spec>
extension InstalledPackage {
    /// The package's URL.
    ///
    /// - Parameter system: where it is installed: packages of operating systems name it.
    public func url(in system: OperatingSystem? = nil) -> String {
        var url = "pkg:\(type.rawValue)/"
        var qualifiers: [(String, String)] = []
        switch type {
        case .deb, .rpm, .apk:
            // Their namespace is the vendor.
            let vendor = namespace ?? system?.id ?? (type == .deb ? "debian" : type == .apk ? "alpine" : nil)
            if let vendor { url += Self.escaped(vendor.lowercased()) + "/" }
            let text = type == .rpm ? name : name.lowercased()
            url += Self.escaped(text)
            if let architecture { qualifiers.append(("arch", architecture)) }
            if let system {
                qualifiers.append(("distro", [system.id, system.version].compactMap { $0 }.joined(separator: "-")))
            }
            if type == .rpm, epoch > 0 { qualifiers.append(("epoch", "\(epoch)")) }
            if let source, source.name != name { qualifiers.append(("upstream", source.name)) }
        case .pypi: url += Self.escaped(String(name.lowercased().map { $0 == "_" ? "-" : $0 }))
        default:
            if let namespace, !namespace.isEmpty {
                url += namespace.split(separator: "/").map { Self.escaped(String($0)) }.joined(separator: "/") + "/"
            }
            url += name.split(separator: "/").map { Self.escaped(String($0)) }.joined(separator: "/")
        }
        // The epoch of rpm stands among the qualifiers.
        let shown = type == .rpm ? [upstreamVersion, release].compactMap { $0 }.joined(separator: "-") : version
        if !shown.isEmpty { url += "@" + Self.escaped(shown) }
        qualifiers.sort { $0.0 < $1.0 }
        if !qualifiers.isEmpty {
            url += "?" + qualifiers.map { "\($0.0)=\(Self.escaped($0.1))" }.joined(separator: "&")
        }
        return url
    }

    /// Everything but letters, digits and `.-_~:` in percent form.
    static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x30...0x39,
                UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: ":"):
                result.append(Character(Unicode.Scalar(byte)))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }
}
