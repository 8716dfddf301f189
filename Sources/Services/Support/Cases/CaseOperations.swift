import Directory
import Ledger
import Platform
import SupportAPI
import Wire

// Cases. <https://docs.aws.amazon.com/awssupport/latest/user/case-management.html>

extension RecordReading {
    /// - Throws: CaseIdNotFound.
    fileprivate func supportCase(_ id: String?) throws(ServiceError) -> SupportCase {
        guard let id, let found = try get(SupportCase.self, id) else {
            throw Support.Failure.caseIdNotFound("The requested CaseId could not be located.")
        }
        return found
    }
}

extension MutableRecords {
    /// Takes the files of a set.
    /// - Throws: AttachmentSetIdNotFound, AttachmentSetExpired.
    fileprivate func take(
        _ set: String?, _ call: Call
    ) throws(ServiceError) -> [CaseCommunication.Attached] {
        guard let id = set else { return [] }
        guard var found = try get(StoredAttachmentSet.self, id), !found.isUsed else {
            throw Support.Failure.attachmentSetIdNotFound("An attachment set with the specified ID could not be found.")
        }
        guard call.time < found.expires else {
            throw Support.Failure.attachmentSetExpired(
                "The expiration time of the attachment set has passed. The set expires 1 hour after it is created.")
        }
        found.isUsed = true
        try put(found)
        return found.attachments
    }

    /// Keeps what somebody has written, and tells the operator and whoever is to be told.
    fileprivate func add(
        _ body: String, to one: SupportCase, _ attachments: [CaseCommunication.Attached], _ call: Call
    ) throws(ServiceError) {
        let count = try referrers(CaseCommunication.self, CaseCommunication.relation, to: one.id).count
        try put(
            CaseCommunication(
                id: "\(one.id)/\(String(100_000 + count))", caseID: one.id, body: body,
                submittedBy: call.caller.arn, created: call.time, attachments: attachments))
        let files = attachments.isEmpty ? "" : "\n\nAttached: " + attachments.map(\.fileName).joined(separator: ", ")
        for recipient in ["support@gatehouse.invalid"] + one.ccAddresses {
            try send(
                Mail(
                    requestID: "\(call.requestID) \(recipient)", at: call.time, about: one.accountID, to: recipient,
                    subject: "[Case \(one.displayID), \(one.severityCode)] \(one.subject)",
                    text: "\(call.caller.arn) writes about \(one.serviceCode), \(one.categoryCode):\n\n\(body)\(files)")
            )
        }
    }
}

extension Support.CreateCase: WriteOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let service = input.serviceCode ?? SupportCatalog.general
        let category = input.categoryCode ?? SupportCatalog.other
        try SupportCatalog.check(service: service, category: category)
        let severity = input.severityCode ?? "low"
        guard SupportCatalog.severities.contains(where: { $0.code == severity }) else {
            throw .invalidCase("severityCode", severity)
        }
        let issue = input.issueType ?? "technical"
        guard SupportCatalog.issueTypes.contains(issue) else { throw .invalidCase("issueType", issue) }
        let open = try records.list(SupportCase.self).count { $0.status != .resolved }
        guard open < call.quotas[.openCases] else {
            throw Support.Failure.caseCreationLimitExceeded(
                "The case creation limit for the account has been exceeded.")
        }
        let millis = UInt64(max(0, min(call.time * 1000, 1e15)))
        let digits = String(
            millis << 12 | UInt64(Identifiers.randomBytes(2).reduce(0) { $0 << 8 | Int($1) } & 0xfff), radix: 16)
        let year = Timestamp(secondsSinceEpoch: call.time).iso8601.prefix(4)
        let one = SupportCase(
            id:
                "case-\(call.accountID)-muen-\(year)-\(String(repeating: "0", count: max(0, 16 - digits.count)))\(digits)",
            accountID: call.accountID, displayID: String(String(millis).suffix(10)), subject: input.subject,
            serviceCode: service, categoryCode: category, severityCode: severity, issueType: issue,
            language: input.language ?? "en", submittedBy: call.caller.arn, created: call.time, status: .opened,
            ccAddresses: input.ccEmailAddresses ?? [])
        try records.put(one)
        try records.add(input.communicationBody, to: one, try records.take(input.attachmentSetId, call), call)
        return Output { $0.caseId = one.id }
    }
}

extension Support.AddCommunicationToCase: WriteOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var one = try records.supportCase(input.caseId)
        // Whoever writes to one that is resolved opens it again.
        if one.status == .resolved { one.status = .reopened }
        if let addresses = input.ccEmailAddresses { one.ccAddresses = addresses }
        try records.put(one)
        try records.add(input.communicationBody, to: one, try records.take(input.attachmentSetId, call), call)
        return Output { $0.result = true }
    }
}

