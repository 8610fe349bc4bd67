"""What people are told about a file: Swedish and English, with file, row, column, rule and remedy; never a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from schemas.type_casts import FIRST_DAY, LAST_DAY


@dataclass(frozen=True)
class Problem:
    """One message about a source file. `message`/`remedy` are Swedish, the `_en` ones English."""

    file: str
    row: int | None
    column: str | None
    rule: str
    message: str
    remedy: str
    message_en: str
    remedy_en: str


YEARS = f"{FIRST_DAY[:4]}–{LAST_DAY[:4]}"
_EXPORT_AGAIN = ("Exportera filen på nytt.", "Export the file again.")
_SAVE_CSV = (
    "Spara som .xlsx eller exportera som CSV (semikolon, UTF-8).",
    "Save it as .xlsx or export it as CSV (semicolon, UTF-8).",
)
_ASK_IT = ("Kontakta den som driver systemet.", "Ask whoever runs the system.")
_FIX_SOURCE = (
    "Rätta raderna i källsystemet och leverera filen igen; raderna ligger i karantän.",
    "Correct the rows in the source system and deliver the file again; the rows are in quarantine.",
)

# rule: (message sv, message en, (remedy sv, remedy en)). {n} rows; the first of them is the problem's row.
TEXTS: dict[str, tuple[str, str, tuple[str, str]]] = {
    "file_gone": (
        "Filen finns inte längre.",
        "The file is gone.",
        ("Lägg filen i inkorgen igen.", "Put it in the inbox again."),
    ),
    "no_permission": (
        "Filen får inte läsas (behörighet saknas).",
        "The file may not be read (no permission).",
        ("Ge läsrätt till kontot som kör Avvik.", "Give the account that runs Avvik the right to read it."),
    ),
    "symlink": (
        "Filen är en symbolisk länk; sådana följs inte.",
        "The file is a symbolic link; links are not followed.",
        ("Lägg själva filen i inkorgen.", "Put the file itself in the inbox."),
    ),
    "not_a_file": (
        "Detta är ingen vanlig fil (mapp, rör eller enhet).",
        "This is no regular file (folder, pipe or device).",
        ("Lägg en vanlig fil i inkorgen.", "Put a regular file in the inbox."),
    ),
    "io_error": ("Filen kunde inte läsas: {code}.", "The file could not be read: {code}.", _ASK_IT),
    "empty": ("Tom fil: den innehåller inga rader.", "Empty file: it holds no rows.", _EXPORT_AGAIN),
    "too_large": (
        "Filen är {megabytes} MB, gränsen är {limit} MB.",
        "The file is {megabytes} MB, the limit is {limit} MB.",
        ("Dela filen eller höj limits.max_file_mb.", "Split the file or raise limits.max_file_mb."),
    ),
    "file_changed": (
        "Filen ändrades medan den lästes.",
        "The file changed while it was read.",
        ("Vänta tills leveransen är klar och kör igen.", "Wait until the delivery is complete and run again."),
    ),
    "broken_gzip": ("Filen är ingen läsbar gzip-fil.", "The file is no readable gzip file.", _EXPORT_AGAIN),
    "truncated": (
        "Filen slutar mitt i en rad: den är avkortad.",
        "The file ends in the middle of a row: it is truncated.",
        ("Överför filen på nytt.", "Transfer the file again."),
    ),
    "truncated_gzip": (
        "Gzip-filen är avkortad.",
        "The gzip file is truncated.",
        ("Överför filen på nytt.", "Transfer the file again."),
    ),
    "archive_bomb": (
        "Filen packas upp till mer än {limit} MB eller mer än {ratio} gånger sin storlek.",
        "The file unpacks to more than {limit} MB or more than {ratio} times its size.",
        (
            "Kontrollera filens ursprung; leverera den uppdelad.",
            "Check where the file comes from; deliver it in parts.",
        ),
    ),
    "ole_file": (
        "Filen är en äldre Excelfil (.xls) eller krypterad, inte text.",
        "The file is an old Excel file (.xls) or encrypted, not text.",
        _SAVE_CSV,
    ),
    "zip_file": (
        "Filen är ett zip-arkiv eller en Excelfil med fel filändelse.",
        "The file is a zip archive or a workbook with the wrong suffix.",
        _SAVE_CSV,
    ),
    "parquet_file": (
        "Filen är en Parquetfil med fel filändelse.",
        "The file is Parquet with the wrong suffix.",
        ("Döp om den till .parquet.", "Rename it to .parquet."),
    ),
    "binary_file": ("Filen är inte text.", "The file is not text.", _SAVE_CSV),
    "unknown_form": (
        "Filändelsen känns inte igen.",
        "The suffix of the file is not known.",
        (
            "Leverera .csv, .csv.gz, .tsv, .txt, .xlsx, .parquet eller .json.",
            "Deliver .csv, .csv.gz, .tsv, .txt, .xlsx, .parquet or .json.",
        ),
    ),
    "encrypted_workbook": (
        "Arbetsboken är krypterad eller i det äldre formatet.",
        "The workbook is encrypted or in the old format.",
        ("Spara den utan lösenord som .xlsx.", "Save it without a password as .xlsx."),
    ),
    "broken_workbook": ("Arbetsboken kan inte läsas.", "The workbook cannot be read.", _EXPORT_AGAIN),
    "broken_parquet": ("Parquetfilen kan inte läsas.", "The Parquet file cannot be read.", _EXPORT_AGAIN),
    "broken_json": ("Filen är inte giltig JSON.", "The file is not valid JSON.", _EXPORT_AGAIN),
    "no_records": (
        "Filen innehåller ingen lista med poster.",
        "The file holds no list of records.",
        ("Leverera en lista av objekt.", "Deliver a list of objects."),
    ),
    "several_lists": (
        "Filen innehåller {n} listor med poster; det ska vara en.",
        "The file holds {n} lists of records; there should be one.",
        ("Leverera en lista per fil.", "Deliver one list a file."),
    ),
    "broken_encoding": (
        "Teckenkodningen ({encoding}) är trasig.",
        "The encoding ({encoding}) is broken.",
        ("Exportera som UTF-8.", "Export as UTF-8."),
    ),
    "huge_line": (
        "En rad är orimligt lång.",
        "A line is far too long.",
        ("Kontrollera radslut och citattecken i exporten.", "Check line ends and quotes in the export."),
    ),
    "no_separator": (
        "Det går inte att se vad som skiljer kolumnerna åt.",
        "It cannot be told what separates the columns.",
        ("Exportera med semikolon, komma eller tabb.", "Export with semicolon, comma or tab."),
    ),
    "broken_header": ("Rubrikraden är trasig.", "The header row is broken.", _EXPORT_AGAIN),
    "no_header": (
        "Ingen rubrik stämmer med kontraktet; rubrikraden saknas kanske.",
        "No heading fits the contract; the header row may be missing.",
        (
            "Exportera med rubrikrad, eller lägg till rubrikerna som alias i kontraktet.",
            "Export with a header row, or add the headings as aliases in the contract.",
        ),
    ),
    "double_heading": (
        "Två rubriker leder till kolumnen {column}.",
        "Two headings lead to the column {column}.",
        ("Ta bort den ena ur exporten.", "Remove one of them from the export."),
    ),
    "missing_column": (
        "Kolumner som måste finnas saknas: {listed}.",
        "Required columns are missing: {listed}.",
        (
            "Ta med dem i exporten{hinted}, eller lägg till rubriken som alias i kontraktet.",
            "Include them in the export{hinted_en}, or add the heading as an alias in the contract.",
        ),
    ),
    "ragged_file": (
        "{n} av {of} rader har fel antal kolumner eller trasiga citattecken; filen läses inte.",
        "{n} of {of} rows have the wrong number of columns or broken quotes; the file is not read.",
        ("Kontrollera separator och citattecken i exporten.", "Check separator and quotes in the export."),
    ),
    "no_good_row": (
        "Ingen av filens {n} rader kan läsas; oftast bryter {column} mot regeln {kind}. Filen läses inte.",
        "None of the file's {n} rows can be read; most often {column} breaks the rule {kind}. The file is not read.",
        (
            "Kontrollera kolumnens form i exporten; stämmer den, lägg till formen i kontraktet eller en källmappning.",
            "Check the form of the column in the export; if it is right, add the form to the contract or a mapping.",
        ),
    ),
    "hashed_number": (
        "Kolumnen {column} innehåller personnummer som bara är hashade eller kodade, och kan räknas fram igen. "
        "Inget ur filen har sparats.",
        "The column {column} holds personal numbers that are merely hashed or encoded and can be computed back. "
        "Nothing of the file has been stored.",
        (
            "Ersätt dem med pseudonymer som bygger på en hemlig nyckel (HMAC) och leverera igen.",
            "Replace them with pseudonyms made with a secret key (HMAC) and deliver again.",
        ),
    ),
    "personal_number": (
        "Kolumnen {column} innehåller personnummer eller samordningsnummer. Inget ur filen har sparats.",
        "The column {column} holds personal numbers. Nothing of the file has been stored.",
        (
            "Ersätt dem med pseudonymer (nycklad hash) i exporten och leverera igen.",
            "Replace them with pseudonyms (keyed hash) in the export and deliver again.",
        ),
    ),
    "out_of_memory": (
        "Filen krävde mer minne än gränsen.",
        "The file needed more memory than the limit.",
        ("Dela filen eller höj limits.memory_mb.", "Split the file or raise limits.memory_mb."),
    ),
    "timeout": (
        "Filen tog mer än {seconds} s att läsa.",
        "The file took more than {seconds} s to read.",
        ("Dela filen eller höj limits.seconds.", "Split the file or raise limits.seconds."),
    ),
    "child_died": (
        "Läsningen avbröts ({how}); filen är skadad eller för stor.",
        "The reading broke off ({how}); the file is damaged or too large.",
        ("Exportera på nytt eller höj limits.memory_mb.", "Export again or raise limits.memory_mb."),
    ),
    "fault": ("Läsningen misslyckades ({kind}).", "The reading failed ({kind}).", _ASK_IT),
    # of rows
    "ragged": ("{n} rader har fel antal kolumner.", "{n} rows have the wrong number of columns.", _FIX_SOURCE),
    "quote": ("{n} rader har trasiga citattecken.", "{n} rows have broken quotes.", _FIX_SOURCE),
    "nul_byte": ("{n} rader innehåller NUL-tecken.", "{n} rows hold NUL characters.", _FIX_SOURCE),
    "not_a_record": ("{n} poster är inga objekt.", "{n} records are no objects.", _FIX_SOURCE),
    "allowed_values": (
        "{n} rader har ett värde i {column} som kontraktet inte tillåter.",
        "{n} rows have a value in {column} that the contract does not allow.",
        (
            "Rätta källan, eller lägg till värdet i kontraktet (allowedValues eller valueAliases).",
            "Correct the source, or add the value to the contract (allowedValues or valueAliases).",
        ),
    ),
    "type_integer": (
        "{n} rader har i {column} något som inte är ett heltal.",
        "{n} rows have something in {column} that is no whole number.",
        _FIX_SOURCE,
    ),
    "type_number": (
        "{n} rader har i {column} något som inte är ett tal, eller ett för stort tal.",
        "{n} rows have something in {column} that is no number, or too large a number.",
        _FIX_SOURCE,
    ),
    "type_boolean": (
        "{n} rader har i {column} något annat än ja eller nej.",
        "{n} rows have something other than yes or no in {column}.",
        _FIX_SOURCE,
    ),
    "type_date": (
        f"{{n}} rader har i {{column}} något som inte är ett datum {YEARS}.",
        f"{{n}} rows have something in {{column}} that is no date {YEARS}.",
        (
            "Skriv datum som 2026-11-23, eller ange formen i kontraktets dateFormats.",
            "Write dates as 2026-11-23, or state the form in the contract's dateFormats.",
        ),
    ),
    "type_timestamp": (
        f"{{n}} rader har i {{column}} något som inte är en tidpunkt {YEARS}.",
        f"{{n}} rows have something in {{column}} that is no time {YEARS}.",
        ("Skriv tidpunkter som 2026-11-23 08:15.", "Write times as 2026-11-23 08:15."),
    ),
    "type_offset": (
        "{n} rader har tidszon i {column}.",
        "{n} rows have a time zone in {column}.",
        ("Exportera svensk lokal tid utan Z eller +01:00.", "Export Swedish local time without Z or +01:00."),
    ),
    # to know
    "mixed_encoding": (
        "Filen blandar teckenkodningar; varje rad är tolkad för sig.",
        "The file mixes encodings; each line has been read on its own.",
        ("Exportera som UTF-8.", "Export as UTF-8."),
    ),
    "mojibake": (
        "Filen är UTF-8 kodad två gånger: å, ä och ö är förvanskade.",
        "The file is UTF-8 encoded twice: å, ä and ö are garbled.",
        ("Exportera som UTF-8 en gång.", "Export as UTF-8 once."),
    ),
    "unknown_columns": (
        "Kolumner utanför kontraktet har inte lästs in: {listed}.",
        "Columns outside the contract were kept out: {listed}.",
        (
            "Inget behöver göras; vill ni använda dem, lägg till dem i kontraktet.",
            "Nothing to do; to use them, add them to the contract.",
        ),
    ),
    "absent_columns": (
        "Valfria kolumner som inte levererats: {listed}.",
        "Optional columns not delivered: {listed}.",
        (
            "Regler som behöver dem räknas inte; ta med dem i exporten om de finns.",
            "Rules that need them are not computed; include them in the export if they exist.",
        ),
    ),
}

# Rules of Findings that inform only: nothing was lost by them.
NOTICES = frozenset({"mixed_encoding", "mojibake", "unknown_columns", "absent_columns", "protected_unknown"})


PROTECTED_UNKNOWN = Problem(
    file="persons", row=None, column="protected", rule="protected_unknown",
    message="Registret säger inte vem som har skyddade personuppgifter, så ingen hålls undan i rapporterna.",
    remedy="Be avsändaren lämna kolumnen protected (Skyddade personuppgifter).",
    message_en="The register does not say who is protected, so nobody is kept out of the reports.",
    remedy_en="Ask the sender for the column protected.",
)


def tell(file: str, rule: str, row: int | None, column: str | None, facts: dict[str, Any]) -> Problem:
    """The Problem for a coded finding about `file`."""
    message, message_en, (remedy, remedy_en) = TEXTS[rule]
    columns = [str(name) for name in facts.get("columns", [])]
    headings, hints = facts.get("headings", {}), facts.get("hints", {})
    shown = [f"{name} ({headings[name]})" if headings.get(name, name) != name else name for name in columns]
    values = {**facts, "column": column, "row": row, "listed": ", ".join(shown)}
    hinted = [f"”{hint}”" for hint in hints.values()]
    values["hinted"] = f" (närmaste rubrik i filen: {', '.join(hinted)})" if hinted else ""
    values["hinted_en"] = f" (nearest heading in the file: {', '.join(hinted)})" if hinted else ""
    return Problem(
        file,
        row,
        column,
        rule,
        _counted(message.format(**values)),
        remedy.format(**values),
        _counted(message_en.format(**values)),
        remedy_en.format(**values),
    )


_SHORT = {
    "ragged": "fel antal kolumner",
    "quote": "trasiga citattecken",
    "nul_byte": "NUL-tecken i raden",
    "huge_line": "orimligt lång rad",
    "not_a_record": "posten är inget objekt",
    "allowed_values": "{column}: värdet är inte tillåtet enligt kontraktet",
    "type_integer": "{column}: inte ett heltal",
    "type_number": "{column}: inte ett tal, eller för stort",
    "type_boolean": "{column}: varken ja eller nej",
    "type_date": f"{{column}}: inte ett datum {YEARS}",
    "type_timestamp": f"{{column}}: inte en tidpunkt {YEARS}",
    "type_offset": "{column}: tidpunkten har tidszon",
}


def short_reason(rule: str, column: str | None) -> str:
    """The Swedish reason beside a quarantined row."""
    return _SHORT[rule].format(column=column)


def _counted(sentence: str) -> str:
    """One row in the singular: a sentence begins with its count."""
    for many, one in (("1 rader ", "1 rad "), ("1 rows have ", "1 row has "), ("1 rows hold ", "1 row holds ")):
        if sentence.startswith(many):
            return one + sentence[len(many):]
    return sentence
