package org.patientwallet

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.patientwallet.readme.firstRecord

/** What the README shows is the code that runs here. */
class ReadmeTest {
    @get:Rule val stage = Stage()

    @Test
    fun `from nothing to the first record`() = told {
        assertEquals("Penicillin", firstRecord(stage.file("home")))
    }

    @Test
    fun `the README shows that very code, in under thirty lines`() {
        val readme = Stage.source("android/README.md").readText()
        val shown = readme.substringAfter("```kotlin\n").substringBefore("```")
        val run = Stage.source("$TESTS/readme/FirstRecord.kt").readText()
        assertEquals(run.substringAfter("package org.patientwallet.readme\n\n"), shown)
        assertTrue(shown.lines().size < 30)
    }

    @Test
    fun `every public thing says what it is in a sentence`() {
        val files = checkNotNull(Stage.source(SOURCES).listFiles())
        assertEquals(18, files.size)
        for (file in files) {
            val lines = file.readLines().map(String::trim)
            assertTrue(file.name, lines.size <= 400)
            assertTrue(file.name, lines.none { "!!" in it || "runBlocking" in it })
            val public = lines.withIndex().filter { (_, line) -> line.startsWith("public ") }
            public.forEach { (at, line) ->
                val above = lines.take(at).last { !it.startsWith("@") }
                assertTrue("${file.name}: $line", above.endsWith("*/"))
            }
        }
    }

    @Test
    fun `what the README calls run here is there`() {
        val readme = Stage.source("android/README.md").readText()
        for (name in Regex("`([a-z-]+/?[a-zA-Z./-]*\\.(?:kts|sh|pro|toml|xml))`").findAll(readme)) {
            val path = name.groupValues[1]
            val there = listOf("android/$path", path).any { Stage.source(it).exists() }
            assertTrue(path, there)
        }
    }

    private companion object {
        const val TESTS = "android/wallet/src/test/kotlin/org/patientwallet"
        const val SOURCES = "android/wallet/src/main/kotlin/org/patientwallet"
    }
}
