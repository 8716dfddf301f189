import Pages
import Platform
import WAF
import WebACLAssets
import Wire

extension PageFiles {
    /// The templates of the pages that stand before what web ACLs protect.
    static let ofWebACLs = PageFiles(
        UnsafeBufferPointer(start: gatehouse_webacl_files(), count: gatehouse_webacl_files_count()).map { file in
            (String(cString: file.name), UnsafeRawBufferPointer(start: file.bytes, count: file.length))
        })
}

/// The pages of puzzles and challenges, and what becomes of their answers.
/// <https://docs.aws.amazon.com/waf/latest/developerguide/waf-captcha-and-challenge.html>
struct Interstitial: Sendable {
    let environment: Environment
    let request: FilteredRequest
    let webACL: ReadyWebACL
    let tokens: ClientTokens

    init(_ request: FilteredRequest, _ webACL: ReadyWebACL, _ tokens: ClientTokens, _ environment: Environment) {
        self.environment = environment
        self.request = request
        self.webACL = webACL
        self.tokens = tokens
    }

    private var traffic: WebTraffic { environment.projection(WebTraffic.self) }

    // MARK: Pages

    /// Whether a client shows a page: it gets one, with a script in it, or only the header and the status.
    private var isForPage: Bool {
        request.web.method.elementsEqual("GET".utf8)
            && request.web.values(of: "accept").contains {
                String(decoding: $0, as: UTF8.self).lowercased().contains("text/html")
            }
    }

    /// What a request is answered that has to solve a puzzle first.
    func captcha() -> WireResponse {
        let bare = FilterAnswer.action("captcha", 405)
        guard isForPage else { return bare }
        return (try? puzzlePage(.captcha, goal: ClientTask.goal(of: request))) ?? bare
    }

    /// What a request is answered whose browser has to prove itself first.
    func challenge() -> WireResponse {
        let bare = FilterAnswer.action("challenge", 202)
        guard isForPage else { return bare }
        return (try? workPage(goal: ClientTask.goal(of: request))) ?? bare
    }

    private func task(_ grant: ClientTask.Grant, goal: String, words: [String]?) -> ClientTask {
        ClientTask(
            id: Identifiers.mixed(22), grant: grant, webACL: webACL.arn, host: request.host, goal: goal,
            issued: request.time, keeper: environment.ledger.isShared ? nil : traffic.attempts.keeper, words: words,
            bits: words == nil ? ClientTask.usualBits : nil)
    }

    private func puzzle(_ grant: ClientTask.Grant, goal: String) throws(ServiceError) -> [String: Any] {
        let puzzle = Puzzle()
        let task = task(grant, goal: goal, words: puzzle.answer)
        return [
            "question": puzzle.question, "words": puzzle.words,
            "task": try traffic.seals.seal(task, as: .task, environment),
        ]
    }

    private func puzzlePage(
        _ grant: ClientTask.Grant, goal: String, problem: String? = nil
    ) throws(ServiceError) -> WireResponse {
        var content = try puzzle(grant, goal: goal)
        content["problem"] = problem
        return page("captcha", "captcha", 405, content)
    }

    private func workPage(goal: String) throws(ServiceError) -> WireResponse {
        let task = task(.challenge, goal: goal, words: nil)
        var content = try puzzle(.challenge, goal: goal)
        content["work"] = try traffic.seals.seal(task, as: .task, environment)
        content["seed"] = task.id
        content["bits"] = String(ClientTask.usualBits)
        return page("challenge", "challenge", 202, content)
    }

    private func page(_ template: String, _ action: String, _ status: Int, _ content: [String: Any]) -> WireResponse {
        let nonce = Identifiers.mixed(22)
        var content = content
        content["nonce"] = nonce
        content["address"] = request.base + ResourceRequest.solutionPath
        var response = FilterAnswer.action(action, status)
        response.headers += [
            (
                name: "content-security-policy",
                value:
                    "default-src 'none'; style-src 'nonce-\(nonce)'; script-src 'nonce-\(nonce)'; form-action 'self'; "
                    + "frame-ancestors 'none'; base-uri 'none'"
            ),
            (name: "x-content-type-options", value: "nosniff"), (name: "x-frame-options", value: "DENY"),
            (name: "referrer-policy", value: "same-origin"),
        ]
        response.body = Array((PageFiles.ofWebACLs.templates.render(content, withTemplate: template) ?? "").utf8)
        return response
    }

    // MARK: Answers

    /// Whether a request brings an answer, and is for nothing else.
    var isAnswer: Bool {
        request.web.method.elementsEqual("POST".utf8)
            && request.web.path.elementsEqual(ResourceRequest.solutionPath.utf8)
    }

    private static let unreadable = WireResponse(
        status: 400,
        headers: [
            (name: "content-type", value: "text/plain; charset=utf-8"),
            (name: "x-content-type-options", value: "nosniff"),
            (name: "cache-control", value: "no-store"),
        ], body: Array("The request can't be read.\n".utf8))

    /// Judges an answer. Whoever was right is sent on, with a token.
    /// - Parameter old: the token that the client has already.
    func answer(_ old: ClientToken?) -> WireResponse {
        let form = WireRequest(
            headers: [(name: "content-type", value: "application/x-www-form-urlencoded")], body: request.web.body)
        guard !request.web.isBodyOversize, let fields = try? form.parameters, fields.count <= 8,
            let sealed = fields.first(where: { $0.name == "task" })?.value,
            let task = traffic.seals.open(sealed, as: .task, environment, ClientTask.self),
            task.webACL == webACL.arn, task.host == request.host
        else { return Self.unreadable }
        func field(_ name: String) -> String { fields.first { $0.name == name }?.value ?? "" }
        do throws(ServiceError) {
            return try judge(task, answer: field("answer"), number: field("number"), old)
        } catch {
            return FilterAnswer.unavailable
        }
    }

    private func judge(
        _ task: ClientTask, answer: String, number: String, _ old: ClientToken?
    ) throws(ServiceError) -> WireResponse {
        let (time, address) = (request.time, request.web.address)
        let granted = task.grant == .captcha ? old?.captcha : old?.challenge
        if let granted, granted >= task.issued { return onward(to: task.goal) }
        if let refusal = traffic.attempts.refusal(of: address, at: time) {
            return try puzzlePage(task.grant, goal: task.goal, problem: refusal)
        }
        let isFresh =
            time - task.issued < ClientTask.lifetime && task.issued <= time + 1
            && task.keeper.map { $0 == traffic.attempts.keeper } ?? true
        guard isFresh, traffic.attempts.use(task, at: time) else {
            return try puzzlePage(task.grant, goal: task.goal, problem: "The page has expired. Here is a new question.")
        }
        let isRight = task.words == nil ? task.isDone(by: number) : task.isAnswered(by: answer)
        if task.words != nil { webACL.metrics.countPuzzle(isSolved: isRight) }
        traffic.attempts.note(isRight: isRight, from: address, at: time)
        guard isRight else {
            return try puzzlePage(task.grant, goal: task.goal, problem: "That was not right. Here is another question.")
        }
        var response = onward(to: task.goal)
        response.headers.append(
            (
                name: "set-cookie",
                value: try tokens.grant(task.grant, to: old, isSecure: request.isSecure, at: time)
            ))
        return response
    }

    private func onward(to goal: String) -> WireResponse {
        WireResponse(
            status: 303,
            headers: [
                (name: "location", value: request.base + goal), (name: "cache-control", value: "no-store"),
            ], body: [])
    }
}
