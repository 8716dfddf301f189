import Platform

/// Something that somebody has to do so that what is here is safe, and whether it is done.
/// <https://aws.amazon.com/compliance/shared-responsibility-model/>
struct Duty: Sendable {
    /// Whose it is. On AWS what is Gatehouse's and the machine's here is AWS's.
    enum Bearer: Sendable, CaseIterable {
        /// Whoever administers the account.
        case account
        case gatehouse
        /// Whoever runs the machine that Gatehouse is on.
        case machine
    }

    enum State: Sendable {
        case done, open
        /// Nobody can see it from here, or whoever looks may not.
        case unseen
    }

    let title: String
    let state: State
    /// What was seen.
    let finding: String
    /// Where it is mended; nil: not in the console.
    var link: (title: String, path: String)?

    init(_ title: String, _ state: State, _ finding: String, link: (title: String, path: String)? = nil) {
        (self.title, self.state, self.finding, self.link) = (title, state, finding, link)
    }

    /// A step on the way to a safe account is a duty of whoever administers it.
    init(_ step: SecurityStep) {
        let state: State =
            switch step.state {
            case .done: .done
            case .open: .open
            case .unknown: .unseen
            }
        self.init(step.title, state, step.finding, link: step.link)
    }

    /// As the template shows it.
    var shown: [String: Any] {
        var shown: [String: Any] = [
            "duty": title, "isDone": state == .done, "isOpen": state == .open, "isUnseen": state == .unseen,
            "finding": finding,
        ]
        if let link { shown["link"] = ["title": link.title, "path": Console.root + link.path] }
        return shown
    }
}
