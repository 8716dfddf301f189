import IAMAPI
import Testing
import Wire

@Suite struct StructureTests {
    @Test func aCopyIsOfItsOwn() {
        let first = IAM.User { $0.userName = "alice" }
        var second = first
        second.userName = "bob"
        second.tags = [IAM.Tag(key: "team", value: "audit")]
        #expect(first.userName == "alice" && first.tags == nil)
        #expect(second.userName == "bob" && second.tags?.count == 1)
        #expect(first != second)
        second.tags = nil
        second.userName = "alice"
        #expect(first == second)
    }

    @Test func placesThatAreNotThereAreEmpty() {
        var structure = Structure(IAM.User.shape)
        for place in [-1, IAM.User.shape.members.count, Int.max, Int.min] {
            structure[member: place] = .string("x")
            #expect(structure[member: place] == nil)
        }
        structure["Nothing"] = .string("x")
        #expect(structure["Nothing"] == nil)
        #expect(structure.isEmpty)
        structure["UserName"] = .string("alice")
        #expect(!structure.isEmpty)
        #expect(Structure(.empty).isEmpty)
    }
}
