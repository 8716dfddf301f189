/// One recorded API call: an entry of CloudTrail's event history.
///
/// What the ledger knows about an event is whose it is, when it happened, and what it is looked up by; the CloudTrail
/// record itself is just bytes. Write it in the transaction of the change that it tells of
/// (``Transaction/record(_:)``), or on its own (``Ledger/record(_:)``) for a call that changed nothing, denied ones
/// included.
public struct Event: Sendable, Codable, Equatable {
    /// The event's own id, the text of a ``UUIDv7``. It is found by the time within, which must be no more than a
    /// minute after ``time``, and no more than two seconds before it.
    public var id: String
    /// The id of the request, as in the answer: the text of a ``UUIDv7``, whose time is as near to ``time`` as that of
    /// ``id``.
    public var requestID: String
    /// The account in whose history the event is. A call between two accounts makes an event in each.
    public var account: String
    /// When the call was made, in milliseconds since 1970-01-01 UTC.
    public var time: Int64
    /// What the event can be looked up by. Stored in an unsealed index: never a secret.
    public var attributes: [EventAttribute]
    /// The CloudTrail record: JSON.
    public var body: [UInt8]
    /// Why the call was allowed or denied: JSON for `gatehouse why`.
    public var decision: [UInt8]
    /// What the record tells besides to those alone who asked for it: JSON. Empty: nobody did.
    public var context: [UInt8]

    /// Makes an event. Nothing is checked before it is recorded.
    public init(
        id: String, requestID: String, account: String, time: Int64, attributes: [EventAttribute], body: [UInt8],
        decision: [UInt8], context: [UInt8] = []
    ) {
        self.id = id
        self.requestID = requestID
        self.account = account
        self.time = time
        self.attributes = attributes
        self.body = body
        self.decision = decision
        self.context = context
    }
}

/// A name and a value that an event can be looked up by, such as `EventName` and `CreateUser`.
///
/// The names are those of CloudTrail's `LookupAttributeKey`:
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupAttribute.html>. `EventId` need not be
/// among an event's attributes: it is found by the time that it carries.
public struct EventAttribute: Sendable, Codable, Hashable {
    /// The name of a `LookupAttributeKey`, such as `EventName` or `Username`.
    public var name: String
    /// What the event has for it. One event may have several values of one name (`ResourceName`).
    public var value: String

    /// Makes an attribute.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A query of one account's event history, by time, by one attribute, or by both.
///
/// It has the form of CloudTrail's LookupEvents, which takes one attribute at most:
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>.
public struct EventQuery: Sendable, Equatable {
    /// Whose history is asked. No query spans accounts.
    public var account: String
    /// The earliest time wanted, in milliseconds since 1970-01-01 UTC.
    public var from: Int64?
    /// The latest time wanted, in milliseconds since 1970-01-01 UTC.
    public var to: Int64?
    /// Only events with this attribute, compared byte by byte.
    public var attribute: EventAttribute?
    /// The number of events on a page, at most; no page has more than 10,000.
    public var limit: Int
    /// Where the page before ended (``EventPage/cursor``); nil for the first page. All else but the limit must be as it
    /// was then.
    public var cursor: String?

    /// Makes a query for the newest events, restricted as far as the parameters say: see the properties.
    public init(
        account: String, from: Int64? = nil, to: Int64? = nil, attribute: EventAttribute? = nil, limit: Int = 50,
        cursor: String? = nil
    ) {
        self.account = account
        self.from = from
        self.to = to
        self.attribute = attribute
        self.limit = limit
        self.cursor = cursor
    }
}

/// One page of the event history, newest events first.
public struct EventPage: Sendable, Equatable {
    /// The events; fewer than the limit only on the last page.
    public var events: [Event]
    /// What to ask with for the next page; nil at the end. All pages together hold every event that was in the
    /// history when the first was asked for, once.
    public var cursor: String?

    /// Makes a page, for what answers in the ledger's place.
    public init(events: [Event], cursor: String? = nil) {
        self.events = events
        self.cursor = cursor
    }
}
