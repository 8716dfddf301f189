import ArgumentParser
import Escalation
import FoundationEssentials
import Policy
import Server

/// Where the users and roles are that `who-can`, `what-can` and `escalate` ask about, and what binds them besides their
/// own policies.
struct AccountOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            What `aws iam get-account-authorization-details` printed, or a folder of such files. May be repeated. \
            Without it, a Gatehouse's data are asked.
            """, valueName: "path"))
    var from: [String] = []

    @Option(
        help: ArgumentHelp(
            "With --from: the service control policies of one level, root first: repeat it for each level, and put "
                + "commas between policies of the same level.", valueName: "file,…"))
    var scp: [String] = []

    @Option(
        help: ArgumentHelp("Only the users and roles of this account (default: of all accounts).", valueName: "number"))
    var account: String?

    @OptionGroup var placeOptions: PlaceOptions

    func validate() throws {
        if let account, account.utf8.count != 12 || !account.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            throw ValidationError("--account takes twelve digits, not '\(account)'.")
        }
        let isOfData = Settings.option("DATA") != nil || Settings.option("DATABASE") != nil
        guard from.isEmpty || !isOfData else {
            throw ValidationError(
                "The policies are in files or in a Gatehouse's data: leave out --from or the other one.")
        }
        guard !from.isEmpty || scp.isEmpty else {
            throw ValidationError(
                "A Gatehouse's data have the service control policies: --scp goes together with --from.")
        }
    }

    /// Who there is, and what is known beside.
    struct Known {
        let estate: Estate
        /// nil: only files are known.
        let recorded: RecordedEstate?
        /// The files; none where data are asked.
        let files: [(name: String, text: String)]
        /// The account whose users and roles are asked about; nil: all.
        let account: String?

        /// Those who are asked about.
        var members: [Estate.Member] {
            guard let account else { return estate.members }
            return estate.members.filter { $0.principal.accountID == account }
        }
    }

    /// - Throws: `ExitCode(2)` after a complaint.
    func known(_ command: String) throws -> Known {
        guard from.isEmpty else {
            let files = try files(command)
            let estate = try estate(files, command)
            return Known(estate: estate, recorded: nil, files: files, account: account)
        }
        let place = try placeOptions.place()
        do throws(StartError) {
            let recorded = try RecordedEstate(place)
            return Known(estate: recorded.estate, recorded: recorded, files: [], account: account)
        } catch {
            throw complaint("gatehouse \(command): \(error) Or name what describes an account with --from.")
        }
    }

    private func estate(
        _ files: [(name: String, text: String)], _ command: String
    ) throws(ExitCode) -> Estate {
        var estate: Estate
        do throws(AccountDetails.Problem) {
            estate = try AccountDetails(files).estate
        } catch {
            throw complaint("gatehouse \(command): \(error.reason)")
        }
        let levels = try serviceControl(command)?.map { PolicySet($0) }
        for index in estate.members.indices { estate.members[index].serviceControl = levels }
        return estate
    }

    private func files(_ command: String) throws(ExitCode) -> [(name: String, text: String)] {
        var files: [(name: String, text: String)] = []
        for path in from {
            let names: [String]
            var isFolder = false
            if let inside = try? FileManager.default.contentsOfDirectory(atPath: path) {
                isFolder = true
                names = inside.filter { $0.hasSuffix(".json") }.sorted().map { "\(path)/\($0)" }
            } else {
                names = [path]
            }
            if isFolder, names.isEmpty {
                throw complaint("gatehouse \(command): \(path): has no file that ends in .json")
            }
            for name in names {
                do throws(InputFile.Unreadable) {
                    files.append((name, try InputFile.text(of: name)))
                } catch {
                    throw complaint("gatehouse \(command): \(name): \(error.reason)")
                }
            }
        }
        return files
    }

    /// The levels of service control policies; nil: there are none.
    private func serviceControl(_ command: String) throws(ExitCode) -> [[CompiledPolicy]]? {
        if scp.isEmpty { return nil }
        var levels: [[CompiledPolicy]] = []
        for level in scp {
            var policies: [CompiledPolicy] = []
            for file in level.split(separator: ",") {
                policies.append(try CheckedPolicy(String(file), as: .serviceControl, command: command).symbolic.policy)
            }
            levels.append(policies)
        }
        return levels
    }

    private func complaint(_ text: String) -> ExitCode {
        Terminal.complain(text)
        return ExitCode(2)
    }
}

/// The format of a list.
struct ListFormatOption: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(help: "The output format.")
    var format = Format.text
}
