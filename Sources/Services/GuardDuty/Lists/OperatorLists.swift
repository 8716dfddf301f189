public import Platform
import ThreatDetection
import WAF

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file of addresses that can't be used.
public struct AddressListProblem: Error, CustomStringConvertible {
    /// What is wrong, and what to do.
    public let description: String
}

extension Environment {
    /// Has GuardDuty tell of calls from addresses that the operator's files name, in all accounts. Gatehouse calls it once, before it
    /// answers requests.
    ///
    /// - Parameters:
    ///   - threats: files of addresses that are known for attacks.
    ///   - tor: files of the addresses of Tor's exits.
    /// - Throws: what is wrong with a file.
    public func useAddressLists(threats: [String], tor: [String]) throws(AddressListProblem) {
        var lists: [[AddressLists.List]] = []
        for (paths, option) in [(threats, "threat-addresses"), (tor, "tor-addresses")] {
            lists.append(
                try paths.map { path throws(AddressListProblem) in try AddressLists.List(path: path, option: option) })
        }
        guardDuty.useOperatorLists(threats: AddressLists(lists[0]), tor: AddressLists(lists[1]))
    }
}

extension AddressLists.List {
    fileprivate init(path: String, option: String) throws(AddressListProblem) {
        func problem(_ text: String) -> AddressListProblem {
            AddressListProblem(
                description:
                    "The addresses can't be read from \(path): \(text) Name a file with --\(option), or leave it out")
        }
        guard let file = fopen(path, "rb") else { throw problem("it can't be opened.") }
        defer { fclose(file) }
        var reader = ListReader(.plain, most: 1_000_000)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        do throws(ListReader.Fault) {
            while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
                try reader.read(buffer.prefix(count))
            }
            let name = path.split(separator: "/").last.map(String.init) ?? path
            self.init(name: name, isCustom: false, try reader.finish())
        } catch {
            throw problem(error.text)
        }
    }
}
