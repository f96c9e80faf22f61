// NOT RUN HERE: see settings.gradle.kts. What both builds name must be the same in ../pom.xml.
plugins {
    id("com.android.library")
    id("org.jetbrains.kotlin.android")
}

val checkout = rootDir.resolve("..")
val generated = layout.buildDirectory.dir("bindings")
val libraries = layout.buildDirectory.dir("libraries")

android {
    namespace = "org.patientwallet"
    compileSdk = 36
    // From release 28 on, the NDK aligns libraries to pages of 16 KiB.
    ndkVersion = "28.2.13676358"

    defaultConfig {
        minSdk = 28
        consumerProguardFiles("consumer-rules.pro")
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
    sourceSets.named("main") {
        kotlin.srcDir(generated)
        jniLibs.srcDir(libraries)
    }
}

kotlin {
    explicitApi()
    jvmToolchain(17)
}

dependencies {
    implementation("net.java.dev.jna:jna:5.18.1@aar")
    api("org.jetbrains.kotlinx:kotlinx-coroutines-android:1.11.0")
}

// The library for each kind of phone; unwinding stays on, so that a defect ends a call, not the app.
val library by tasks.registering(Exec::class) {
    workingDir = checkout
    outputs.dir(libraries)
    outputs.upToDateWhen { false } // cargo knows better
    commandLine(
        checkout.resolve("tools/mobile.sh").path, "ndk", "--platform", "28",
        "--target", "arm64-v8a", "--target", "armeabi-v7a", "--target", "x86_64",
        "--output-dir", libraries.get().asFile.path,
        // One kind of library: cargo optimises across crates only then.
        "rustc", "--locked", "--profile", "mobile", "--package", "patient-wallet-ffi",
        "--lib", "--crate-type", "cdylib",
    )
}

// What is shipped does not describe itself any more: a library of this machine does.
val described by tasks.registering(Exec::class) {
    workingDir = checkout
    commandLine("cargo", "build", "--locked", "--package", "patient-wallet-ffi", "--lib")
}

// The generated code; when it is loaded it compares itself with the library, call by call.
val bindings by tasks.registering(Exec::class) {
    dependsOn(library, described)
    workingDir = checkout
    outputs.dir(generated)
    commandLine(
        "cargo", "run", "--locked", "--package", "patient-wallet-bindgen", "--",
        "generate", checkout.resolve("target/debug/" + System.mapLibraryName("patient_wallet_ffi")).path,
        "--language", "kotlin", "--no-format",
        "--config", "ffi/uniffi-android.toml",
        "--out-dir", generated.get().asFile.path,
    )
}

tasks.named("preBuild") { dependsOn(bindings) }