extension Support.ResolveCase: WriteOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var one = try records.supportCase(input.caseId)
        let before = one.status
        one.status = .resolved
        if before != .resolved { try records.put(one) }
        return Output {
            $0.initialCaseStatus = before.rawValue
            $0.finalCaseStatus = SupportCase.Status.resolved.rawValue
        }
    }
}

// MARK: Reading

/// A span of time as requests have it.
private struct AskedTimes {
    let after: Double
    let before: Double

    /// - Throws: InvalidParameterValueException for what is no time of ISO 8601.
    init(after: String?, before: String?) throws(ServiceError) {
        func seconds(_ name: String, _ text: String?, _ usual: Double) throws(ServiceError) -> Double {
            guard let text else { return usual }
            if let time = Timestamp(parsing: text) ?? Timestamp(parsing: "\(text)T00:00:00Z") {
                return time.secondsSinceEpoch
            }
            throw .invalidCase(name, text)
        }
        self.after = try seconds("afterTime", after, -.infinity)
        self.before = try seconds("beforeTime", before, .infinity)
    }

    func has(_ time: Double) -> Bool { after <= time && time <= before }
}

extension Paging {
    /// - Throws: InvalidParameterValueException for a token that is not one of ours.
    fileprivate init<F: PageRequestFields>(support input: View<F>) throws(ServiceError) {
        do throws(ServiceError) { try self.init(input) } catch {
            throw .invalidCase("nextToken", input.pageToken ?? "")
        }
    }
}

extension SupportCase {
    fileprivate func view(_ communications: [CaseCommunication]?) -> Support.CaseDetails {
        Support.CaseDetails {
            $0.caseId = id
            $0.displayId = displayID
            $0.subject = subject
            $0.status = status.rawValue
            $0.serviceCode = serviceCode
            $0.categoryCode = categoryCode
            $0.severityCode = severityCode
            $0.submittedBy = submittedBy
            $0.timeCreated = Timestamp(secondsSinceEpoch: created).iso8601WithMilliseconds
            $0.ccEmailAddresses = ccAddresses
            $0.language = language
            if let communications {
                // AWS: the five latest.
                $0.recentCommunications = Support.RecentCaseCommunications {
                    $0.communications = communications.reversed().prefix(5).map(\.view)
                }
            }
        }
    }
}

extension CaseCommunication {
    fileprivate var view: Support.Communication {
        Support.Communication {
            $0.caseId = caseID
            $0.body = body
            $0.submittedBy = submittedBy
            $0.timeCreated = Timestamp(secondsSinceEpoch: created).iso8601WithMilliseconds
            $0.attachmentSet = attachments.map { attached in
                Support.AttachmentDetails {
                    $0.attachmentId = attached.id
                    $0.fileName = attached.fileName
                }
            }
        }
    }
}

extension Support.DescribeCases: ReadOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let times = try AskedTimes(after: input.afterTime, before: input.beforeTime)
        var named: Set<String>?
        if let list = input.caseIdList, !list.isEmpty {
            for id in list { _ = try records.supportCase(id) }
            named = Set(list)
        }
        let all = input.includeResolvedCases == true
        let page = try records.page(SupportCase.self, try Paging(support: input)) { one in
            (named?.contains(one.id) ?? true) && (input.displayId ?? one.displayID) == one.displayID
                && times.has(one.created) && (all || one.status != .resolved)
        }
        var views: [Support.CaseDetails] = []
        for one in page.items {
            var communications: [CaseCommunication]?
            if input.includeCommunications ?? true {
                communications = try records.referrers(
                    CaseCommunication.self, CaseCommunication.relation, to: one.id)
            }
            views.append(one.view(communications))
        }
        return Output(Page(items: views, marker: page.marker))
    }
}

extension Support.DescribeCommunications: ReadOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let one = try records.supportCase(input.caseId)
        let times = try AskedTimes(after: input.afterTime, before: input.beforeTime)
        let page = try records.page(
            CaseCommunication.self, CaseCommunication.relation, to: one.id, try Paging(support: input)
        ) { times.has($0.created) }
        return Output(page.map(\.view))
    }
}

extension ServiceError {
    /// - Parameters: the member, and what stands there.
    static func invalidCase(_ name: String, _ value: String) -> ServiceError {
        ServiceError("InvalidParameterValueException", "The value \(value) of \(name) is not valid.", status: 400)
    }
}
