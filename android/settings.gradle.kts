// NOT RUN HERE: the Android plug-in comes from Google's repository. Maven (pom.xml) runs the tests.
pluginManagement {
    repositories {
        google()
        mavenCentral()
        gradlePluginPortal()
    }
}

dependencyResolutionManagement {
    repositoriesMode = RepositoriesMode.FAIL_ON_PROJECT_REPOS
    repositories {
        google()
        mavenCentral()
    }
}

rootProject.name = "patient-wallet"
include(":wallet")
