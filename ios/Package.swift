// swift-tools-version: 6.0
// WALLET_MANIFEST=apple reads the Apple half on Linux; WALLET_BINDINGS is the folder that
// tools/bindings.sh made, WALLET_LIBRARY that of another library.
import PackageDescription

#if os(Linux)  // the computer that reads this file
    let apple = Context.environment["WALLET_MANIFEST"] == "apple"
#else
    let apple = true
#endif

let bindings =
    Context.environment["WALLET_BINDINGS"] ?? "\(Context.packageDirectory)/../target/bindings"
let library = Context.environment["WALLET_LIBRARY"] ?? "\(bindings)/lib"

// Apple: what ios/build-xcframework.sh makes. Linux: headers, and the library that cargo built.
let border: Target =
    apple
    ? .binaryTarget(name: "PatientWalletFFIC", path: "build/PatientWalletFFIC.xcframework")
    : .systemLibrary(name: "PatientWalletFFIC", path: "Sources/PatientWalletFFIC")

// libswiftObservation of Swift 6.0 on Linux lacks a symbol that nothing here calls.
let link: [LinkerSetting] =
    apple
    ? []
    : [
        .unsafeFlags([
            "-L\(library)", "-Xlinker", "-rpath", "-Xlinker", library,
            "-Xlinker", "--allow-shlib-undefined",
        ])
    ]

// An app that depends on the package by its address may not use unsafe flags: only for the checks.
let strict: [SwiftSetting] =
    Context.environment["WALLET_STRICT"] == nil ? [] : [.unsafeFlags(["-warnings-as-errors"])]

let package = Package(
    name: "PatientWallet",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [.library(name: "PatientWallet", targets: ["PatientWallet"])],
    targets: [
        border,
        .target(
            name: "PatientWalletFFI", dependencies: ["PatientWalletFFIC"], swiftSettings: strict,
            linkerSettings: link),
        .target(
            name: "PatientWallet", dependencies: ["PatientWalletFFI"], swiftSettings: strict),
        .systemLibrary(name: "Allocated", path: "Tests/Allocated"),
        .testTarget(
            name: "PatientWalletTests",
            dependencies: ["PatientWallet", "PatientWalletFFI", "Allocated"],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
