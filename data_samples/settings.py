"""Sample settings: an invented municipality, its lists, and sample decisions that open the legal gates."""

from __future__ import annotations

from pathlib import Path

from data_samples.model import Town

# Rules that join personal data of several committees; each needs a recorded decision.
GATED = ["AG20", "HV13", "IS01", *(f"XD{n:02d}" for n in range(1, 23)), "XD90"]


def write(path: Path, town: Town) -> None:
    lines = [
        "# Sample settings for the generated inbox. The decisions below are examples, not legal advice.",
        "municipality: Exempelstad", "language: sv", f"seed: {town.seed}", "gates:"]
    until = town.as_of.replace(year=town.as_of.year + 1, day=1)
    for code in GATED:
        lines.append(f"  {code}: {{decided: {town.as_of.replace(month=1, day=15)}, "
                     f"by: Exempelbeslut socialnämnden, until: {until}, "
                     "basis: \"Exempel: prövning enligt dataskyddsförordningen och OSL, dnr EX-1\"}")
    lines.append("lists:")
    for name, tokens in sorted(town.lists.items()):
        lines.append(f"  {name}: [{', '.join(sorted(tokens))}]")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
