"""Small FHIR R4 resources, one for each path on which R4 can name another resource.

Each holds what R4 requires and the one path: `check_disclosed.py` has them redacted, which shows for
every element of R4 that leaving it out leaves a valid resource.
"""

URI = "http://hospital.example/Condition/1"
REFERENCE = {"reference": "Condition/2", "display": "secret"}
XHTML = '<div xmlns="http://www.w3.org/1999/xhtml">secret</div>'
PRIMITIVES = {
    "base64Binary": "AAAA", "boolean": True, "canonical": URI, "code": "c", "date": "2020-01-01",
    "dateTime": "2020-01-01", "decimal": 1.5, "id": "i", "instant": "2020-01-01T00:00:00Z", "integer": 1,
    "markdown": "Condition/3", "oid": "urn:oid:1.2.3", "positiveInt": 7, "string": "Condition/3", "time": "10:00:00",
    "unsignedInt": 7, "uri": URI, "url": URI, "uuid": "urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7",
    "xhtml": XHTML,
}
NAMES_SOMETHING = {"Reference", "Narrative", "Extension", "canonical", "oid", "uri", "url", "uuid",
                   "Identifier", "positiveInt", "unsignedInt"}
NAMES_AS_CHOICE = {"id", "markdown", "string"}
NUMBER = {"value": 1.0}
EXTENDED = {"extension": [{"url": "http://hospital.example/extension", "valueCode": "c"}]}
# Data types of which R4 requires nothing, with something in them.
FILLED = {
    "Address": {"text": "a"}, "Age": NUMBER, "Attachment": {"title": "t"}, "CodeableConcept": {"text": "t"},
    "Coding": {"code": "c"}, "ContactPoint": {"system": "phone", "value": "1"}, "Count": NUMBER,
    "Distance": NUMBER, "Dosage": {"text": "t"}, "Duration": NUMBER, "HumanName": {"text": "n"},
    "Identifier": {"value": "v"}, "Meta": {"versionId": "1"}, "Money": NUMBER, "Period": {"start": "2020"},
    "Quantity": NUMBER, "Range": {"low": NUMBER}, "Ratio": {"numerator": NUMBER, "denominator": NUMBER},
    "Timing": {"code": {"text": "t"}},
}
COMMON = {"id", "implicitRules", "language", "meta", "contained", "modifierExtension"}
DEPTH = 8


class Maker:
    """Makes objects of R4 from its StructureDefinitions."""

    def __init__(self, definitions, names):
        self.definitions, self.names, self.members = definitions, names, {}
        for definition in definitions.values():
            for element in definition["snapshot"]["element"]:
                owner, _, name = element["path"].rpartition(".")
                if owner:
                    self.members.setdefault(owner, []).append((name, element))

    def resources(self):
        """Yields the resources."""
        for kind, definition in sorted(self.definitions.items()):
            if definition["kind"] == "resource" and not definition.get("abstract"):
                for path in [[], *self.paths(kind, frozenset())]:
                    yield {"resourceType": kind, **self.make(kind, path, 0)}

    def paths(self, owner, inside):
        """Yields the paths below an owner that name something: the name and the choice at each step."""
        for name, element in self.members.get(owner, []):
            if name in COMMON or "contentReference" in element:
                continue
            for choice, code in enumerate(kind["code"] for kind in element["type"]):
                is_choice = name.endswith("[x]") and code in NAMES_AS_CHOICE
                if is_choice or code in NAMES_SOMETHING and name != "system":
                    yield [(name, choice)]
                elif code in ("BackboneElement", "Element"):
                    yield from ([(name, choice), *rest] for rest in self.paths(element["path"], inside))
                elif code in self.members and code not in inside and len(inside) < 2:
                    yield from ([(name, choice), *rest] for rest in self.paths(code, inside | {code}))

    def make(self, owner, path, depth):
        """Makes an object with what R4 requires and what lies on the path."""
        made = {}
        for name, element in self.members.get(owner, []):
            on_path = bool(path) and path[0][0] == name
            rest = path[1:] if on_path else []
            if depth > DEPTH or not (on_path or element["min"] > 0):
                continue
            if "contentReference" in element:
                value = self.make(element["contentReference"].lstrip("#"), rest, depth + 1)
            else:
                codes = [kind["code"] for kind in element["type"]]
                plain = [code for code in codes if code in ("CodeableConcept", "string", "boolean", "Quantity")]
                code = codes[path[0][1]] if on_path else (plain or codes)[0]
                name = name.replace("[x]", code[0].upper() + code[1:])
                if name not in self.names[owner.partition(".")[0]]:
                    continue
                value = self.value(code, element, rest, depth)
            made[name] = value if element["max"] == "1" else [value]
        return made

    def value(self, code, element, path, depth):
        """Makes a value of a type."""
        if code in PRIMITIVES or code.startswith("http"):
            return PRIMITIVES.get(code, "s")
        if code == "Reference":
            return {**self.make(code, path, depth + 1), **REFERENCE}
        if code == "Narrative":
            return {"status": "generated", "div": XHTML}
        if code == "Extension":
            return {"url": "http://hospital.example/extension", "valueReference": REFERENCE}
        if code == "Resource":
            return {"resourceType": "Basic", "code": {"text": "t"}}
        is_part = code in ("BackboneElement", "Element")
        made = self.make(element["path"] if is_part else code, path, depth + 1)
        return made or FILLED.get(code) or EXTENDED
