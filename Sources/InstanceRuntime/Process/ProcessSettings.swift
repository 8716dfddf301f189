/// What the supervisor of an instance is told, in the form that it reads: texts that end with a zero byte.
enum ProcessSettings {
    /// The user of processes that share the machine's files.
    private static let nobody: UInt32 = 65_534
    private static let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// - Parameter isApart: whether it is in namespaces of its own.
    /// - Throws: ``RuntimeProblem`` for texts with zero bytes.
    static func bytes(_ spec: InstanceSpec, isApart: Bool) throws(RuntimeProblem) -> [UInt8] {
        var lines = ["apart=\(isApart ? 1 : 0)", "host=\(spec.hostName.prefix(64))"]
        var home = "/"
        if isApart {
            let user: UInt32
            switch spec.files {
            case .folder(let path, let isReadOnly):
                lines += ["root=\(path)", "readonly=\(isReadOnly ? 1 : 0)"]
                user = spec.user ?? 0
                home = user == 0 ? "/root" : "/"
            case .machine(let hidden):
                lines += hidden.map { "hide=\($0)" }
                user = spec.user ?? nobody
                home = "/tmp"
            }
            lines += ["uid=\(user)", "gid=\(user)"]
            if let text = spec.resolver { lines.append("resolver=\(text)") }
        }
        lines.append("dir=\(home)")
        if spec.environment["PATH"] == nil { lines.append("env=\(path)") }
        if spec.environment["HOME"] == nil { lines.append("env=HOME=\(home)") }
        lines += spec.environment.sorted { $0.key < $1.key }.map { "env=\($0.key)=\($0.value)" }
        lines += spec.command.map { "arg=\($0)" }
        if let script = spec.userData, script.starts(with: Array("#!".utf8)) {
            lines.append("script=\(String(decoding: script, as: UTF8.self))")
        }
        guard lines.allSatisfy({ !$0.utf8.contains(0) }) else {
            throw RuntimeProblem("its command, environment, user data or resolver has a zero byte")
        }
        return lines.flatMap { Array($0.utf8) + [0] }
    }
}
