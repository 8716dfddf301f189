import ManagedLoginAssets
import Pages

extension PageFiles {
    /// Templates, style and script of the managed login pages.
    static let ofManagedLogin = PageFiles(
        UnsafeBufferPointer(start: gatehouse_login_files(), count: gatehouse_login_files_count()).map { file in
            (String(cString: file.name), UnsafeRawBufferPointer(start: file.bytes, count: file.length))
        })
}
