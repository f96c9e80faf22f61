import Foundation
import PatientWallet
import Testing

// The words of the stories: `vital-signs` is `.vitalSigns`.

let categories: [RecordCategory] = [
    .other, .allergies, .medications, .conditions, .immunizations, .laboratory, .vitalSigns,
    .procedures, .imaging, .devices, .encounters, .notes, .carePlans, .familyHistory,
    .socialHistory, .pregnancy, .directives, .demographics, .coverage,
]
private let labels: [SensitivityLabel] = [
    .mentalHealth, .substanceUse, .hiv, .std, .sexualHealth, .violence, .genetics,
]
private let classes: [RequesterClass] = [
    .other, .clinician, .emergency, .insurer, .researcher, .school, .employer, .authority,
]

func category(_ word: String) throws -> RecordCategory {
    try #require(categories.first { kebab($0) == word })
}

func label(_ word: String) throws -> SensitivityLabel {
    try #require(labels.first { kebab($0) == word })
}

func requesterClass(_ word: String) throws -> RequesterClass {
    try #require(classes.first { kebab($0) == word })
}

/// Reads what somebody asks for: `all` leaves out what has no category.
func categoriesAsked(_ words: String) throws -> [RecordCategory] {
    if words == "all" { return categories.filter { $0 != .other } }
    return try words.split(separator: ",").map { try category(String($0)) }
}

func labelsDenied(_ words: String) throws -> [SensitivityLabel] {
    try words.split(separator: ",").map { try label(String($0)) }
}

func purpose(_ code: String) throws -> Purpose {
    try #require(["TREAT": Purpose.treatment, "HPAYMT": .payment][code])
}

/// Reads `7d`.
func duration(_ text: String) throws -> UInt64 {
    try #require(text.last == "d" ? UInt64(text.dropLast()) : nil) * 24 * 60 * 60
}

/// Writes a case of an enum as the stories do.
func kebab(_ value: some Any) -> String {
    String(describing: value).reduce(into: "") { word, letter in
        word += letter.isUppercase ? "-\(letter.lowercased())" : String(letter)
    }
}

/// Gives everything that the files under a folder hold.
func contents(of folder: URL) throws -> Data {
    var isFolder: ObjCBool = false
    try #require(FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder))
    if !isFolder.boolValue { return try Data(contentsOf: folder) }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    return try names.reduce(into: Data()) { bytes, name in
        bytes += try contents(of: folder.appending(path: name))
    }
}
