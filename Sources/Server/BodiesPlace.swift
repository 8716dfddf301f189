import Bodies
import Fetch
import FoundationEssentials
import Ledger
import Platform
public import Signature
import Wire

/// Where the bodies of objects are that nodes share: a folder that all of them see, or a bucket.
public struct BodiesPlace: Sendable {
    private enum Kind {
        case folder(String)
        case bucket(BucketAddress)
    }

    private let kind: Kind

    /// Whose requests a bucket is asked with.
    public enum Credentials: Sendable {
        /// A file in the form of `~/.aws/credentials`.
        case file(String)
        case given(SigningCredentials)
    }

    /// - Parameters:
    ///   - text: the path of a folder, or `s3://bucket/prefix?endpoint=…&region=…`.
    ///   - credentials: for a bucket, which needs some.
    /// - Throws: `StartError` for what can't be one.
    public init(_ text: String, credentials: Credentials?) throws(StartError) {
        guard text.contains("://") else {
            kind = .folder(text)
            return
        }
        guard let credentials else {
            throw StartError(
                "A bucket needs credentials: a file that --bodies-credentials names, or AWS_ACCESS_KEY_ID and "
                    + "AWS_SECRET_ACCESS_KEY.")
        }
        let source =
            switch credentials {
            case .file(let path): BucketCredentials(file: path)
            case .given(let given): BucketCredentials(given)
            }
        do throws(BodyError) { kind = .bucket(try BucketAddress(text, credentials: source)) } catch {
            throw StartError("\(text) can't be a place for bodies: \(error)")
        }
    }

    /// For people; it holds no secret.
    public var name: String {
        switch kind {
        case .folder(let path): path
        case .bucket(let address): address.name
        }
    }

    /// - Parameter trust: whose certificates a bucket's server may show.
    func open(_ trust: ServerTrust) throws(BodyError) -> BodyStore {
        switch kind {
        case .folder(let path): try BodyStore(folder: path)
        case .bucket(let address): BodyStore(bucket: address, trust: trust)
        }
    }

    /// Makes sure that it is this Gatehouse's own.
    func claim(_ store: BodyStore, _ environment: Environment) async throws(StartError) {
        do {
            let mark = try await environment.write(BodyStoreMark.scope, requestID: "") {
                (records) throws(ServiceError) in
                if let mark = try records.get(BodyStoreMark.self, BodyStoreMark.id) { return mark }
                let new = BodyStoreMark()
                try records.put(new)
                return new
            }
            do throws(BodyError) { try store.claim(for: mark.store, isNew: !mark.isMade) } catch {
                throw StartError("\(name) can't be used for the bodies of objects: \(error)")
            }
            guard !mark.isMade else { return }
            try await environment.write(BodyStoreMark.scope, requestID: "") { (records) throws(ServiceError) in
                guard var mark = try records.get(BodyStoreMark.self, BodyStoreMark.id) else { return }
                mark.isMade = true
                try records.put(mark)
            }
        } catch let error as StartError {
            throw error
        } catch let error as ServiceError {
            throw StartError(error.logText)
        } catch {
            throw StartError("\(error)")
        }
    }

    /// The same for a ledger that is copied to where nothing uses it yet: the place may be new to it.
    func claim(_ store: BodyStore, for ledger: Ledger) throws(StartError) {
        do {
            if let mark = try ledger.bodyStoreMark() {
                try store.claim(for: mark.store, isNew: true)
            } else {
                try store.requireUnclaimed()
            }
        } catch {
            throw StartError("\(name) can't be used for the bodies of objects: \(error)")
        }
    }
}
