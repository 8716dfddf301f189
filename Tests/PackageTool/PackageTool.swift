import Advisories
import Glibc
import PackageVersions
import Packages
import SBOM
import Wire

/// Asks what is known of packages and their vulnerabilities, for tests that compare it with other programs.
///
///     package-tool compare SCHEME < pairs            two versions with a tab between them in each line: -1, 0, 1, or ?
///     package-tool scores < vectors                  a vector of CVSS in each line: its base score, or ?
///     package-tool inventory root|image|archive PATH [REFERENCE]
///     package-tool images PATH
///     package-tool index PLACE SOURCE…               makes an index of advisories
///     package-tool match PLACE root|image|archive PATH [REFERENCE]
///     package-tool bill FORMAT PLACE|- root|image|archive PATH
@main
struct Program {
    static func main() throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        guard !arguments.isEmpty else { throw Failure(description: "what?") }
        switch arguments.removeFirst() {
        case "compare": try compare(arguments)
        case "scores": scores()
        case "inventory": print(json(try inventory(arguments)))
        case "images": print(json(try Inventory.images(in: try one(arguments))))
        case "index":
            for problem in try AdvisoryIndex.build(from: Array(arguments.dropFirst()), to: try one(arguments)) {
                print(problem)
            }
        case "match":
            let index = try AdvisoryIndex(path: try one(arguments))
            print(json(index.matches(in: try inventory(Array(arguments.dropFirst())))))
        case "bill": try bill(arguments)
        case let other: throw Failure(description: "\(other)?")
        }
    }

    private static func one(_ arguments: [String]) throws -> String {
        guard let first = arguments.first else { throw Failure(description: "something is missing") }
        return first
    }

    private static func compare(_ arguments: [String]) throws {
        guard let scheme = VersionScheme(rawValue: try one(arguments)) else {
            throw Failure(description: "no such scheme")
        }
        while let line = readLine() {
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw Failure(description: "no pair: \(line)") }
            print(scheme.compare(String(parts[0]), String(parts[1])).map { "\($0.rawValue)" } ?? "?")
        }
    }

    private static func scores() {
        while let line = readLine() { print(CVSSVector(line).map { "\($0.baseScore)" } ?? "?") }
    }

    private static func inventory(_ arguments: [String]) throws -> Inventory {
        guard arguments.count >= 2 else { throw Failure(description: "of what?") }
        switch arguments[0] {
        case "root": return try Inventory.reading(root: arguments[1])
        case "archive": return try Inventory.reading(archive: arguments[1])
        default:
            return try Inventory.reading(image: arguments[1], reference: arguments.count > 2 ? arguments[2] : nil)
        }
    }

    private static func bill(_ arguments: [String]) throws {
        guard arguments.count >= 4, let format = SBOMFormat(rawValue: arguments[0]) else {
            throw Failure(description: "in which form, and of what?")
        }
        let inventory = try inventory(Array(arguments.dropFirst(2)))
        var vulnerabilities: [String: [InstalledPackage]] = [:]
        if arguments[1] != "-" {
            for match in try AdvisoryIndex(path: arguments[1]).matches(in: inventory) {
                vulnerabilities[match.id] = match.packages.map(\.package)
            }
        }
        let subject = SBOMSubject(
            accountID: "111122223333", resource: "i-022fba820db137c64", type: "AWS_EC2_INSTANCE",
            image: "ami-074ea14c08effb2d8", system: inventory.system, architecture: "x86_64", time: 1_700_000_000)
        let document = format.document(of: inventory, subject, vulnerabilities: vulnerabilities)
        print(String(decoding: document, as: UTF8.self))
    }
}

/// What went wrong.
struct Failure: Error, CustomStringConvertible {
    let description: String
}
