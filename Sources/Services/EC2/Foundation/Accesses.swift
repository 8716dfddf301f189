import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

extension Call {
    /// What an account has of EC2 in the request's Region, as of now.
    var estate: EC2Estate { environment.projection(EC2Index.self).estate(scope) }

    /// The ARN of something of the caller's, in the request's Region.
    func arn(_ type: String, _ name: String) -> String {
        let isShared = EC2Kinds.byARNType[type]?.isShared == true
        return ARN.text("ec2", region, isShared ? "" : accountID, "\(type)/", name)
    }

    /// A new id: `vpc-` and 17 hexadecimal digits.
    static func newID(_ prefix: String) -> String {
        let digits = Identifiers.randomBytes(9).flatMap { byte in
            [byte >> 4, byte & 0xF].map { String($0, radix: 16) }
        }
        return prefix + "-" + digits.joined().prefix(17)
    }

    /// A new resource of the caller's, with its tags.
    func head<R: EC2Resource>(of type: R.Type, tags: [Tag] = []) -> EC2Head {
        EC2Head(id: Self.newID(R.prefix), accountID: accountID, region: region, created: time, tags: tags)
    }

    /// The same for a request that may be sent again.
    func head<R: EC2Resource, F: EC2.MayHaveClientToken>(
        of type: R.Type, tags: [Tag], for input: View<F>
    ) -> EC2Head {
        var head = head(of: type, tags: tags)
        guard let token = input.clientToken, !token.isEmpty else { return head }
        (head.clientToken, head.requestHash) = (token, RequestHash.of(input.structure))
        return head
    }

    /// What the same request has made before, by its client token; nil: nothing.
    /// - Throws: IdempotentParameterMismatch.
    func made<R: EC2Resource, F: EC2.MayHaveClientToken>(
        _ type: R.Type, by input: View<F>
    ) throws(ServiceError) -> R? {
        guard let token = input.clientToken, !token.isEmpty,
            let old = estate.each(type).first(where: { $0.head.clientToken == token })
        else { return nil }
        guard old.head.requestHash == RequestHash.of(input.structure) else { throw .tokenOfAnother }
        return old
    }

    /// Permission for something on a resource that a request names.
    /// - Parameters:
    ///   - name: its id; it need not exist.
    ///   - action: without its prefix; nil: the operation's name.
    func access<R: EC2Resource>(
        to type: R.Type, _ name: String, _ action: String? = nil, _ keys: [String: ContextValue] = [:]
    ) -> Access {
        ec2Access(R.arnType, name, action, keys)
    }

    /// The same, by the type in the ARN.
    func ec2Access(
        _ type: String, _ name: String, _ action: String? = nil, _ keys: [String: ContextValue] = [:]
    ) -> Access {
        var context = keys
        context["ec2:region"] = .one(region)
        return Access("ec2:\(action ?? operation)", on: arn(type, name), context: context)
    }

    /// Permission for something that EC2 asks about no resource.
    var accessToAll: Authorization {
        .required(Access("ec2:\(operation)", on: "*", context: ["ec2:region": .one(region)]))
    }

    /// Permission to make a resource, and to give it its tags.
    /// - Parameters:
    ///   - specifications: the request's tags.
    ///   - keys: condition keys of what is to be made.
    func creation<R: EC2Resource>(
        of type: R.Type, _ specifications: [EC2.TagSpecification]?, _ keys: [String: ContextValue] = [:]
    ) throws(ServiceError) -> [Access] {
        try creation(of: R.arnType, specifications, keys)
    }

    /// The same, by the type in ARNs.
    /// - Parameter others: types that the request makes as well.
    func creation(
        of type: String, _ specifications: [EC2.TagSpecification]?, _ keys: [String: ContextValue] = [:],
        others: [String] = []
    ) throws(ServiceError) -> [Access] {
        let tags = ConditionKeys.requestTags(try TagSpecifications.tags(of: type, specifications, others: others))
        var make = ec2Access(type, "*", nil, keys.merging(tags) { own, _ in own })
        make.isOfNewResource = true
        guard !tags.isEmpty else { return [make] }
        var tag = ec2Access(
            type, "*", "CreateTags",
            keys.merging(tags) { own, _ in own }.merging(["ec2:createaction": .one(operation)]) { own, _ in own })
        tag.isOfNewResource = true
        return [make, tag]
    }
}

extension RecordReading {
    /// A resource that a request names.
    /// - Throws: the error that it is not there.
    func existing<R: Shown>(_ type: R.Type, _ id: String) throws(ServiceError) -> R {
        guard let resource = try get(type, id) else { throw R.missing(id) }
        return resource
    }

    /// Whether anything refers to a resource.
    func isNeeded(_ relation: String, _ id: String, beyond usual: Int = 0) throws(ServiceError) -> Bool {
        try referrerCount(relation, to: id) > usual
    }
}

/// A resource that requests name, and that is listed.
protocol Shown: EC2Resource {
    /// The error that there is none of this id.
    static func missing(_ id: String) -> ServiceError
    /// The error that several are not there: as a rule, it is about the first.
    static func missing(all ids: [String]) -> ServiceError
    /// What lists of it can be filtered by, besides tags.
    static var filters: Filters<Self> { get }
}

extension Shown {
    static func missing(all ids: [String]) -> ServiceError { missing(ids.first ?? "") }

    /// Whether a text could be an id: the prefix, a hyphen, and hexadecimal digits.
    static func isID(_ text: String) -> Bool {
        text.hasPrefix(prefix + "-") && text.utf8.count > prefix.utf8.count + 1
            && text.utf8.dropFirst(prefix.utf8.count + 1).allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
            }
    }

    /// The error for what could be no id, where EC2 tells it from one that is not there.
    static func malformed(_ id: String, _ code: String) -> ServiceError {
        .ec2(code, "Invalid id: \"\(id)\" (expecting \"\(prefix)-...\")")
    }
}

/// An operation that needs permission for its own action on one resource that it names, and nothing else.
protocol OnOne: Platform.Operation {
    associatedtype Named: EC2Resource
    /// The id that the request names.
    static func name(_ input: Input) throws(ServiceError) -> String
    /// Condition keys that the request brings.
    static func keys(_ input: Input) -> [String: ContextValue]
}

extension OnOne {
    static func keys(_ input: Input) -> [String: ContextValue] { [:] }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.access(to: Named.self, try name(input), nil, keys(input)))
    }
}

/// An operation on no resource.
protocol OnAll: Platform.Operation {}

extension OnAll {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization { call.accessToAll }
}

extension [Tag] {
    /// As answers have them.
    var shown: [EC2.Tag] {
        map { tag in
            EC2.Tag {
                $0.key = tag.key
                $0.value = tag.value
            }
        }
    }
}
