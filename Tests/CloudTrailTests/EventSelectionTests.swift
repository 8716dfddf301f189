import Testing

@testable import CloudTrailService

/// An event that says of itself what selectors ask.
private struct Sample: SelectableEvent {
    var fields: [SelectorField: String] = [:]
    var resources: [SelectableResource] = []

    func value(of field: SelectorField) -> String? { fields[field] }

    static func management(_ name: String, from source: String = "iam.amazonaws.com", isRead: Bool = false) -> Sample {
        Sample(fields: [
            .eventCategory: "Management", .eventName: name, .eventSource: source, .readOnly: isRead ? "true" : "false",
        ])
    }

    static func object(_ name: String, _ key: String, in bucket: String = "box", isRead: Bool = false) -> Sample {
        var sample = management(name, from: "s3.amazonaws.com", isRead: isRead)
        sample.fields[.eventCategory] = "Data"
        sample.resources = [
            SelectableResource(type: "AWS::S3::Object", arn: "arn:aws:s3:::\(bucket)/\(key)"),
            SelectableResource(type: "AWS::S3::Bucket", arn: "arn:aws:s3:::\(bucket)"),
        ]
        return sample
    }
}

@Suite struct EventSelectionTests {
    @Test func whatANewTrailTakes() {
        #expect(EventSelection.standard.selects(Sample.management("CreateUser")))
        #expect(EventSelection.standard.selects(Sample.management("ListUsers", isRead: true)))
        #expect(!EventSelection.standard.selects(Sample.object("GetObject", "a", isRead: true)))
    }

    @Test func whatATrailOfWritesTakes() {
        for (event, isTaken) in [
            (Sample.management("CreateUser"), true), (Sample.management("GetUser", isRead: true), false),
        ] {
            #expect(EventSelection.basic([BasicSelector(readWriteType: .writeOnly)]).selects(event) == isTaken)
        }
    }

    @Test(arguments: [
        (BasicSelector.ReadWriteType.all, true, true), (.readOnly, true, false), (.writeOnly, false, true),
    ])
    func readsAndWrites(type: BasicSelector.ReadWriteType, takesReads: Bool, takesWrites: Bool) {
        let selector = BasicSelector(readWriteType: type)
        #expect(selector.selects(Sample.management("ListUsers", isRead: true)) == takesReads)
        #expect(selector.selects(Sample.management("CreateUser")) == takesWrites)
    }

    @Test func dataResources() {
        func selector(_ values: [String], type: String = "AWS::S3::Object") -> BasicSelector {
            BasicSelector(
                includesManagement: false,
                dataResources: [BasicSelector.DataResource(type: type, values: values)])
        }
        let event = Sample.object("PutObject", "in/a")
        #expect(selector(["arn:aws:s3"]).selects(event))
        #expect(selector(["arn:aws:s3:::box/"]).selects(event))
        #expect(selector(["arn:aws:s3:::other/", "arn:aws:s3:::box/in/"]).selects(event))
        #expect(!selector(["arn:aws:s3:::box/out/"]).selects(event))
        #expect(!selector([]).selects(event))
        #expect(!selector(["arn:aws:s3"], type: "AWS::Lambda::Function").selects(event))
        #expect(!selector(["arn:aws:s3"]).selects(Sample.management("CreateBucket", from: "s3.amazonaws.com")))
        // A bucket whose name begins as another's.
        #expect(!selector(["arn:aws:s3:::bo/"]).selects(event))
    }

    @Test func excludedSources() {
        let selector = BasicSelector(excludedSources: ["kms.amazonaws.com"])
        #expect(!selector.selects(Sample.management("Encrypt", from: "kms.amazonaws.com")))
        #expect(selector.selects(Sample.management("CreateUser")))
    }

    /// AWS: the operators that select are joined by or, those that deselect by and, and the two by and.
    @Test func severalOperatorsOfOneField() {
        var condition = FieldCondition(.eventName)
        condition.startsWith = ["Put", "Get"]
        condition.endsWith = ["Tagging"]
        condition.notEquals = ["GetObjectTagging"]
        condition.notEndsWith = ["Acl"]
        for name in ["PutObject", "GetObject", "DeleteObjectTagging"] { #expect(condition.isMet(byAnyOf: [name])) }
        for name in ["GetObjectTagging", "PutObjectAcl", "HeadObject"] { #expect(!condition.isMet(byAnyOf: [name])) }
        #expect(!condition.isMet(byAnyOf: []))
    }

    @Test func aFieldThatIsAbsent() {
        var condition = FieldCondition(.userARN)
        condition.notEndsWith = ["/alice"]
        #expect(condition.isMet(byAnyOf: []))
        condition.equals = ["x"]
        #expect(!condition.isMet(byAnyOf: []))
    }

    @Test func theARNOfTheResourceThatIsAskedAbout() {
        func selector(_ type: String, _ change: (inout FieldCondition) -> Void) -> AdvancedSelector {
            var (category, types, arn) = (
                FieldCondition(.eventCategory), FieldCondition(.resourceType), FieldCondition(.resourceARN)
            )
            category.equals = ["Data"]
            types.equals = [type]
            change(&arn)
            return AdvancedSelector(conditions: [category, types, arn])
        }
        let event = Sample.object("GetObject", "a.txt", isRead: true)
        #expect(selector("AWS::S3::Object") { $0.endsWith = [".txt"] }.selects(event))
        // The bucket's ARN ends with its name, and is not asked about.
        #expect(!selector("AWS::S3::Object") { $0.endsWith = ["box"] }.selects(event))
        #expect(selector("AWS::S3::Object") { $0.notEquals = ["arn:aws:s3:::box"] }.selects(event))
        #expect(!selector("AWS::S3::Object") { $0.notStartsWith = ["arn:aws:s3:::box/"] }.selects(event))
        #expect(!selector("AWS::Lambda::Function") { $0.startsWith = ["arn:"] }.selects(event))
    }

    /// Against the rule as AWS writes it, for random conditions and values of few letters.
    @Test func conditionsByChance() {
        var dice = Dice(state: 7)
        func text() -> String {
            String((0..<Int.random(in: 0...3, using: &dice)).map { _ in "ab".randomElement(using: &dice)! })
        }
        func some() -> [String] { (0..<Int.random(in: 0...2, using: &dice)).map { _ in text() } }
        var met = 0
        for _ in 0..<20_000 {
            var condition = FieldCondition(.eventName)
            (condition.equals, condition.startsWith, condition.endsWith) = (some(), some(), some())
            (condition.notEquals, condition.notStartsWith, condition.notEndsWith) = (some(), some(), some())
            let value = text()
            let isSelected =
                condition.equals.contains(value) || condition.startsWith.contains { value.hasPrefix($0) }
                || condition.endsWith.contains { value.hasSuffix($0) }
            let selects = !condition.equals.isEmpty || !condition.startsWith.isEmpty || !condition.endsWith.isEmpty
            let isDeselected =
                condition.notEquals.contains(value) || condition.notStartsWith.contains { value.hasPrefix($0) }
                || condition.notEndsWith.contains { value.hasSuffix($0) }
            let expected = (!selects || isSelected) && !isDeselected
            #expect(condition.isMet(byAnyOf: [value]) == expected)
            if expected { met += 1 }
        }
        #expect((2_000...18_000).contains(met))
    }

    private struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }
}
