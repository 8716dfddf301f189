import AccountAPI
import Directory
import FoundationEssentials
import Platform
import Policy
import Wire

// Which of AWS's regions an account may use.
// <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html>

protocol OnRegion: OnAccount where InputFields: AccountManagement.WithRegionName {}

extension OnRegion {
    static func keys(_ input: Input) -> [String: ContextValue] { ["account:targetregion": .one(input.regionName)] }
}

extension Call {
    fileprivate func status(ofRegion region: String, for accountID: String) throws(ServiceError) -> RegionOptIn.Status {
        guard let status = environment.status(ofRegion: region, for: accountID, at: time) else {
            throw .invalidRegion("The Region \(region) is not valid.")
        }
        return status
    }
}

extension AccountManagement.GetRegionOptStatus: ReadOperation, OnRegion {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let id = try call.target(input.accountId).accountID
        let status = try call.status(ofRegion: input.regionName, for: id)
        return Output {
            $0.regionName = input.regionName
            $0.regionOptStatus = status.rawValue
        }
    }
}

extension AccountManagement.ListRegions: ReadOperation, OnAccount {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let id = try call.target(input.accountId).accountID
        var names = Regions.all[...]
        if let token = input.nextToken {
            guard let bytes = Data(base64Encoded: token), let last = String(validating: bytes, as: UTF8.self),
                Regions.all.contains(last)
            else { throw .invalidField("nextToken", "The next token is not valid.") }
            names = names.drop { $0 <= last }
        }
        var regions: [AccountManagement.Region] = []
        for name in names {
            let status = try call.status(ofRegion: name, for: id).rawValue
            guard input.regionOptStatusContains?.contains(status) ?? true else { continue }
            regions.append(
                AccountManagement.Region {
                    $0.regionName = name
                    $0.regionOptStatus = status
                })
        }
        let page = regions.prefix(input.maxResults ?? 50)
        return Output {
            $0.regions = Array(page)
            if page.count < regions.count, let last = page.last?.regionName {
                $0.nextToken = Data(last.utf8).base64EncodedString()
            }
        }
    }
}

extension AccountManagement.EnableRegion: WriteOperation, OnRegion {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try switchRegion(input.regionName, isOptedIn: true, of: input.accountId, call, records)
        return Output()
    }
}

extension AccountManagement.DisableRegion: WriteOperation, OnRegion {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try switchRegion(input.regionName, isOptedIn: false, of: input.accountId, call, records)
        return Output()
    }
}

/// Begins to open or to close a region.
private func switchRegion(
    _ region: String, isOptedIn: Bool, of accountID: String?, _ call: Call, _ records: MutableRecords
) throws(ServiceError) {
    let id = try call.target(accountID).accountID
    switch (try call.status(ofRegion: region, for: id), isOptedIn) {
    case (.disabled, true), (.enabled, false): break
    case (.disabling, true), (.enabling, false):
        throw .conflict("The Region \(region) is still being \(isOptedIn ? "disabled" : "enabled"). Try again later.")
    case (.enabled, true), (.enabling, true), (.disabled, false), (.disabling, false), (.enabledByDefault, _):
        throw .invalidRegion("Unable to switch region status because of its current opt-in status.")
    }
    let records = records.of(account: id)
    let underway = try records.list(RegionOptIn.self).count {
        [.enabling, .disabling].contains($0.status(at: call.time))
    }
    guard underway < mostSwitches else {
        throw .tooManyRequests("The account has too many Regions that are being enabled or disabled.")
    }
    try records.put(RegionOptIn(id: region, isOptedIn: isOptedIn, since: call.time))
}

/// How many regions of an account may be opening or closing at once.
/// <https://docs.aws.amazon.com/accounts/latest/reference/quotas.html>
private let mostSwitches = 6
