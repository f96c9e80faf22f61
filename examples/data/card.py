"""The card of Núria's pacemaker, as the hospital would print it: one page of PDF 1.4 (ISO 32000-1, 7.5)."""

LINES = (
    "PACEMAKER CARD",
    "N\\372ria Pe\\361alver Zurbr\\374gg, born 1968-04-17",
    "Dual-chamber pacemaker, Cardiovia Duo 3, FICT-DEV-PACEMAKER",
    "Implanted 2023-09-13",
    "MR Conditional: 1.5 T, whole body, mode DOO",
    "She never lived: this card is made up.",
)


def card():
    """Returns the text of pacemaker-card.pdf."""
    shown = "BT /F1 14 Tf 60 780 Td 22 TL\n" + "".join(f"({line}) Tj T*\n" for line in LINES) + "ET\n"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R\n"
        "   /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(shown)} >>\nstream\n{shown}endstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    text, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(text))
        text += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    count = len(objects) + 1
    return (f"{text}xref\n0 {count}\n0000000000 65535 f \n{table}"
            f"trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{len(text)}\n%%EOF\n")
