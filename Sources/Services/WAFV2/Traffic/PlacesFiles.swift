import CMaxMind
import WAF

/// Where addresses are, by files of the operator's in MaxMind's format (`mmdb`): countries with their regions, or autonomous
/// systems.
/// <https://maxmind.github.io/MaxMind-DB/>
struct PlacesFiles: AddressData {
    /// An open file. It is never changed, and never closed.
    private struct File: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    private let files: [File]

    /// - Throws: ``WebACLFileError`` for a file that can't be used.
    init(_ paths: [String]) throws(WebACLFileError) {
        var files: [File] = []
        for path in paths {
            var reason = [CChar](repeating: 0, count: 256)
            guard let pointer = places_open(path, &reason, reason.count) else {
                let text = String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                throw WebACLFileError(
                    description: "The places of addresses can't be read from \(path): \(text). "
                        + "Name a file in MaxMind's format (mmdb) with --geo-database, or leave it out")
            }
            files.append(File(pointer: pointer))
        }
        self.files = files
    }

    func country(of address: IPAddress) -> (country: String, region: String?)? {
        let bytes = address.bytes
        for file in files {
            var (country, region) = ([CChar](repeating: 0, count: 3), [CChar](repeating: 0, count: 4))
            guard places_country(file.pointer, bytes, bytes.count, &country, &region) else { continue }
            return (Self.text(country), region.first == 0 ? nil : Self.text(region))
        }
        return nil
    }

    func autonomousSystem(of address: IPAddress) -> Int? {
        let bytes = address.bytes
        for file in files {
            let number = places_system(file.pointer, bytes, bytes.count)
            if number != 0 { return Int(number) }
        }
        return nil
    }

    private static func text(_ bytes: [CChar]) -> String {
        String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
