"""What is said of a row of outcomes that cannot be right: rule -> (message sv, remedy sv, message en, remedy en).

{where} is `Cell M14` or row and column; {allowed} what a cell may hold. No text holds what was written.
"""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str, str, str]] = {
    "allowed_values": (
        "{where}: ordet känns inte igen.", "Skriv ett av: {allowed}.",
        "{where}: the word is not known.", "Write one of: {allowed}."),
    "type_number": (
        "{where}: det är inget belopp.", "Skriv bara siffror, till exempel 12500 eller 12 500,50.",
        "{where}: that is no amount.", "Write digits only, such as 12500 or 12500.50."),
    "type_date": (
        "{where}: det är inget datum.", "Skriv datum som 2026-11-23.",
        "{where}: that is no date.", "Write dates as 2026-11-23."),
    "negative_amount": (
        "{where}: beloppet är negativt eller orimligt stort.", "Skriv det beslutade återkravet i kronor, utan minus.",
        "{where}: the amount is negative or far too large.", "Write the amount decided in SEK, without minus."),
    "no_outcome": (
        "{where}: raden har ifyllda uppgifter men inget utfall.", "Välj ett utfall: {allowed}; eller töm raden.",
        "{where}: the row is filled in but has no outcome.", "Choose an outcome: {allowed}; or clear the row."),
    "unknown_case": (
        "{where}: inget ärende har det id:t.",
        "Kopiera ärendets id ur rapporten (tio tecken). Är arbetsboken från en annan kommun eller arbetsyta?",
        "{where}: no case has that id.",
        "Copy the id of the case from the report (ten signs). Is the workbook of another municipality or workspace?"),
    "no_case": (
        "{where}: raden säger inte vilket ärende den gäller.", "Fyll i ärendets id, eller subjektets typ och id.",
        "{where}: the row does not say which case it is about.", "Fill in the id of the case, or type and id."),
    "case_and_subject_differ": (
        "{where}: ärendets id och subjektet är inte samma ärende.", "Ta bort det ena, eller rätta det.",
        "{where}: the id of the case and the subject are not the same case.", "Remove one of them, or correct it."),
    "no_group": (
        "{where}: raden säger inte vilken grupp som har granskat.", "Fyll i gruppens id: {allowed}.",
        "{where}: the row does not say which group has reviewed.", "Fill in the id of the group: {allowed}."),
    "unknown_group": (
        "{where}: det finns ingen sådan grupp.", "Fyll i gruppens id: {allowed}.",
        "{where}: there is no such group.", "Fill in the id of the group: {allowed}."),
    "unknown_rule": (
        "{where}: det finns ingen sådan regel.",
        "Skriv regelns kod som i rapporten, till exempel HC01, eller lämna tomt för hela ärendet.",
        "{where}: there is no such rule.",
        "Write the code of the rule as in the report, such as HC01, or leave it empty for the whole case."),
    "no_date": (
        "{where}: dag för granskningen saknas.", "Fyll i dagen, till exempel 2026-11-23.",
        "{where}: the day of the review is missing.", "Fill in the day, such as 2026-11-23."),
    "date_in_the_future": (
        "{where}: dagen ligger efter nattens dag.", "Rätta dagen; den kan inte ligga i framtiden.",
        "{where}: the day lies after the day of the night.", "Correct the day; it cannot lie in the future."),
    "before_first_seen": (
        "{where}: dagen ligger före den natt då ärendet först fanns i listan.",
        "Rätta dagen. En äldre granskning anges med subjektets typ och id i stället för ärendets id.",
        "{where}: the day lies before the night that first listed the case.",
        "Correct the day. An older review names the subject's type and id instead of the case."),
    "rest_incomplete": (
        "{where}: ett ärende som vilar behöver dag, ansvarig och skäl.", "Fyll i alla tre, eller töm dem.",
        "{where}: a case that rests needs a day, an owner and a reason.", "Fill in all three, or clear them."),
    "rest_of_settled": (
        "{where}: bara ett öppet eller överlämnat ärende kan vila.", "Välj utfallet öppen, eller töm Vila till.",
        "{where}: only an open or referred case can rest.", "Choose the outcome open, or clear Rest until."),
    "rest_already_over": (
        "{where}: dagen ligger inte efter granskningen.", "Skriv den dag då ärendet ska tillbaka till listan.",
        "{where}: the day is not after the review.", "Write the day on which the case shall be back in the list."),
    "rest_too_long": (
        "{where}: ett ärende får vila högst ett år.", "Skriv en närmare dag; ta ett nytt beslut då.",
        "{where}: a case may rest for a year at most.", "Write a nearer day; decide anew then."),
    "conflicting_outcomes": (
        "{where}: filen har olika utfall för samma ärende, regel, grupp och dag.",
        "Behåll en av raderna, eller skriv olika dagar.",
        "{where}: the file has different outcomes for the same case, rule, group and day.",
        "Keep one of the rows, or write different days."),
    "broken_row": (
        "{where}: raden kan inte läsas.", "Rätta raden i filen och lämna in den igen.",
        "{where}: the row cannot be read.", "Correct the row in the file and hand it in again."),
}
