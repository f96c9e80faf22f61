import Foundation
import PatientWallet
import Testing

/// Random bytes that can be looked for in the memory of this process.
final class Needle: @unchecked Sendable {
    private let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 1000, alignment: 1)
    private let window = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 1)

    init() throws {
        let letters = Array("abcdefghijklmnopqrstuvwxyz".utf8)
        for place in bytes.indices {
            bytes[place] = letters[Int.random(in: letters.indices)]
        }
    }

    deinit {
        bytes.deallocate()
        window.deallocate()
    }

    /// Gives them as a passphrase.
    func secret() -> Secret {
        var copy = Data(bytes)
        return Secret(wiping: &copy)
    }

    /// Counts the copies that are anywhere in memory, but for its own.
    func copies() throws -> Int {
        let memory = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/mem"))
        defer { try? memory.close() }
        var found: Set<UInt> = []
        for region in try writable() {
            var at = region.lowerBound
            while at < region.upperBound {
                let count = min(window.count, Int(region.upperBound - at))
                let read = pread(memory.fileDescriptor, window.baseAddress, count, Int(at))
                guard read > part.count else { break }
                found.formUnion(places(read).map { at + UInt($0) })
                // The next window begins so that nothing is cut in two.
                at += UInt(read == count && count == window.count ? read - part.count : read)
            }
        }
        return found.filter { !isOwn($0) }.count
    }

    /// Gives where they stand in the window.
    private func places(_ read: Int) -> [Int] {
        var (places, from): ([Int], Int) = ([], 0)
        guard let start = window.baseAddress, let needle = part.baseAddress else { return [] }
        while let hit = memmem(start + from, read - from, needle, part.count) {
            places.append(hit - UnsafeMutableRawPointer(start))
            from = (places.last ?? 0) + 1
        }
        return places
    }

    /// The middle of it: who frees memory writes over its ends.
    private var part: UnsafeMutableRawBufferPointer { .init(rebasing: bytes[500..<540]) }

    private func isOwn(_ place: UInt) -> Bool {
        [bytes, window].contains { own in
            let start = UInt(bitPattern: own.baseAddress)
            return (start..<start + UInt(own.count)).contains(place)
        }
    }

    /// Lists what this process can write to: all that its own code may have copied something to.
    private func writable() throws -> [Range<UInt>] {
        let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
        return maps.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count > 1, words[1].hasPrefix("rw"), !line.hasSuffix("[vvar]") else {
                return nil
            }
            let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            return ends.count == 2 ? ends[0]..<ends[1] : nil
        }
    }
}
