import Foundation
import PatientWalletFFI

#if canImport(Glibc)
    import Glibc
#endif

/// A passphrase, or words: bytes that are wiped after use.
///
/// The call that takes a secret spends it, and one that nobody used is wiped when its last owner
/// lets go of it. A `String` cannot be wiped: where a text field gives bytes, use `init(wiping:)`.
public final class Secret: @unchecked Sendable {
    // Guarded by `lock`.
    private var bytes: UnsafeMutableRawBufferPointer
    private let lock = NSLock()

    /// Copies the UTF-8 bytes of a text.
    public init(_ text: String) {
        var text = text
        bytes = text.withUTF8 { Self.copied(UnsafeRawBufferPointer($0)) }
    }

    /// Takes bytes over and wipes where they came from.
    public init(wiping source: inout Data) {
        bytes = source.withUnsafeBytes { Self.copied($0) }
        erase(&source)
    }

    deinit {
        erase(bytes)
        bytes.deallocate()
    }

    /// Tells how many bytes there are; none once it is spent.
    public var count: Int {
        lock.withLock { bytes.count }
    }

    /// Lends the bytes; what `body` copies out of them is its own to wipe.
    public func withBytes<Value>(
        _ body: (UnsafeRawBufferPointer) throws -> Value
    ) rethrows -> Value {
        try lock.withLock { try body(UnsafeRawBufferPointer(bytes)) }
    }

    /// Wipes the bytes now.
    public func wipe() {
        lock.withLock {
            erase(bytes)
            bytes.deallocate()
            bytes = .allocate(byteCount: 0, alignment: 1)
        }
    }

    /// Hands the bytes over to one call; they are wiped when that lets go of them.
    func spent() -> Data {
        let spent = lock.withLock {
            defer { bytes = .allocate(byteCount: 0, alignment: 1) }
            return bytes
        }
        guard let start = spent.baseAddress, !spent.isEmpty else {
            spent.deallocate()
            return Data()
        }
        return Data(
            bytesNoCopy: start, count: spent.count,
            deallocator: .custom { start, count in
                erase(UnsafeMutableRawBufferPointer(start: start, count: count))
                start.deallocate()
            })
    }

    private static func copied(_ source: UnsafeRawBufferPointer) -> UnsafeMutableRawBufferPointer {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 1)
        copy.copyMemory(from: source)
        return copy
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Says that there is a secret, never which.
    public var description: String { "Secret(..)" }

    /// Says that there is a secret, never which.
    public var debugDescription: String { description }

    /// Shows a debugger nothing.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// How the patient shows to be there, freshly.
public enum Authentication: Sendable {
    /// The passphrase, typed again.
    case passphrase(Secret)
    /// A prompt of the device.
    case biometrics
    /// The words, blanks between them.
    case words(Secret)

    func spent() -> PatientWalletFFI.Authentication {
        switch self {
        case .passphrase(let secret): .passphrase(bytes: secret.spent())
        case .biometrics: .biometrics
        case .words(let secret): .words(bytes: secret.spent())
        }
    }
}

/// What opens a backup file.
public enum BackupKey: Sendable {
    /// The words of the wallet, blanks between them.
    case words(Secret)
    /// The export passphrase that it was made with.
    case passphrase(Secret)

    func spent() -> PatientWalletFFI.BackupKey {
        switch self {
        case .words(let secret): .words(bytes: secret.spent())
        case .passphrase(let secret): .passphrase(bytes: secret.spent())
        }
    }
}

/// Overwrites data in place, as far as nobody else holds it.
func erase(_ data: inout Data) {
    data.withUnsafeMutableBytes { erase($0) }
    data = Data()
}

/// Overwrites bytes in a way that no optimiser leaves out.
func erase(_ bytes: UnsafeMutableRawBufferPointer) {
    guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
    #if canImport(Glibc)
        explicit_bzero(start, bytes.count)
    #else
        _ = memset_s(start, bytes.count, 0, bytes.count)
    #endif
}
