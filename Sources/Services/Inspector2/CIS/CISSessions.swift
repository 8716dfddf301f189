import Inspector2API
import Ledger
import Platform
import Wire

// What an agent in an instance reports of its checks. It calls with the credentials of its instance, whose id its session is named
// by, and names the scan by the UUID at the end of the scan's ARN.
// <https://docs.aws.amazon.com/inspector/v2/APIReference/API_StartCisSession.html>

extension Call {
    /// The instance whose credentials the caller has.
    /// - Throws: AccessDeniedException for anybody else.
    fileprivate func cisInstance() throws(ServiceError) -> String {
        guard case .roleSession(_, let name) = caller.identity, name.hasPrefix("i-") else {
            throw .inspectorDenied("Only instances can report the results of CIS scans.")
        }
        return name
    }
}

extension MutableRecords {
    /// What a scan knows of the caller's instance, with the records of the account that has the scan.
    /// - Parameter token: the session's; nil: it begins.
    /// - Throws: ValidationException, ConflictException.
    fileprivate func cisTarget(
        _ scan: String, token: String?, _ call: Call
    ) throws(ServiceError) -> (target: CISTarget, records: MutableRecords) {
        let instance = try call.cisInstance()
        // The scan may be one of the account's administrator.
        let administrator = call.environment.inspectorAdministrator(of: call.accountID, region: call.region)
        for account in [call.accountID, administrator].compactMap({ $0 }) {
            let own = of(account: account)
            guard let target = try own.get(CISTarget.self, RowKey(.text(instance)), of: scan),
                target.accountID == call.accountID
            else { continue }
            guard target.status == nil else {
                throw .inspectorConflict(scan, type: "CisScan", "The scan of the instance \(instance) has ended.")
            }
            if let token, target.session != token {
                throw .inspectorConflict(token, type: "CisSession", "The session \(token) has not been started.")
            }
            return (target, own)
        }
        throw .invalidField("scanJobId", "The scan \(scan) does not look at the instance \(instance).")
    }
}

extension Inspector2.StartCisSession: WriteOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let found = try records.cisTarget(input.scanJobId, token: nil, call)
        var target = found.target
        let token = input.message.sessionToken
        if let session = target.session, session != token {
            throw .inspectorConflict(session, type: "CisSession", "Another session has been started.")
        }
        target.session = token
        target.lastHeard = call.time
        try found.records.put(target)
        return Output()
    }
}

extension Inspector2.SendCisSessionHealth: WriteOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let found = try records.cisTarget(input.scanJobId, token: input.sessionToken, call)
        var target = found.target
        target.lastHeard = call.time
        try found.records.put(target)
        return Output()
    }
}

extension Inspector2.SendCisSessionTelemetry: WriteOperation, OnAllOfInspector {
    /// Checks of one instance that are kept.
    private static let most = 2000

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let found = try records.cisTarget(input.scanJobId, token: input.sessionToken, call)
        var target = found.target
        guard let scan = try found.records.get(CISScan.self, RowKey(.text(input.scanJobId))) else { return Output() }
        for message in input.messages {
            let result = CISResult(
                partition: scan.id, accountID: target.accountID, resource: target.resource, check: message.ruleId,
                status: status(message.status),
                details: String(validating: message.cisRuleDetails.bytes, as: UTF8.self),
                level: scan.level, platform: target.platform)
            if let before = try found.records.get(CISResult.self, result.key, of: scan.id) {
                target.count(before.status, -1)
            }
            target.count(result.status, 1)
            guard target.passed + target.failed + target.skipped <= most else {
                throw .invalidField("messages", "At most \(most) checks of an instance are kept.")
            }
            try found.records.put(result)
        }
        target.lastHeard = call.time
        try found.records.put(target)
        try found.records.concludeCISScan(scan.id)
        return Output()
    }

    private static func status(_ status: String) -> String {
        switch status {
        case "PASSED": "PASSED"
        case "FAILED", "ERROR": "FAILED"
        default: "SKIPPED"
        }
    }
}

extension CISTarget {
    mutating func count(_ status: String, _ change: Int) {
        switch status {
        case "PASSED": passed += change
        case "FAILED": failed += change
        default: skipped += change
        }
    }
}

extension Inspector2.StopCisSession: WriteOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let found = try records.cisTarget(input.scanJobId, token: input.sessionToken, call)
        var target = found.target
        let message = input.message
        if let platform = message.computePlatform {
            let parts = [platform.vendor, platform.product, platform.version].compactMap { $0 }
            target.platform = parts.isEmpty ? nil : parts.joined(separator: "_").uppercased()
        }
        switch message.status {
        case "SUCCESS": target.status = "COMPLETED"
        case "UNSUPPORTED_OS":
            target.status = "CANCELLED"
            target.reason = "UNSUPPORTED_OS"
        default: target.status = "CANCELLED"
        }
        target.lastHeard = call.time
        try found.records.put(target)
        try found.records.concludeCISScan(input.scanJobId)
        return Output()
    }
}
