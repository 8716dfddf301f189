import Policy
import Reasoning

/// Who of ten thousand roles may do something.
enum Roles {
    static func measure(_ compiled: [CompiledPolicy], _ policies: [SymbolicPolicy]) {
    }
}
