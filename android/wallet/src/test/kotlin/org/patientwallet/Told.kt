package org.patientwallet

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

// How the tests read a story, and a resource.

operator fun JsonElement.get(name: String): JsonElement = jsonObject.getValue(name)

operator fun JsonElement.get(place: Int): JsonElement = jsonArray[place]

val JsonElement.text: String get() = jsonPrimitive.content

val JsonElement.number: ULong get() = jsonPrimitive.content.toULong()

val JsonElement.isTrue: Boolean get() = jsonPrimitive.boolean

val JsonElement.items: List<JsonElement> get() = jsonArray

val JsonElement.texts: List<String> get() = jsonArray.map { it.text }

val JsonElement.counts: Map<String, Int>
    get() = jsonObject.mapValues { (_, count) -> count.number.toInt() }

/** Lists what stands in one text, with commas between. */
val JsonElement.words: List<String> get() = text.split(',')

/** Reads how long something takes: `7d`. */
val JsonElement.days: ULong get() = text.removeSuffix("d").toULong() * DAY

/** Reads a moment, in seconds since 1970. */
val JsonElement.moment: ULong get() = java.time.Instant.parse(text).epochSecond.toULong()

/** Reads the resource of a record. */
val Resource.told: JsonElement get() = Json.parseToJsonElement(json)

/** Follows a path of names with dots between. */
fun JsonElement.at(path: String): JsonPrimitive =
    path.split('.').fold(this) { at, name -> at[name] }.jsonPrimitive

/** Writes a name of the library as the stories do. */
val Enum<*>.word: String get() = name.lowercase().replace('_', '-')

/** Finds what a story names. */
inline fun <reified E : Enum<E>> named(word: String): E =
    enumValues<E>().single { it.word == word }

/** Lists the categories of "all": what belongs to none is given only when it is named. */
val allCategories: List<RecordCategory> = RecordCategory.entries - RecordCategory.OTHER

/** Finds a purpose by its code in HL7's list. */
fun purpose(code: String): Purpose =
    mapOf("TREAT" to Purpose.TREATMENT, "HPAYMT" to Purpose.PAYMENT).getValue(code)

const val DAY: ULong = 86_400u
